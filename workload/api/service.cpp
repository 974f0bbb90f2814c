#include "workload/api/service.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <set>

#include "spiffe/workload/workload.grpc.pb.h"
#include "workload/api/calls.hpp"
#include "workload/api/states.hpp"
#include "workload/api/validate.hpp"

namespace entente::workload {
namespace {

// User databases and signatures block: on these threads, never on gRPC's.
constexpr std::size_t worker_threads = 4;
constexpr std::size_t largest_audience = 16384;

// Streams carry prepared bytes, hence raw; the two unary calls carry messages.
template <class Base>
using RawStreams =
    SpiffeWorkloadAPI::WithRawCallbackMethod_FetchX509SVID<SpiffeWorkloadAPI::WithRawCallbackMethod_FetchX509Bundles<
        SpiffeWorkloadAPI::WithRawCallbackMethod_FetchJWTBundles<SpiffeWorkloadAPI::WithRawCallbackMethod_FetchWITSVID<
            SpiffeWorkloadAPI::WithRawCallbackMethod_FetchWITBundles<Base>>>>>;
using Rpcs = RawStreams<SpiffeWorkloadAPI::WithCallbackMethod_FetchJWTSVID<
    SpiffeWorkloadAPI::WithCallbackMethod_ValidateJWTSVID<SpiffeWorkloadAPI::Service>>>;

// Workload Endpoint 5 (WE-2): a client that was tricked into calling here does not send it.
grpc::Status check_security_header(const grpc::CallbackServerContext& context) {
  const auto [first, last] = context.client_metadata().equal_range("workload.spiffe.io");
  if (std::distance(first, last) == 1 && first->second == "true") return grpc::Status::OK;
  return {grpc::StatusCode::INVALID_ARGUMENT,
          "security header missing from request: workload.spiffe.io must be \"true\""};
}

grpc::Status too_busy() {
  return {grpc::StatusCode::UNAVAILABLE, "too many calls are open; close some or retry later"};
}
grpc::Status connection_gone() { return {grpc::StatusCode::UNAVAILABLE, "the connection is gone"}; }

Result<std::vector<std::string>> read_audience(const JWTSVIDRequest& request) {
  std::size_t size = 0;
  for (const std::string& each : request.audience()) {
    if (each.empty()) return Error(Errc::invalid_argument, "audience must not be empty");
    size += each.size();
  }
  if (size == 0) return Error(Errc::invalid_argument, "audience must be specified");
  if (size > largest_audience) return Error(Errc::invalid_argument, "audience is too long");
  return std::vector<std::string>(request.audience().begin(), request.audience().end());
}

Result<std::optional<spiffe::SpiffeId>> read_wanted_id(const JWTSVIDRequest& request) {
  if (request.spiffe_id().empty()) return std::optional<spiffe::SpiffeId>();
  Result<spiffe::SpiffeId> id = spiffe::SpiffeId::parse(request.spiffe_id());
  if (!id) return Error(Errc::invalid_argument, "spiffe_id: " + id.error().message());
  return std::optional<spiffe::SpiffeId>(*std::move(id));
}

// WA-6: of two with the same hint the later goes without.
void write_response(std::vector<JwtIdentity>& identities, JWTSVIDResponse& response) {
  std::set<std::string> hints;
  for (JwtIdentity& identity : identities) {
    JWTSVID& svid = *response.add_svids();
    svid.set_spiffe_id(identity.id.str());
    svid.set_svid(std::move(identity.token));
    if (!identity.hint.empty() && hints.insert(identity.hint).second) svid.set_hint(identity.hint);
  }
}

class WorkloadService final : public Service, private Rpcs {
 public:
  WorkloadService(const WorkloadApiOptions& options, std::shared_ptr<rpc::Callers> callers, store::Feed& feed,
                  IdentitySource* identities, Clock& clock, telemetry::Metrics& metrics, Log& log)
      : options_(options),
        callers_(std::move(callers)),
        feed_(feed),
        clock_(clock),
        log_(log),
        access_(identities, options.allow_unauthenticated_verifiers),
        states_(access_, feed, log),
        calls_(options.max_calls_per_uid, options.max_calls, metrics),
        updates_(metrics.counter("entente_workload_api_updates_total", "states offered to Workload API streams")),
        subscribers_([this](Subscriber& each) { refresh(each); }, [this] { states_.next_round(); }, metrics),
        feed_changes_(feed.subscribe([this](const trust::SnapshotPtr&) { subscribers_.something_changed(); })) {
    if (identities != nullptr) identity_changes_ = identities->on_change([this] { subscribers_.something_changed(); });
  }

