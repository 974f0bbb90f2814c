#include "common/client/workload_client.hpp"

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "common/client/answers.hpp"
#include "common/client/retry.hpp"
#include "spiffe/workload/workload.grpc.pb.h"

namespace entente::client {
namespace {

using Stub = SpiffeWorkloadAPI::Stub;
template <class Request, class Response>
using StreamCall = std::unique_ptr<grpc::ClientReader<Response>> (Stub::*)(grpc::ClientContext*, const Request&);

// A thousand federated bundles and more; the standard sets no limit.
constexpr int largest_answer = 64 << 20;

// Of its own, never shared with another client's channel to the same socket: the server knows callers by connections.
std::unique_ptr<Stub> connect(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetMaxReceiveMessageSize(largest_answer);
  return SpiffeWorkloadAPI::NewStub(grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments));
}

void prepare(grpc::ClientContext& context) { context.AddMetadata("workload.spiffe.io", "true"); }
void prepare(grpc::ClientContext& context, Duration timeout) {
  prepare(context);
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::duration_cast<std::chrono::milliseconds>(timeout));
}

Errc code_of(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::PERMISSION_DENIED:
      return Errc::permission_denied;
    case grpc::StatusCode::UNAVAILABLE:
      return Errc::unavailable;
    case grpc::StatusCode::INVALID_ARGUMENT:
      return Errc::invalid_argument;
    case grpc::StatusCode::UNIMPLEMENTED:
      return Errc::unsupported;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return Errc::timeout;
    case grpc::StatusCode::CANCELLED:
      return Errc::cancelled;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return Errc::too_large;
    default:
      return Errc::internal;
  }
}

Error error_of(const std::string& target, const grpc::Status& status) {
  std::string said = status.error_message();
  if (said.empty() && status.error_code() == grpc::StatusCode::UNIMPLEMENTED)
    said = "what answers there does not serve this call of the Workload API; is it the right socket?";
  if (said.empty()) said = "the stream ended";
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE && said.starts_with("failed to connect"))
    said = "nothing answers: " + said;
  return Error(status.ok() ? Errc::unavailable : code_of(status.error_code()),
               "workload api at " + target + ": " + said);
}

// The first message of a stream; the stream is then cancelled.
template <class Request, class Response>
auto first_answer(Stub& stub, const std::string& target, StreamCall<Request, Response> call, Duration timeout)
    -> decltype(read_answer(std::declval<Response&>())) {
  grpc::ClientContext context;
  prepare(context, timeout);
  const auto stream = (stub.*call)(&context, Request());
  Response response;
  const bool received = stream->Read(&response);
  if (received) context.TryCancel();
  const grpc::Status status = stream->Finish();
  if (!received) return error_of(target, status);
  return read_answer(response);
}

// Follows a stream on a thread of its own.
template <class Request, class Response, class Value>
class StreamWatch final : public WorkloadClient::Watch {
 public:
  using OnUpdate = std::function<void(std::shared_ptr<const Value>)>;
  using OnError = std::function<void(const Error&)>;

  StreamWatch(std::string target, StreamCall<Request, Response> call, OnUpdate on_update, OnError on_error)
      : target_(std::move(target)),
        call_(call),
        on_update_(std::move(on_update)),
        on_error_(std::move(on_error)),
        thread_([this] { run(); }) {}

  ~StreamWatch() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      if (context_ != nullptr) context_->TryCancel();
      stop_.notify_all();
    }
    thread_.join();
  }

 private:
  void run() {
    Retry retry;
    for (Duration pause = Duration::zero(); wait(pause);) {
      const auto started = std::chrono::steady_clock::now();
      bool delivered = false;
      const Error error = follow(delivered);
      if (stopping()) return;
      on_error_(error);
      pause = retry.next(delivered, std::chrono::steady_clock::now() - started);
    }
  }

  // One connection, to its end.
  Error follow(bool& delivered) {
    const std::unique_ptr<Stub> stub = connect(target_);
    grpc::ClientContext context;
    prepare(context);
    if (!announce(&context)) return Error(Errc::cancelled, "stopped");
    const auto stream = (*stub.*call_)(&context, Request());
    for (Response response; stream->Read(&response); delivered = true) deliver(response);
    const grpc::Status status = stream->Finish();
    announce(nullptr);
    return error_of(target_, status);
  }

  // A message that is not what the standard says is reported and discarded: what was held before stays (WA-4).
  void deliver(Response& response) {
    Result<Value> value = read_answer(response);
    if (stopping()) return;
    if (!value) return on_error_(value.error().within(target_));
    on_update_(std::make_shared<const Value>(*std::move(value)));
  }

  bool announce(grpc::ClientContext* context) {
    const std::lock_guard lock(mutex_);
    context_ = stopping_ ? nullptr : context;
    return !stopping_;
  }
  bool stopping() {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }
  bool wait(Duration pause) {
    std::unique_lock lock(mutex_);
    return !stop_.wait_for(lock, pause, [this] { return stopping_; });
  }

  const std::string target_;
  const StreamCall<Request, Response> call_;
  const OnUpdate on_update_;
  const OnError on_error_;
  std::mutex mutex_;
  std::condition_variable stop_;
  grpc::ClientContext* context_ = nullptr;  // of the stream that is open, for the destructor to cancel
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

