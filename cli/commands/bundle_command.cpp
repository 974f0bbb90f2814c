#include <iostream>

#include "cli/admin_client.hpp"
#include "cli/commands/commands.hpp"
#include "cli/print.hpp"
#include "common/spiffe/bundle_json.hpp"

namespace entente::cli {
namespace {

Json to_json(const spiffe::Bundle& bundle) {
  Json document{{"trust_domain", bundle.trust_domain.name()},
                {"sequence", bundle.sequence ? Json(*bundle.sequence) : Json(nullptr)},
                {"refresh_hint", bundle.refresh_hint ? Json(bundle.refresh_hint->count()) : Json(nullptr)},
                {"digest", spiffe::authorities_digest(bundle)},
                {"x509_authorities", Json::array()},
                {"jwt_authorities", Json::array()}};
  for (const crypto::Certificate& authority : bundle.x509_authorities)
    document["x509_authorities"].push_back({{"fingerprint", hex_encode(authority.fingerprint())},
                                            {"subject", authority.subject()},
                                            {"key", authority.public_key().describe()},
                                            {"not_before", format_time(authority.not_before())},
                                            {"not_after", format_time(authority.not_after())}});
  for (const spiffe::JwtAuthority& authority : bundle.jwt_authorities)
    document["jwt_authorities"].push_back({{"key_id", authority.key_id}, {"key", authority.key.describe()}});
  return document;
}

void print_text(const spiffe::Bundle& bundle) {
  const Time now = std::chrono::system_clock::now();
  print_fields({{"trust domain", bundle.trust_domain.name()},
                {"sequence", bundle.sequence ? std::to_string(*bundle.sequence) : "none"},
                {"refresh hint", bundle.refresh_hint ? describe_duration(*bundle.refresh_hint) : "none"},
                {"digest", spiffe::authorities_digest(bundle)}});
  if (bundle.empty()) std::cout << "no authorities: every SVID of this trust domain is invalid\n";
  for (const crypto::Certificate& authority : bundle.x509_authorities) {
    const bool expired = authority.not_after() <= now;
    std::cout << "x509  " << hex_encode(authority.fingerprint()) << "  " << authority.public_key().describe() << "  "
              << (expired ? toned("expired " + format_time(authority.not_after()), Tone::bad)
                          : "until " + format_time(authority.not_after()))
              << "  " << printable(authority.subject()) << '\n';
  }
  for (const spiffe::JwtAuthority& authority : bundle.jwt_authorities)
    std::cout << "jwt   " << printable(authority.key_id) << "  " << authority.key.describe() << '\n';
}

Json to_json(const entente::v1::PreparedAuthority& authority) {
  const bool x509 = authority.use() == entente::v1::PreparedAuthority::USE_X509_SVID;
  return {{"use", x509 ? "x509-svid" : "jwt-svid"},
          {"id", authority.id()},
          {"published_at", json_time(time_of(authority.has_published_at(), authority.published_at()))},
          {"used_from", json_time(time_of(authority.has_used_from(), authority.used_from()))}};
}

}  // namespace

int bundle_show(const GlobalOptions& options, const std::string& trust_domain, std::optional<BundleFormat> format) {
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto answer = client->get_bundle(trust_domain);
  if (!answer) return fail(answer.error());
  const auto domain = spiffe::TrustDomain::parse(answer->trust_domain());
  if (!domain) return fail(domain.error());
  const auto parsed = spiffe::parse_bundle(*domain, answer->document());
  if (!parsed) return fail(parsed.error().within("the admin socket's answer"));
  if (!format && options.output == Output::json)
    print_json(to_json(parsed->bundle));
  else if (format == BundleFormat::spiffe)
    std::cout << answer->document() << '\n';
  else if (format == BundleFormat::pem)
    std::cout << spiffe::write_pem_bundle(parsed->bundle);
  else
    print_text(parsed->bundle);
  return exit_done;
}

int bundle_rotate(const GlobalOptions& options, bool x509, bool jwt, bool now) {
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto answer = waiting("preparing new authorities", [&] { return client->rotate_bundle(x509, jwt, now); });
  if (!answer) return fail(answer.error());
  if (options.output == Output::json) {
    Json document = Json::array();
    for (const auto& authority : answer->authorities()) document.push_back(to_json(authority));
    print_json(document);
    return exit_done;
  }
  const Time current = std::chrono::system_clock::now();
  for (const auto& authority : answer->authorities()) {
    const Json view = to_json(authority);
    const auto from = time_of(authority.has_used_from(), authority.used_from());
    std::cout << view["use"].get<std::string>() << " authority " << authority.id() << ": published, "
              << (now ? "in use from now"
                      : "used from " + format_time(from.value_or(current)) + " (" + ahead(from, current) + ")")
              << '\n';
  }
  return exit_done;
}

}  // namespace entente::cli
