#include "tests/workload/delegated/fake_agent.hpp"

#include "common/crypto/certificate.hpp"
#include "common/spiffe/jwt_svid.hpp"

namespace entente::test {
namespace {

using std::chrono::milliseconds;

template <class Request>
std::string subject_of(const Request& request) {
  if (request.pid() != 0) return "pid:" + std::to_string(request.pid());
  std::string text;
  for (const auto& selector : request.selectors())
    text += (text.empty() ? "" : " ") + selector.type() + ":" + selector.value();
  return text;
}

void set_id(const spiffe::SpiffeId& id, spire::api::types::SPIFFEID& into) {
  into.set_trust_domain(id.trust_domain().name());
  into.set_path(std::string(id.path()));
}

}  // namespace

void FakeAgent::start(const std::string& target) {
  grpc::ServerBuilder builder;
  builder.RegisterService(this);
  builder.AddListeningPort(target, grpc::InsecureServerCredentials());
  server_ = builder.BuildAndStart();
  if (!server_) throw std::runtime_error("cannot listen on " + target);
}

void FakeAgent::stop() {
  if (!server_) return;
  server_->Shutdown(std::chrono::system_clock::now());
  server_.reset();
}

delegated_v1::SubscribeToX509SVIDsResponse FakeAgent::response_of(const std::vector<spiffe::X509SvidPtr>& svids,
                                                                  const std::vector<std::string>& federates_with) {
  delegated_v1::SubscribeToX509SVIDsResponse response;
  for (const spiffe::X509SvidPtr& svid : svids) {
    auto& added = *response.add_x509_svids();
    added.set_x509_svid_key(std::string(svid->key->pkcs8_der().text()));
    for (const crypto::Certificate& certificate : svid->chain)
      added.mutable_x509_svid()->add_cert_chain(std::string(as_text(certificate.der())));
    set_id(svid->id, *added.mutable_x509_svid()->mutable_id());
    added.mutable_x509_svid()->set_hint(svid->hint);
  }
  for (const std::string& name : federates_with) response.add_federates_with(name);
  return response;
}

void FakeAgent::entitle(const std::string& subject, std::vector<spiffe::X509SvidPtr> svids,
                        std::vector<std::string> federates_with) {
  const std::lock_guard lock(mutex_);
  Entitled& entitled = entitled_[subject];
  entitled.response = response_of(svids, federates_with);
  entitled.svids = std::move(svids);
  ++entitled.version;
  change_.notify_all();
}

void FakeAgent::refuse(grpc::Status status) {
  const std::lock_guard lock(mutex_);
  refusal_ = status.ok() ? std::nullopt : std::optional(std::move(status));
  change_.notify_all();
}

void FakeAgent::be_silent(bool silent) {
  const std::lock_guard lock(mutex_);
  silent_ = silent;
  change_.notify_all();
}

int FakeAgent::streams() const {
  const std::lock_guard lock(mutex_);
  return streams_;
}
int FakeAgent::opened() const {
  const std::lock_guard lock(mutex_);
  return opened_;
}
int FakeAgent::jwt_calls() const {
  const std::lock_guard lock(mutex_);
  return jwt_calls_;
}

grpc::Status FakeAgent::SubscribeToX509SVIDs(grpc::ServerContext* context,
                                             const delegated_v1::SubscribeToX509SVIDsRequest* request,
                                             grpc::ServerWriter<delegated_v1::SubscribeToX509SVIDsResponse>* writer) {
  std::unique_lock lock(mutex_);
  ++streams_;
  ++opened_;
  int sent = -1;
  while (!context->IsCancelled() && !refusal_) {
    const Entitled& entitled = entitled_[subject_of(*request)];
    if (!silent_ && entitled.version != sent) {
      sent = entitled.version;
      writer->Write(entitled.response);
    }
    change_.wait_for(lock, milliseconds(5));
  }
  --streams_;
  return refusal_.value_or(grpc::Status::CANCELLED);
}

grpc::Status FakeAgent::FetchJWTSVIDs(grpc::ServerContext* context, const delegated_v1::FetchJWTSVIDsRequest* request,
                                      delegated_v1::FetchJWTSVIDsResponse* response) {
  std::unique_lock lock(mutex_);
  ++jwt_calls_;
  while (silent_ && !context->IsCancelled()) change_.wait_for(lock, milliseconds(5));
  if (refusal_) return *refusal_;
  const std::vector<std::string> audience(request->audience().begin(), request->audience().end());
  for (const spiffe::X509SvidPtr& svid : entitled_[subject_of(*request)].svids) {
    auto& added = *response->add_svids();
    added.set_token(issuer_.token(svid->id.path(), audience));
    set_id(svid->id, *added.mutable_id());
    added.set_hint(svid->hint);
    const Time begin = svid->chain.front().not_before() + std::chrono::hours(1);  // FakeDomain's now
    added.set_issued_at(unix_seconds(begin));
    added.set_expires_at(unix_seconds(begin + std::chrono::hours(1)));
  }
  if (response->svids().empty()) return {grpc::StatusCode::PERMISSION_DENIED, "no identity issued"};
  return grpc::Status::OK;
}

}  // namespace entente::test