struct WorkloadClient::Impl {
  explicit Impl(std::string to) : target(std::move(to)), stub(connect(target)) {}
  const std::string target;
  const std::unique_ptr<Stub> stub;
};

WorkloadClient::WorkloadClient(std::string target) : impl_(std::make_shared<Impl>(std::move(target))) {}
WorkloadClient::~WorkloadClient() = default;

Result<X509Context> WorkloadClient::fetch_x509(Duration timeout) const {
  return first_answer<X509SVIDRequest, X509SVIDResponse>(*impl_->stub, impl_->target, &Stub::FetchX509SVID, timeout);
}

Result<spiffe::BundleSet> WorkloadClient::fetch_x509_bundles(Duration timeout) const {
  return first_answer<X509BundlesRequest, X509BundlesResponse>(*impl_->stub, impl_->target, &Stub::FetchX509Bundles,
                                                               timeout);
}

Result<spiffe::BundleSet> WorkloadClient::fetch_jwt_bundles(Duration timeout) const {
  return first_answer<JWTBundlesRequest, JWTBundlesResponse>(*impl_->stub, impl_->target, &Stub::FetchJWTBundles,
                                                             timeout);
}

Result<std::vector<JwtSvid>> WorkloadClient::fetch_jwt(const std::vector<std::string>& audience,
                                                       const std::optional<spiffe::SpiffeId>& id,
                                                       Duration timeout) const {
  grpc::ClientContext context;
  prepare(context, timeout);
  JWTSVIDRequest request;
  for (const std::string& each : audience) request.add_audience(each);
  if (id) request.set_spiffe_id(id->str());
  JWTSVIDResponse response;
  const grpc::Status status = impl_->stub->FetchJWTSVID(&context, request, &response);
  if (!status.ok()) return error_of(impl_->target, status);
  return read_answer(response);
}

Result<ValidatedJwt> WorkloadClient::validate_jwt(const std::string& audience, const std::string& token,
                                                  Duration timeout) const {
  grpc::ClientContext context;
  prepare(context, timeout);
  ValidateJWTSVIDRequest request;
  request.set_audience(audience);
  request.set_svid(token);
  ValidateJWTSVIDResponse response;
  const grpc::Status status = impl_->stub->ValidateJWTSVID(&context, request, &response);
  if (!status.ok()) return error_of(impl_->target, status);
  return read_answer(response);
}

std::unique_ptr<WorkloadClient::Watch> WorkloadClient::watch_x509(std::function<void(X509ContextPtr)> on_update,
                                                                  std::function<void(const Error&)> on_error) const {
  return std::make_unique<StreamWatch<X509SVIDRequest, X509SVIDResponse, X509Context>>(
      impl_->target, &Stub::FetchX509SVID, std::move(on_update), std::move(on_error));
}

std::unique_ptr<WorkloadClient::Watch> WorkloadClient::watch_x509_bundles(
    std::function<void(std::shared_ptr<const spiffe::BundleSet>)> on_update,
    std::function<void(const Error&)> on_error) const {
  return std::make_unique<StreamWatch<X509BundlesRequest, X509BundlesResponse, spiffe::BundleSet>>(
      impl_->target, &Stub::FetchX509Bundles, std::move(on_update), std::move(on_error));
}

std::unique_ptr<WorkloadClient::Watch> WorkloadClient::watch_jwt_bundles(
    std::function<void(std::shared_ptr<const spiffe::BundleSet>)> on_update,
    std::function<void(const Error&)> on_error) const {
  return std::make_unique<StreamWatch<JWTBundlesRequest, JWTBundlesResponse, spiffe::BundleSet>>(
      impl_->target, &Stub::FetchJWTBundles, std::move(on_update), std::move(on_error));
}

}  // namespace entente::client
