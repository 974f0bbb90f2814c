#include "syncer/admin/entente_service.hpp"

#include <boost/asio/co_spawn.hpp>
#include <functional>

#include "common/base/event.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "entente/v1/admin.grpc.pb.h"
#include "syncer/admin/messages.hpp"

namespace entente::syncer {
namespace {

namespace v1 = entente::v1;
using Context = Calls::Context;
using Reactor = Calls::Reactor;

// The reason of a change goes on record: it has to say something, and to fit a line.
Status check_reason(const std::string& reason) {
  if (reason.empty()) return Error(Errc::invalid_argument, "reason: say why, it goes on record");
  if (reason.size() > 1000) return Error(Errc::invalid_argument, "reason: over 1000 bytes");
  return ok();
}

Result<spiffe::TrustDomain> parse_domain(const std::string& text) {
  Result<spiffe::TrustDomain> domain = spiffe::TrustDomain::parse_name_or_id(text);
  if (!domain) return Error(Errc::invalid_argument, "trust_domain: " + domain.error().message());
  return domain;
}

// Each call is a coroutine on the control thread; gRPC's threads only hand over.
class AdminService final : public v1::Admin::CallbackService {
 public:
  AdminService(AdminParts parts, Calls calls, std::string version)
      : parts_(std::move(parts)), calls_(std::move(calls)), version_(std::move(version)) {}

  Reactor* GetHealth(Context* context, const v1::GetHealthRequest*, v1::GetHealthResponse* response) override {
    response->set_ready(parts_.readiness.ready());
    for (const std::string& reason : parts_.readiness.reasons()) response->add_reasons(reason);
    response->set_version(version_);
    return Calls::finish(context, grpc::Status::OK);
  }

  Reactor* GetBundle(Context* context, const v1::GetBundleRequest* request, v1::GetBundleResponse* response) override {
    return calls_.answer(context, get_bundle(request, response));
  }
  Reactor* RotateBundle(Context* context, const v1::RotateBundleRequest* request,
                        v1::RotateBundleResponse* response) override {
    return calls_.answer(context, rotate(request, response));
  }
  Reactor* ListRelationships(Context* context, const v1::ListRelationshipsRequest*,
                             v1::ListRelationshipsResponse* response) override {
    return calls_.answer(context, list(response));
  }
  Reactor* GetRelationship(Context* context, const v1::GetRelationshipRequest* request,
                           v1::GetRelationshipResponse* response) override {
    return calls_.answer(context, get(request, response));
  }
  Reactor* RefreshRelationships(Context* context, const v1::RefreshRelationshipsRequest* request,
                                v1::RefreshRelationshipsResponse* response) override {
    return calls_.answer(context, refresh(request, response));
  }
  Reactor* AcceptNextBundle(Context* context, const v1::AcceptNextBundleRequest* request,
                            v1::AcceptNextBundleResponse*) override {
    return calls_.answer(context, accept(request, trust::describe(calls_.actor(*context, "AcceptNextBundle"))));
  }

 private:
  using Answer = Calls::Answer;

  Answer get_bundle(const v1::GetBundleRequest* request, v1::GetBundleResponse* response) {
    const trust::SnapshotPtr snapshot = parts_.feed.current();
    trust::RecordPtr record = snapshot->own_record();
    if (request->trust_domain().empty()) {
      if (!snapshot->own) co_return Error(Errc::not_found, "this Entente has no trust domain of its own; name one");
      if (!record) co_return Error(Errc::unavailable, "our own bundle is not there yet");
    } else {
      const Result<spiffe::TrustDomain> domain = parse_domain(request->trust_domain());
      if (!domain) co_return domain.error();
      record = snapshot->find(*domain);
      if (!record) co_return Error(Errc::not_found, "no bundle of " + domain->name() + " is held");
    }
    response->set_trust_domain(record->trust_domain().name());
    response->set_document(spiffe::write_bundle(*record->bundle));
    co_return ok();
  }