  // After the gRPC server: no call is open.
  ~WorkloadService() override {
    identity_changes_.reset();
    workers_.join();
  }

  grpc::Service& rpcs() override { return *this; }
  void end_streams() override { subscribers_.stop(); }

 private:
  using Context = grpc::CallbackServerContext;
  using StreamReactor = grpc::ServerWriteReactor<grpc::ByteBuffer>;

  StreamReactor* FetchX509SVID(Context* context, const grpc::ByteBuffer*) override {
    return open(*context, "FetchX509SVID", StreamKind::x509_svid);
  }
  StreamReactor* FetchX509Bundles(Context* context, const grpc::ByteBuffer*) override {
    return open(*context, "FetchX509Bundles", StreamKind::x509_bundles);
  }
  StreamReactor* FetchJWTBundles(Context* context, const grpc::ByteBuffer*) override {
    return open(*context, "FetchJWTBundles", StreamKind::jwt_bundles);
  }
  // WA-11: the WIT profile is not served.
  StreamReactor* FetchWITSVID(Context* context, const grpc::ByteBuffer*) override {
    return unimplemented(*context, "FetchWITSVID");
  }
  StreamReactor* FetchWITBundles(Context* context, const grpc::ByteBuffer*) override {
    return unimplemented(*context, "FetchWITBundles");
  }

  grpc::ServerUnaryReactor* FetchJWTSVID(Context* context, const JWTSVIDRequest* request,
                                         JWTSVIDResponse* response) override {
    return answer(*context, "FetchJWTSVID",
                  [this, request, response](const Workload& who) { return fetch_jwt(who, *request, *response); });
  }
  grpc::ServerUnaryReactor* ValidateJWTSVID(Context* context, const ValidateJWTSVIDRequest* request,
                                            ValidateJWTSVIDResponse* response) override {
    return answer(*context, "ValidateJWTSVID",
                  [this, request, response](const Workload& who) { return validate(who, *request, *response); });
  }

  StreamReactor* open(Context& context, const std::string& method, StreamKind kind);
  StreamReactor* refuse(const std::string& method, grpc::Status status);
  StreamReactor* unimplemented(Context& context, const std::string& method);
  template <class Work>
  grpc::ServerUnaryReactor* answer(Context& context, const std::string& method, Work work);
  Status fetch_jwt(const Workload& who, const JWTSVIDRequest& request, JWTSVIDResponse& response);
  Status validate(const Workload& who, const ValidateJWTSVIDRequest& request, ValidateJWTSVIDResponse& response);
  void refresh(Subscriber& subscriber);
  grpc::Status to_status(const Error& error);

