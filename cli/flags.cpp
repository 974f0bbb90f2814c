#include "cli/flags.hpp"

#include <algorithm>

#include "cli/input.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "common/trust/endpoint_url.hpp"
#include "common/trust/registration_entry.hpp"
#include "common/trust/relationship.hpp"

namespace entente::cli {
namespace {

Error bad(const std::string& flag, const std::string& problem) {
  return Error(Errc::invalid_argument, flag + ": " + problem);
}

Status check_urls(const std::vector<std::string>& urls) {
  for (auto url = urls.begin(); url != urls.end(); ++url) {
    if (const auto parsed = trust::EndpointUrl::parse(*url); !parsed) return bad("--url", parsed.error().message());
    if (std::find(urls.begin(), url, *url) != url) return bad("--url", *url + " is given twice");
  }
  return ok();
}

Result<WebProfile> read_web(const RelationshipFlags& flags) {
  WebProfile web;
  if (flags.roots) {
    auto pem = read_input("--roots", *flags.roots);
    if (!pem) return pem.error();
    const auto roots = crypto::certificates_from_pem(*pem);
    if (!roots) return bad("--roots", *flags.roots + ": " + roots.error().message());
    web.roots_pem = std::move(*pem);
  }
  for (const std::string& pin : flags.pins) {
    if (const auto parsed = trust::KeyPin::parse(pin); !parsed) return bad("--pin", parsed.error().message());
    web.pins.push_back(pin);
  }
  return web;
}

Status read_profile(const RelationshipFlags& flags, RelationshipRequest& request) {
  if (flags.https_web && flags.https_spiffe) return bad("--https-spiffe", "not together with --https-web");
  if (!flags.https_web && flags.roots) return bad("--roots", "only with --https-web");
  if (!flags.https_web && !flags.pins.empty()) return bad("--pin", "only with --https-web");
  if (!flags.https_spiffe && flags.endpoint_id) return bad("--endpoint-id", "only with --https-spiffe");
  if (flags.https_web) {
    auto web = read_web(flags);
    if (!web) return web.error();
    request.profile = std::move(*web);
  }
  if (flags.https_spiffe) {
    if (!flags.endpoint_id) return bad("--https-spiffe", "needs --endpoint-id, the SPIFFE ID that the endpoint proves");
    if (const auto id = spiffe::SpiffeId::parse(*flags.endpoint_id); !id)
      return bad("--endpoint-id", id.error().message());
    request.profile = SpiffeProfile{*flags.endpoint_id};
  }
  return ok();
}

Result<RelationshipRequest> read_relationship(const RelationshipFlags& flags) {
  RelationshipRequest request;
  const auto domain = read_trust_domain(flags.trust_domain);
  if (!domain) return domain.error();
  request.trust_domain = *domain;
  if (const Status good = check_urls(flags.urls); !good) return good.error();
  request.endpoint_urls = flags.urls;
  if (const Status good = read_profile(flags, request); !good) return good.error();
  if (flags.policy && *flags.policy != "default")
    if (const auto policy = trust::parse_change_policy(*flags.policy); !policy)
      return bad("--policy", policy.error().message());
  if (flags.sequence && *flags.sequence != "warn" && *flags.sequence != "strict")
    return bad("--sequence", "must be warn or strict, not \"" + *flags.sequence + "\"");
  request.policy = flags.policy;
  request.sequence = flags.sequence;
  request.allow_private_redirects = flags.allow_private_redirects;
  if (flags.bundle) {
    auto file = read_bundle_file("--bundle", *domain, *flags.bundle);
    if (!file) return file.error();
    request.bundle = std::move(file->bundle);
    request.bundle_text = std::move(file->text);
  }
  return request;
}

Result<std::string> read_spiffe_id(const std::string& flag, const std::string& text) {
  const auto id = spiffe::SpiffeId::parse(text);
  if (!id) return bad(flag, id.error().message());
  return text;
}

// SPIRE's APIs count whole seconds, in 31 bits.
Result<std::chrono::seconds> read_ttl(const std::string& flag, const std::string& text) {
  const Result<Duration> duration = parse_duration(text);
  if (!duration) return bad(flag, duration.error().message());
  const auto whole = std::chrono::floor<std::chrono::seconds>(*duration);
  if (whole != *duration) return bad(flag, "must be whole seconds");
  if (whole > std::chrono::hours(24 * 365 * 50)) return bad(flag, "must be at most 50 years");
  return whole;
}

Result<EntryRequest> read_entry(const EntryFlags& flags) {
  EntryRequest request;
  const auto take = [](auto& into, const auto& result) -> Status {
    if (!result) return result.error();
    into = *result;
    return ok();
  };
  if (flags.spiffe_id)
    if (const Status s = take(request.spiffe_id, read_spiffe_id("--spiffe-id", *flags.spiffe_id)); !s) return s.error();
  if (flags.parent_id)
    if (const Status s = take(request.parent_id, read_spiffe_id("--parent-id", *flags.parent_id)); !s) return s.error();
  if (flags.x509_svid_ttl)
    if (const Status s = take(request.x509_svid_ttl, read_ttl("--x509-svid-ttl", *flags.x509_svid_ttl)); !s)
      return s.error();
  if (flags.jwt_svid_ttl)
    if (const Status s = take(request.jwt_svid_ttl, read_ttl("--jwt-svid-ttl", *flags.jwt_svid_ttl)); !s)
      return s.error();
  for (const std::string& selector : flags.selectors)
    if (const auto parsed = trust::Selector::parse(selector); !parsed)
      return bad("--selector", parsed.error().message());
  std::vector<std::string> domains;
  for (const std::string& text : flags.federates_with) {
    const auto domain = spiffe::TrustDomain::parse_name_or_id(text);
    if (!domain) return bad("--federates-with", domain.error().message());
    domains.push_back(domain->name());
  }
  if (!flags.selectors.empty()) request.selectors = flags.selectors;
  if (!flags.dns_names.empty()) request.dns_names = flags.dns_names;
  if (!domains.empty()) request.federates_with = std::move(domains);
  request.hint = flags.hint;
  return request;
}

bool changes_nothing(const RelationshipFlags& flags) {
  return flags.urls.empty() && !flags.https_web && !flags.https_spiffe && !flags.bundle && !flags.policy &&
         !flags.sequence && !flags.allow_private_redirects;
}

bool changes_nothing(const EntryRequest& request) {
  return !request.spiffe_id && !request.parent_id && !request.hint && !request.selectors && !request.dns_names &&
         !request.federates_with && !request.x509_svid_ttl && !request.jwt_svid_ttl;
}

}  // namespace

Result<RelationshipRequest> read_new_relationship(const RelationshipFlags& flags) {
  auto request = read_relationship(flags);
  if (!request) return request;
  if (flags.urls.empty()) return bad("--url", "is missing: where the peer's bundle endpoint is");
  if (!flags.https_web && !flags.https_spiffe)
    return bad("--https-web or --https-spiffe", "is missing: how the endpoint proves itself");
  return request;
}

Result<RelationshipRequest> read_relationship_update(const RelationshipFlags& flags) {
  auto request = read_relationship(flags);
  if (request && changes_nothing(flags))
    return bad(flags.trust_domain,
               "nothing to change: give --url, --https-web, --https-spiffe, --bundle, --policy, "
               "--sequence or --allow-private-redirects");
  return request;
}

Result<EntryRequest> read_new_entry(const EntryFlags& flags) {
  auto request = read_entry(flags);
  if (!request) return request;
  if (!request->spiffe_id) return bad("--spiffe-id", "is missing: the identity to give");
  if (!request->selectors) return bad("--selector", "is missing: who gets it, like unix:uid:1000");
  return request;
}

Result<EntryRequest> read_entry_update(const std::string& id, const EntryFlags& flags) {
  auto request = read_entry(flags);
  if (!request) return request;
  if (id.empty()) return bad("id", "must not be empty");
  if (changes_nothing(*request)) return bad(id, "nothing to change: give what should be another");
  request->id = id;
  return request;
}

Result<std::string> read_trust_domain(const std::string& text) {
  const auto domain = spiffe::TrustDomain::parse_name_or_id(text);
  if (!domain) return Error(Errc::invalid_argument, domain.error().message());
  return domain->name();
}

Result<std::string> read_digest(const std::string& flag, std::string text, bool colons) {
  if (colons) std::erase(text, ':');
  const auto bytes = hex_decode(text);
  if (!bytes || bytes->size() != 32) return bad(flag, "must be 64 hexadecimal digits, a SHA-256");
  return hex_encode(*bytes);
}

Result<std::string> read_input(const std::string& what, const std::string& path) {
  auto text = read_whole(path);
  if (!text) return bad(what, text.error().message());
  return text;
}

Result<BundleFile> read_bundle_file(const std::string& what, const std::string& trust_domain, const std::string& path) {
  const auto domain = spiffe::TrustDomain::parse(trust_domain);
  if (!domain) return Error(Errc::invalid_argument, domain.error().message());
  auto text = read_input(what, path);
  if (!text) return text.error();
  auto parsed = spiffe::parse_bundle_file(*domain, *text);
  if (!parsed) return bad(what, (path == "-" ? "stdin" : path) + ": " + parsed.error().message());
  return BundleFile{std::make_shared<const spiffe::Bundle>(std::move(parsed->bundle)), std::move(*text),
                    std::move(parsed->ignored)};
}

}  // namespace entente::cli