  Answer rotate(const v1::RotateBundleRequest* request, v1::RotateBundleResponse* response) {
    if (!parts_.issuer)
      co_return Error(Errc::unsupported, "there is no embedded issuer: rotate where this domain's bundle comes from");
    const bool both = !request->x509() && !request->jwt();
    const auto authorities =
        co_await parts_.issuer->rotate(both || request->x509(), both || request->jwt(), request->now());
    if (!authorities) co_return authorities.error();
    for (const issuer::AuthorityInfo& info : *authorities) *response->add_authorities() = to_message(info);
    co_return ok();
  }

  Answer list(v1::ListRelationshipsResponse* response) {
    for (const trust::RelationshipStatus& status : parts_.syncer.statuses())
      *response->add_relationships() = to_message(status);
    co_return ok();
  }

  Answer get(const v1::GetRelationshipRequest* request, v1::GetRelationshipResponse* response) {
    const Result<spiffe::TrustDomain> domain = parse_domain(request->trust_domain());
    if (!domain) co_return domain.error();
    const auto status = parts_.syncer.status(*domain);
    if (!status) co_return Error(Errc::not_found, domain->name() + " is not federated");
    *response->mutable_relationship() = to_message(*status);
    co_return ok();
  }

  // All polls at once: the answer takes as long as the slowest.
  Answer refresh(const v1::RefreshRelationshipsRequest* request, v1::RefreshRelationshipsResponse* response) {
    std::vector<spiffe::TrustDomain> wanted;
    for (const std::string& text : request->trust_domains()) {
      const Result<spiffe::TrustDomain> domain = parse_domain(text);
      if (!domain) co_return domain.error();
      if (!parts_.syncer.status(*domain)) co_return Error(Errc::not_found, domain->name() + " is not federated");
      wanted.push_back(*domain);
    }
    if (request->trust_domains().empty())
      for (const trust::RelationshipStatus& status : parts_.syncer.statuses())
        wanted.push_back(status.relationship->trust_domain);
    const std::vector<trust::RelationshipStatus> outcomes = co_await refresh_all(std::move(wanted));
    for (const trust::RelationshipStatus& status : outcomes) *response->add_relationships() = to_message(status);
    co_return ok();
  }

  struct Gathering {
    explicit Gathering(asio::any_io_executor executor) : done(std::move(executor)) {}
    Event done;
    std::size_t outstanding = 0;
    std::vector<std::optional<trust::RelationshipStatus>> outcomes;
  };

  static asio::awaitable<void> refresh_one(Syncer& syncer, spiffe::TrustDomain domain, std::shared_ptr<Gathering> all,
                                           std::size_t place) {
    Result<trust::RelationshipStatus> outcome = co_await syncer.refresh(std::move(domain));
    if (outcome) all->outcomes[place] = std::move(*outcome);  // a relationship that ended meanwhile has no outcome
    if (--all->outstanding == 0) all->done.raise();
  }

  asio::awaitable<std::vector<trust::RelationshipStatus>> refresh_all(std::vector<spiffe::TrustDomain> domains) {
    const auto all = std::make_shared<Gathering>(parts_.control);
    all->outstanding = domains.size();
    all->outcomes.resize(domains.size());
    for (std::size_t i = 0; i < domains.size(); ++i) {
      auto task = refresh_one(parts_.syncer, domains[i], all, i);
      asio::co_spawn(parts_.control, std::move(task), [this](std::exception_ptr failure) {
        if (failure) parts_.log.error("refresh failed by an exception");
      });
    }
    if (!domains.empty()) (void)co_await all->done.wait();
    std::vector<trust::RelationshipStatus> outcomes;
    for (auto& outcome : all->outcomes)
      if (outcome) outcomes.push_back(std::move(*outcome));
    co_return outcomes;
  }

  Answer accept(const v1::AcceptNextBundleRequest* request, std::string by) {
    const Result<spiffe::TrustDomain> domain = parse_domain(request->trust_domain());
    if (!domain) co_return domain.error();
    if (const Status reason = check_reason(request->reason()); !reason) co_return reason.error();
    trust::AcceptNext word{request->reason(), std::move(by), parts_.clock.now()};
    co_return co_await parts_.syncer.accept_next(*domain, std::move(word));
  }

  AdminParts parts_;
  Calls calls_;
  std::string version_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_entente_service(AdminParts parts, Calls calls, std::string version) {
  return std::make_unique<AdminService>(std::move(parts), std::move(calls), std::move(version));
}

}  // namespace entente::syncer