  const WorkloadApiOptions options_;
  const std::shared_ptr<rpc::Callers> callers_;
  store::Feed& feed_;
  Clock& clock_;
  Log& log_;
  Access access_;
  States states_;
  Calls calls_;
  telemetry::Counter& updates_;
  Subscribers subscribers_;
  store::Feed::Subscription feed_changes_;
  std::shared_ptr<void> identity_changes_;
  boost::asio::thread_pool workers_{worker_threads};
};

// What is no business of the caller's goes to the log instead.
grpc::Status WorkloadService::to_status(const Error& error) {
  switch (error.code()) {
    case Errc::permission_denied:
      return {grpc::StatusCode::PERMISSION_DENIED, error.message()};
    case Errc::invalid_argument:
      return {grpc::StatusCode::INVALID_ARGUMENT, error.message()};
    case Errc::unavailable:
      return {grpc::StatusCode::UNAVAILABLE, error.message()};
    default:
      break;
  }
  log_.error("workload api call failed", {{"why", error.message()}});
  return {grpc::StatusCode::INTERNAL, "internal error; the log of entente says more"};
}

WorkloadService::StreamReactor* WorkloadService::refuse(const std::string& method, grpc::Status status) {
  calls_.count(method, status.error_code());
  return new RefusedStream(std::move(status));
}

WorkloadService::StreamReactor* WorkloadService::unimplemented(Context& context, const std::string& method) {
  if (grpc::Status status = check_security_header(context); !status.ok()) return refuse(method, std::move(status));
  return refuse(method, {grpc::StatusCode::UNIMPLEMENTED, "the WIT-SVID profile is not supported"});
}

WorkloadService::StreamReactor* WorkloadService::open(Context& context, const std::string& method, StreamKind kind) {
  if (grpc::Status status = check_security_header(context); !status.ok()) return refuse(method, std::move(status));
  const auto subscriber = std::make_shared<Subscriber>();
  subscriber->kind = kind;
  subscriber->who.process = callers_->find(context);
  if (!subscriber->who.process) return refuse(method, connection_gone());
  const Calls::Ticket ticket = calls_.admit(subscriber->who.process->uid);
  if (!ticket) return refuse(method, too_busy());

  subscriber->stream = Stream::open([this, method, ticket, weak = std::weak_ptr(subscriber)](grpc::StatusCode code) {
    if (const SubscriberPtr still = weak.lock()) subscribers_.remove(still);
    calls_.count(method, code);
  });
  boost::asio::post(workers_, [this, subscriber] {
    Result<Selectors> selectors = attest(*subscriber->who.process, options_.attest);
    if (!selectors) return subscriber->stream->end(to_status(selectors.error()));
    subscriber->who.selectors = *std::move(selectors);
    subscriber->attended = access_.attend(subscriber->who);
    subscribers_.add(subscriber);
  });
  return subscriber->stream.get();
}

void WorkloadService::refresh(Subscriber& subscriber) {
  const std::lock_guard one_at_a_time(subscriber.refreshing);
  if (!subscriber.who.process->alive()) {
    return subscriber.stream->end({grpc::StatusCode::UNAVAILABLE, "the calling process has ended"});
  }
  const Result<MessagePtr> state = states_.state_for(subscriber.kind, subscriber.who);
  if (state) {
    if (subscriber.stream->offer(*state)) updates_.add();
    return;
  }
  // What an open stream has shown stays good until it is known to be otherwise; the loss of the identity is (WA-3).
  if (state.error().code() == Errc::permission_denied || !subscriber.stream->has_offered()) {
    return subscriber.stream->end(to_status(state.error()));
  }
  log_.warning("workload api stream not updated",
               {{"why", state.error().message()}, {"uid", subscriber.who.process->uid}});
}

// Runs `work` with the attested caller on a worker; gRPC keeps the request and the response until Finish.
template <class Work>
grpc::ServerUnaryReactor* WorkloadService::answer(Context& context, const std::string& method, Work work) {
  grpc::ServerUnaryReactor* const reactor = context.DefaultReactor();
  const auto finish = [this, reactor, method](grpc::Status status) {
    calls_.count(method, status.error_code());
    reactor->Finish(std::move(status));
    return reactor;
  };
  if (grpc::Status status = check_security_header(context); !status.ok()) return finish(std::move(status));
  const rpc::CallerPtr caller = callers_->find(context);
  if (!caller) return finish(connection_gone());
  const Calls::Ticket ticket = calls_.admit(caller->uid);
  if (!ticket) return finish(too_busy());
  boost::asio::post(workers_, [this, caller, ticket, work, finish] {
    Result<Selectors> selectors = attest(*caller, options_.attest);
    if (!selectors) return void(finish(to_status(selectors.error())));
    const Workload who{caller, *std::move(selectors)};
    const std::shared_ptr<void> attended = access_.attend(who);
    const Status done = work(who);
    finish(done ? grpc::Status::OK : to_status(done.error()));
  });
  return reactor;
}

Status WorkloadService::fetch_jwt(const Workload& who, const JWTSVIDRequest& request, JWTSVIDResponse& response) {
  const Result<std::vector<std::string>> audience = read_audience(request);
  if (!audience) return audience.error();
  const Result<std::optional<spiffe::SpiffeId>> wanted = read_wanted_id(request);
  if (!wanted) return wanted.error();
  Result<std::vector<JwtIdentity>> identities = access_.jwt_for(who, *audience, *wanted);
  if (!identities) return identities.error();
  write_response(*identities, response);
  return ok();
}

Status WorkloadService::validate(const Workload& who, const ValidateJWTSVIDRequest& request,
                                 ValidateJWTSVIDResponse& response) {
  if (request.audience().empty()) return Error(Errc::invalid_argument, "audience must be specified");
  if (request.svid().empty()) return Error(Errc::invalid_argument, "svid must be specified");
  const Result<Visibility> visible = access_.bundles_for(who);
  if (!visible) return visible.error();
  const spiffe::JwtValidation wanted{request.audience(), clock_.now(), options_.jwt_leeway};
  const Result<spiffe::JwtSvidClaims> claims = validate_jwt(*feed_.current(), *visible, request.svid(), wanted);
  if (!claims) return claims.error();
  return workload::write_response(*claims, response);
}

}  // namespace

std::unique_ptr<Service> make_service(const WorkloadApiOptions& options, std::shared_ptr<rpc::Callers> callers,
                                      store::Feed& feed, IdentitySource* identities, Clock& clock,
                                      telemetry::Metrics& metrics, Log& log) {
  return std::make_unique<WorkloadService>(options, std::move(callers), feed, identities, clock, metrics, log);
}

}  // namespace entente::workload
