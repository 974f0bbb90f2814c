#include "common/spire_api/bundle_client.hpp"

#include "common/rpc/status.hpp"
#include "common/rpc/unary_call.hpp"
#include "common/spire_api/bundle_messages.hpp"
#include "spire/api/server/bundle/v1/bundle.grpc.pb.h"
#include "spire/api/server/trustdomain/v1/trustdomain.grpc.pb.h"

namespace entente::spire_api {

namespace bundle_v1 = spire::api::server::bundle::v1;
namespace trustdomain_v1 = spire::api::server::trustdomain::v1;
namespace types = spire::api::types;

namespace {

// A page of a hundred bundles of the largest kind.
constexpr int largest_answer = 128 << 20;

}  // namespace

struct BundleClient::Impl {
  Impl(const std::filesystem::path& socket, Duration limit) : target("unix://" + socket.string()), timeout(limit) {
    grpc::ChannelArguments arguments;
    // A connection of its own, that is tried again soon: whoever asks decides when.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 500);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
    arguments.SetMaxReceiveMessageSize(largest_answer);
    const auto channel = grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
    bundles = bundle_v1::Bundle::NewStub(channel);
    trust_domains = trustdomain_v1::TrustDomain::NewStub(channel);
  }

  Error error_of(const grpc::Status& status) const {
    const Error error = rpc::from_status(status, where());
    if (error.code() != Errc::unavailable) return error;
    return Error(Errc::unavailable, error.message() + "; is the server running, and may this user open its socket?");
  }
  Error not_understood(const Error& why) const { return Error(Errc::schema, where() + ": " + why.message()); }
  Error endless_list() const { return Error(Errc::schema, where() + ": a list of pages that does not end"); }
  Error wrong_count() const { return Error(Errc::schema, where() + ": the answer does not hold a result an item"); }
  Error too_large(std::size_t bytes) const {
    return Error(Errc::too_large, where() + ": " + std::to_string(bytes) + " bytes are more than a message may hold");
  }
  Status outcome_of(const types::Status& status) const {
    if (status.code() == 0) return ok();
    return error_of(grpc::Status(static_cast<grpc::StatusCode>(status.code()), status.message()));
  }
  Result<spiffe::TrustDomain> domain_of(const std::string& text) const {
    Result<spiffe::TrustDomain> trust_domain = spiffe::TrustDomain::parse_name_or_id(text);
    if (!trust_domain) return not_understood(trust_domain.error().within("trust_domain"));
    return trust_domain;
  }
  std::string where() const { return "SPIRE server at " + target; }

  asio::awaitable<Result<types::Bundle>> get_bundle(bundle_v1::GetBundleRequest request) const;
  asio::awaitable<Result<std::vector<Status>>> set(bundle_v1::BatchSetFederatedBundleRequest request) const;

