#include "syncer/admin/entente_pollers.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "common/base/encoding.hpp"
#include "common/crypto/signature.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "common/spiffe/json.hpp"

namespace entente::syncer {
namespace {

using nlohmann::json;

Error wrong(const std::string& what) { return Error(Errc::schema, "pollers: " + what); }

Result<std::string> text_at(const json& object, const char* name) {
  const auto value = object.find(name);
  if (value == object.end() || value->is_null()) return std::string();
  if (!value->is_string()) return wrong(std::string(name) + ": not a string");
  return value->get<std::string>();
}

Result<Time> time_at(const json& object, const char* name) {
  const Result<std::string> text = text_at(object, name);
  if (!text) return text.error();
  const Result<Time> time = parse_time(*text);
  if (!time) return wrong(std::string(name) + ": " + time.error().message());
  return time;
}

Result<std::uint64_t> count_at(const json& object, const char* name) {
  const auto value = object.find(name);
  if (value == object.end() || !value->is_number_unsigned()) return wrong(std::string(name) + ": not a count");
  return value->get<std::uint64_t>();
}

Result<Poller> read_client(const json& object) {
  if (!object.is_object()) return wrong("clients: not objects");
  const auto address = text_at(object, "address");
  if (!address) return address.error();
  const auto last_asked = time_at(object, "last_asked");
  if (!last_asked) return last_asked.error();
  const auto sent = text_at(object, "sent");
  if (!sent) return sent.error();
  const auto given = text_at(object, "given");
  if (!given) return given.error();
  const auto repeats = count_at(object, "repeats");
  if (!repeats) return repeats.error();
  return Poller{*address, *last_asked, *sent, *given, *repeats};
}

// A bundle that was published: what its readers know, and when it went out of use.
struct Published {
  std::optional<std::uint64_t> sequence;
  bool knows_all = false;
  std::optional<Time> replaced_at;
};

bool holds(const spiffe::Bundle& bundle, const std::string& id) {
  const auto certified = [&id](const crypto::Certificate& each) { return hex_encode(each.fingerprint()) == id; };
  return std::any_of(bundle.x509_authorities.begin(), bundle.x509_authorities.end(), certified) ||
         spiffe::find_jwt_authority(bundle, id) != nullptr;
}

// By entity tag.
std::map<std::string, Published> published_bundles(const std::vector<trust::HistoryEntryPtr>& history,
                                                   const std::vector<std::string>& ids) {
  std::map<std::string, Published> all;
  std::string before;
  for (const trust::HistoryEntryPtr& entry : history) {
    if (!entry->bundle) continue;
    const std::string etag = spiffe::entity_tag(spiffe::write_bundle(*entry->bundle));
    if (etag == before) continue;
    const auto known = [&entry](const std::string& id) { return holds(*entry->bundle, id); };
    all[etag] = Published{entry->sequence, std::all_of(ids.begin(), ids.end(), known), std::nullopt};
    if (!before.empty()) all[before].replaced_at = entry->at;
    before = etag;
  }
  return all;
}

}  // namespace

Result<Pollers> parse_pollers(std::string_view text) {
  const Result<json> document = spiffe::parse_strict_json(text);
  if (!document) return document.error().within("pollers");
  if (!document->is_object()) return wrong("not an object");
  const auto since = time_at(*document, "since");
  if (!since) return since.error();
  const auto forgotten = count_at(*document, "forgotten");
  if (!forgotten) return forgotten.error();
  const auto clients = document->find("clients");
  if (clients == document->end() || !clients->is_array()) return wrong("clients: not an array");
  Pollers pollers{*since, *forgotten, {}};
  for (const json& object : *clients) {
    Result<Poller> client = read_client(object);
    if (!client) return client.error();
    pollers.clients.push_back(*std::move(client));
  }
  return pollers;
}

std::vector<LaggingPoller> lagging(const Pollers& pollers, const std::vector<trust::HistoryEntryPtr>& history,
                                   const std::vector<std::string>& ids, Time now) {
  const std::map<std::string, Published> published = published_bundles(history, ids);
  std::vector<LaggingPoller> found;
  for (const Poller& client : pollers.clients) {
    // One that comes again and again with what it had before did not take what it was given.
    const std::string& has = client.repeats > 0 ? client.sent : client.given;
    const auto bundle = published.find(has);
    if (bundle != published.end() && bundle->second.knows_all) continue;
    LaggingPoller lag{client.address, client.last_asked, std::nullopt, std::nullopt,
                      client.repeats > 0 ? "asked again with an older bundle" : "has not asked since"};
    if (bundle != published.end()) {
      lag.sequence = bundle->second.sequence;
      if (bundle->second.replaced_at)
        lag.behind = std::max<Duration>(now - *bundle->second.replaced_at, Duration::zero());
    }
    found.push_back(std::move(lag));
  }
  return found;
}

}  // namespace entente::syncer
