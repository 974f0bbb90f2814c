#include "cli/admin_client.hpp"

#include <algorithm>

#include "cli/admin_channel.hpp"

namespace entente::cli {
namespace {

// An Entente's answer, or, where the server is none, what SPIRE's API says.
template <class Entente, class Spire>
auto either(Entente entente, Spire spire) -> decltype(entente()) {
  auto answer = entente();
  if (answer || answer.error().code() != Errc::unsupported) return answer;
  return spire();
}

// Whether the server could not be asked at all, as opposed to its having nothing to say.
bool unreachable(const Error& error) {
  return error.code() == Errc::unavailable || error.code() == Errc::timeout || error.code() == Errc::permission_denied;
}

bool came_into_use(const HistoryView& entry) {
  static constexpr std::string_view actions[] = {"accepted", "bootstrap", "given", "approved", "rolled_back"};
  return entry.has_bundle && std::ranges::find(actions, entry.action) != std::end(actions);
}

}  // namespace

Result<AdminClient> AdminClient::connect(const GlobalOptions& options) {
  const auto channel = AdminChannel::connect(options);
  if (!channel) return channel.error();
  return AdminClient(*channel);
}

Result<BundleView> AdminClient::bundle(const std::string& trust_domain) const {
  return either([&] { return entente_.bundle(trust_domain); }, [&] { return spire_.bundle(trust_domain); });
}

Result<std::vector<BundleView>> AdminClient::bundles() const {
  Result<std::vector<BundleView>> others = spire_.federated_bundles();
  if (!others) return others;
  std::ranges::sort(*others, {}, [](const BundleView& view) { return view.bundle.trust_domain.name(); });
  Result<BundleView> own = bundle("");
  if (!own && unreachable(own.error())) return own.error();
  if (own) others->insert(others->begin(), std::move(*own));
  return others;
}

Result<std::vector<RelationshipView>> AdminClient::relationships() const {
  auto views = either([&] { return entente_.relationships(); }, [&] { return spire_.relationships(); });
  if (views) std::ranges::sort(*views, {}, &RelationshipView::trust_domain);
  return views;
}

Result<RelationshipView> AdminClient::relationship(const std::string& trust_domain) const {
  return either([&] { return entente_.relationship(trust_domain); }, [&] { return spire_.relationship(trust_domain); });
}

Result<std::vector<RelationshipView>> AdminClient::refresh(const std::vector<std::string>& trust_domains) const {
  const auto by_spire = [&]() -> Result<std::vector<RelationshipView>> {
    Result<std::vector<RelationshipView>> all = spire_.relationships();
    if (!all) return all;
    if (!trust_domains.empty())
      std::erase_if(*all, [&](const RelationshipView& view) {
        return std::ranges::find(trust_domains, view.trust_domain) == trust_domains.end();
      });
    std::vector<std::string> asked = trust_domains;
    if (asked.empty())
      for (const RelationshipView& view : *all) asked.push_back(view.trust_domain);
    for (const std::string& domain : asked)
      if (const Status refreshed = spire_.refresh(domain); !refreshed) return refreshed.error();
    return all;
  };
  return either([&] { return entente_.refresh(trust_domains); }, by_spire);
}

Result<RelationshipView> AdminClient::create(const RelationshipRequest& request) const {
  return either([&] { return entente_.create(request); }, [&] { return spire_.create(request); });
}

Result<RelationshipView> AdminClient::update(const RelationshipRequest& request) const {
  return either([&] { return entente_.update(request); }, [&] { return spire_.update(request); });
}

Status AdminClient::erase(const std::string& trust_domain) const {
  return either([&] { return entente_.erase(trust_domain); }, [&] { return spire_.erase(trust_domain); });
}

Result<DiffView> AdminClient::latest_diff(const std::string& trust_domain) const {
  Result<DiffView> held = entente_.diff(trust_domain, std::nullopt, std::nullopt);
  if (held || unreachable(held.error()) || held.error().code() == Errc::unsupported) return held;
  const auto history = entente_.history(trust_domain, 1000, 0, 0);
  if (!history) return history.error();
  const auto last = std::find_if(history->rbegin(), history->rend(), came_into_use);
  if (last == history->rend()) return Error(Errc::not_found, trust_domain + ": no change of its bundle is on record");
  const auto before = std::find_if(std::next(last), history->rend(), came_into_use);
  if (before != history->rend()) return entente_.diff(trust_domain, before->number, last->number);
  const DiffSideView to{"history entry " + std::to_string(last->number), last->digest, last->sequence};
  return DiffView{trust_domain, {"nothing", "", std::nullopt}, to, last->changes, ""};
}

}  // namespace entente::cli
