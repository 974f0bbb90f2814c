#include "common/store/registry.hpp"

#include <algorithm>

namespace entente::store {
namespace {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

auto place_of(trust::RegistrationEntries& entries, const std::string& id) {
  return std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.id == id; });
}

Status normalise_relationship(trust::RelationshipPtr& relationship) {
  if (!relationship || relationship->endpoint_urls.empty())
    return Error(Errc::internal, "store: a relationship without an endpoint URL cannot be kept");
  if (relationship->source == trust::RelationshipSource::api && !relationship->bootstrap_bundle) return ok();
  auto kept = std::make_shared<trust::Relationship>(*relationship);
  kept->source = trust::RelationshipSource::api;
  kept->bootstrap_bundle = nullptr;
  relationship = std::move(kept);
  return ok();
}

}  // namespace

void Registry::apply(const RegistryChange& change) {
  const Overloaded act{
      [&](const PutRelationship& put) {
        relationships.insert_or_assign(put.relationship->trust_domain, put.relationship);
      },
      [&](const RemoveRelationship& removal) { relationships.erase(removal.trust_domain); },
      [&](const PutEntry& put) {
        const auto place = place_of(entries, put.entry.id);
        if (place == entries.end())
          entries.push_back(put.entry);
        else
          *place = put.entry;
      },
      [&](const RemoveEntry& removal) {
        if (const auto place = place_of(entries, removal.id); place != entries.end()) entries.erase(place);
      },
  };
  std::visit(act, change);
}

Status normalise(RegistryChange& change) {
  if (const auto put = std::get_if<PutRelationship>(&change)) return normalise_relationship(put->relationship);
  if (const auto put = std::get_if<PutEntry>(&change); put && put->entry.id.empty())
    return Error(Errc::internal, "store: a registration entry without an id cannot be kept");
  return ok();
}

std::string describe(const RegistryChange& change) {
  const Overloaded name{
      [](const PutRelationship& put) { return "relationship " + put.relationship->trust_domain.name(); },
      [](const RemoveRelationship& removal) { return "relationship " + removal.trust_domain.name(); },
      [](const PutEntry& put) { return "registration entry " + put.entry.id; },
      [](const RemoveEntry& removal) { return "registration entry " + removal.id; },
  };
  return std::visit(name, change);
}

}  // namespace entente::store