  const std::string target;
  const Duration timeout;
  std::unique_ptr<bundle_v1::Bundle::Stub> bundles;
  std::unique_ptr<trustdomain_v1::TrustDomain::Stub> trust_domains;
};

asio::awaitable<Result<types::Bundle>> BundleClient::Impl::get_bundle(bundle_v1::GetBundleRequest request) const {
  auto begin = [&stub = *bundles, request = std::move(request)](auto* context, auto* response, auto done) {
    stub.async()->GetBundle(context, &request, response, std::move(done));
  };
  auto call = rpc::unary_call<types::Bundle>(timeout, std::move(begin));
  const auto [status, answer] = co_await std::move(call);
  if (!status.ok()) co_return error_of(status);
  co_return std::move(*answer);
}

asio::awaitable<Result<std::vector<Status>>> BundleClient::Impl::set(
    bundle_v1::BatchSetFederatedBundleRequest request) const {
  request.mutable_output_mask();  // what was set need not come back
  auto begin = [&stub = *bundles, request = std::move(request)](auto* context, auto* response, auto done) {
    stub.async()->BatchSetFederatedBundle(context, &request, response, std::move(done));
  };
  auto call = rpc::unary_call<bundle_v1::BatchSetFederatedBundleResponse>(timeout, std::move(begin));
  const auto [status, answer] = co_await std::move(call);
  if (!status.ok()) co_return error_of(status);
  std::vector<Status> outcomes;
  for (const auto& result : answer->results()) outcomes.push_back(outcome_of(result.status()));
  co_return outcomes;
}

namespace {

constexpr std::int32_t page_size = 100;
// Servers take 4 MiB a message by default.
constexpr std::size_t largest_request = 3U << 20;

bundle_v1::BatchDeleteFederatedBundleRequest::Mode mode_of(DeleteMode mode) {
  using Request = bundle_v1::BatchDeleteFederatedBundleRequest;
  if (mode == DeleteMode::delete_) return Request::DELETE;
  return mode == DeleteMode::dissociate ? Request::DISSOCIATE : Request::RESTRICT;
}

}  // namespace

BundleClient::BundleClient(const std::filesystem::path& socket, Duration timeout)
    : impl_(std::make_unique<Impl>(socket, timeout)) {}
BundleClient::~BundleClient() = default;

asio::awaitable<Result<spiffe::Bundle>> BundleClient::own_bundle() {
  auto call = impl_->get_bundle(bundle_v1::GetBundleRequest());
  const Result<types::Bundle> answer = co_await std::move(call);
  if (!answer) co_return answer.error();
  Result<spiffe::Bundle> bundle = bundle_from(*answer);
  if (!bundle) co_return impl_->not_understood(bundle.error());
  if (const Status good = check_bundle(*bundle); !good) co_return impl_->not_understood(good.error());
  co_return bundle;
}

asio::awaitable<Result<spiffe::TrustDomain>> BundleClient::own_trust_domain() {
  bundle_v1::GetBundleRequest request;
  request.mutable_output_mask();  // nothing but the name
  auto call = impl_->get_bundle(std::move(request));
  const Result<types::Bundle> answer = co_await std::move(call);
  if (!answer) co_return answer.error();
  co_return impl_->domain_of(answer->trust_domain());
}

asio::awaitable<Result<std::map<spiffe::TrustDomain, std::string>>> BundleClient::federated_bundles() {
  std::map<spiffe::TrustDomain, std::string> fingerprints;
  bundle_v1::ListFederatedBundlesRequest request;
  request.set_page_size(page_size);
  for (;;) {
    auto begin = [&stub = *impl_->bundles, request](auto* context, auto* response, auto done) {
      stub.async()->ListFederatedBundles(context, &request, response, std::move(done));
    };
    auto call = rpc::unary_call<bundle_v1::ListFederatedBundlesResponse>(impl_->timeout, std::move(begin));
    const auto [status, page] = co_await std::move(call);
    if (!status.ok()) co_return impl_->error_of(status);
    for (const types::Bundle& bundle : page->bundles()) {
      const Result<spiffe::TrustDomain> trust_domain = impl_->domain_of(bundle.trust_domain());
      if (!trust_domain) co_return trust_domain.error();
      fingerprints.emplace(*trust_domain, fingerprint(bundle));
    }
    if (page->next_page_token().empty()) co_return fingerprints;
    if (page->next_page_token() == request.page_token()) co_return impl_->endless_list();
    request.set_page_token(page->next_page_token());
  }
}

asio::awaitable<Result<std::set<spiffe::TrustDomain>>> BundleClient::own_relationships() {
  std::set<spiffe::TrustDomain> names;
  trustdomain_v1::ListFederationRelationshipsRequest request;
  request.set_page_size(page_size);
  request.mutable_output_mask();  // nothing but the names
  for (;;) {
    auto begin = [&stub = *impl_->trust_domains, request](auto* context, auto* response, auto done) {
      stub.async()->ListFederationRelationships(context, &request, response, std::move(done));
    };
    auto call = rpc::unary_call<trustdomain_v1::ListFederationRelationshipsResponse>(impl_->timeout, std::move(begin));
    const auto [status, page] = co_await std::move(call);
    if (!status.ok()) co_return impl_->error_of(status);
    for (const types::FederationRelationship& relationship : page->federation_relationships()) {
      const Result<spiffe::TrustDomain> trust_domain = impl_->domain_of(relationship.trust_domain());
      if (!trust_domain) co_return trust_domain.error();
      names.insert(*trust_domain);
    }
    if (page->next_page_token().empty()) co_return names;
    if (page->next_page_token() == request.page_token()) co_return impl_->endless_list();
    request.set_page_token(page->next_page_token());
  }
}

// What is too large for any message is the one item's fault.
asio::awaitable<Result<std::vector<Status>>> BundleClient::set_federated(std::vector<spiffe::BundlePtr> bundles) {
  std::vector<Status> outcomes;
  bundle_v1::BatchSetFederatedBundleRequest request;
  std::vector<std::size_t> asked;  // which of `outcomes` the request is about
  std::size_t bytes = 0;
  for (std::size_t i = 0; i <= bundles.size(); ++i) {
    types::Bundle message;
    if (i < bundles.size()) message = to_message(*bundles[i]);
    const std::size_t size = message.ByteSizeLong();
    const bool last = i == bundles.size();
    if ((last || bytes + size > largest_request) && !asked.empty()) {
      auto call = impl_->set(std::move(request));
      const Result<std::vector<Status>> some = co_await std::move(call);
      if (!some) co_return some.error();
      if (some->size() != asked.size()) co_return impl_->wrong_count();
      for (std::size_t j = 0; j < asked.size(); ++j) outcomes[asked[j]] = (*some)[j];
      request = bundle_v1::BatchSetFederatedBundleRequest();
      asked.clear();
      bytes = 0;
    }
    if (last) break;
    outcomes.push_back(impl_->too_large(size));
    if (size > largest_request) continue;
    asked.push_back(i);
    bytes += size;
    *request.add_bundle() = std::move(message);
  }
  co_return outcomes;
}

asio::awaitable<Result<std::vector<Status>>> BundleClient::delete_federated(
    std::vector<spiffe::TrustDomain> trust_domains, DeleteMode mode) {
  bundle_v1::BatchDeleteFederatedBundleRequest request;
  request.set_mode(mode_of(mode));
  for (const spiffe::TrustDomain& each : trust_domains) request.add_trust_domains(each.name());
  auto begin = [&stub = *impl_->bundles, request](auto* context, auto* response, auto done) {
    stub.async()->BatchDeleteFederatedBundle(context, &request, response, std::move(done));
  };
  auto call = rpc::unary_call<bundle_v1::BatchDeleteFederatedBundleResponse>(impl_->timeout, std::move(begin));
  const auto [status, answer] = co_await std::move(call);
  if (!status.ok()) co_return impl_->error_of(status);
  std::vector<Status> outcomes;
  for (const auto& result : answer->results()) outcomes.push_back(impl_->outcome_of(result.status()));
  if (outcomes.size() != trust_domains.size()) co_return impl_->wrong_count();
  co_return outcomes;
}

}  // namespace entente::spire_api
