#include "syncer/admin/entry_filter.hpp"

#include <algorithm>

#include "spire/api/server/entry/v1/entry.pb.h"
#include "syncer/admin/entry_messages.hpp"

namespace entente::syncer {
namespace {

Error wrong(const std::string& field, const std::string& problem) {
  return Error(Errc::invalid_argument, "filter." + field + ": " + problem);
}

// An open enum: a stranger may send any number.
Result<SetMatch> match_from(const std::string& field, int number) {
  if (number < 0 || number > 3) return wrong(field + ".match", "unknown behaviour " + std::to_string(number));
  return static_cast<SetMatch>(number);
}

template <class Value>
bool matches_set(const SetFilter<Value>& filter, const std::vector<Value>& held) {
  const auto among = [](const std::vector<Value>& values) {
    return [&values](const Value& value) { return std::ranges::find(values, value) != values.end(); };
  };
  const bool subset = !held.empty() && std::ranges::all_of(held, among(filter.wanted));
  const bool superset = std::ranges::all_of(filter.wanted, among(held));
  switch (filter.match) {
    case SetMatch::exact:
      return subset && superset;
    case SetMatch::subset:
      return subset;
    case SetMatch::superset:
      return superset;
    case SetMatch::any:
      return std::ranges::any_of(filter.wanted, among(held));
  }
  return false;
}

template <class Message>
Status read_sets(const Message& message, EntryFilter& filter) {
  if (message.has_by_selectors()) {
    Result<std::vector<trust::Selector>> wanted =
        selectors_from("filter.by_selectors.selectors", message.by_selectors().selectors());
    if (!wanted) return wanted.error();
    if (wanted->empty()) return wrong("by_selectors.selectors", "empty selector set");
    const Result<SetMatch> match = match_from("by_selectors", message.by_selectors().match());
    if (!match) return match.error();
    filter.selectors.emplace(SetFilter<trust::Selector>{std::move(*wanted), *match});
  }
  if (message.has_by_federates_with()) {
    Result<std::vector<spiffe::TrustDomain>> wanted =
        domains_from("filter.by_federates_with.trust_domains", message.by_federates_with().trust_domains());
    if (!wanted) return wanted.error();
    if (wanted->empty()) return wrong("by_federates_with.trust_domains", "empty trust domain set");
    const Result<SetMatch> match = match_from("by_federates_with", message.by_federates_with().match());
    if (!match) return match.error();
    filter.federates_with.emplace(SetFilter<spiffe::TrustDomain>{std::move(*wanted), *match});
  }
  return ok();
}

}  // namespace

template <class Message>
Result<EntryFilter> entry_filter_from(const Message& message) {
  EntryFilter filter;
  if (message.has_by_spiffe_id()) {
    const Result<spiffe::SpiffeId> id = id_from("filter.by_spiffe_id", message.by_spiffe_id());
    if (!id) return id.error();
    filter.spiffe_id = *id;
  }
  if (message.has_by_parent_id()) {
    const Result<spiffe::SpiffeId> id = id_from("filter.by_parent_id", message.by_parent_id());
    if (!id) return id.error();
    filter.parent_id = *id;
  }
  if (const Status read = read_sets(message, filter); !read) return read.error();
  if (message.has_by_hint()) filter.hint = message.by_hint().value();
  if (message.has_by_downstream()) filter.downstream = message.by_downstream().value();
  return filter;
}

template Result<EntryFilter> entry_filter_from(
    const spire::api::server::entry::v1::ListEntriesRequest::Filter& message);
template Result<EntryFilter> entry_filter_from(
    const spire::api::server::entry::v1::CountEntriesRequest::Filter& message);

bool passes(const trust::RegistrationEntry& entry, const EntryFilter& filter) {
  if (filter.spiffe_id && entry.spiffe_id != *filter.spiffe_id) return false;
  if (filter.parent_id && entry.parent_id != filter.parent_id) return false;
  if (filter.selectors && !matches_set(*filter.selectors, entry.selectors)) return false;
  static const std::vector<spiffe::TrustDomain> none;
  if (filter.federates_with &&
      !matches_set(*filter.federates_with, entry.federates_with ? *entry.federates_with : none))
    return false;
  if (!filter.hint.empty() && entry.hint != filter.hint) return false;
  return !filter.downstream || !*filter.downstream;  // no entry of ours is a downstream server's
}

}  // namespace entente::syncer
