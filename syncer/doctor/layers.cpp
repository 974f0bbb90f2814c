#include "syncer/doctor/layers.hpp"

#include <cstdlib>
#include <ctime>

#include "common/crypto/path.hpp"
#include "common/spiffe/x509_svid.hpp"
#include "syncer/fetch/redirect.hpp"

namespace entente::syncer::doctor {
namespace {

using namespace std::chrono_literals;

constexpr Duration skew_warning = 30s, skew_problem = 5min;
// What is left of a lifetime when somebody should have renewed long ago: every issuer we know of does at half, or with
// a third left.
constexpr int late_share = 6;

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::string names_in(const crypto::Certificate& leaf) {
  std::vector<std::string> names = leaf.uri_names();
  for (std::string& name : leaf.dns_names()) names.push_back(std::move(name));
  for (std::string& name : leaf.ip_names()) names.push_back(std::move(name));
  return names.empty() ? "no name at all" : joined(names);
}

std::string chain_in_words(const std::vector<crypto::Certificate>& chain) {
  if (chain.empty()) return "no certificate";
  std::string text = "certificate for " + names_in(chain.front());
  for (std::size_t i = 1; i < chain.size(); ++i) text += "; over " + name_of(chain[i]);
  return text + "; issued by " + (chain.back().issuer().empty() ? "(an empty name)" : chain.back().issuer());
}

// "; trusted by CN=x", the root that a path ends at; "" where the certificate was not judged.
std::string root_in_words(Time now, const AddressSeen& seen, const EndpointWords& words) {
  std::string text;
  if (const auto* web = std::get_if<trust::HttpsWeb>(&words.profile)) {
    if (seen.verified_chain.empty()) return "";
    text.append("; trusted by ").append(name_of(seen.verified_chain.back()));
    return text.append(web->roots ? ", of this relationship's roots" : ", of the system's roots");
  }
  if (words.anchor == nullptr) return "";
  const auto path = crypto::validate_path(seen.chain, words.anchor->x509_authorities, now);
  if (!path || path->empty()) return "";
  return text.append("; trusted by ").append(name_of(path->back()));
}

std::string at(const AddressSeen& seen, const trust::EndpointUrl& url) { return url.str() + " at " + seen.address; }

void examine_lifetime(Time now, const AddressSeen& seen, const EndpointWords& words, Findings& findings) {
  const crypto::Certificate& leaf = seen.chain.front();
  const Duration left = leaf.not_after() - now;
  const Duration whole = leaf.not_after() - leaf.not_before();
  const std::string end = format_time(leaf.not_after());
  if (left <= 0s) {
    findings.problem("certificate_expiry", seen.address + ": the endpoint's certificate ended at " + end,
                     "have " + words.owner + " renew it and reload the endpoint; then: entente federation refresh");
  } else if (leaf.not_before() > now) {
    findings.problem("certificate_expiry",
                     seen.address + ": the endpoint's certificate begins only at " + format_time(leaf.not_before()),
                     "compare both hosts' clocks: one of them is wrong");
  } else if (left < whole / late_share) {
    findings.warning("certificate_expiry",
                     seen.address + ": the endpoint's certificate ends in " + describe_duration(left) + ", at " + end,
                     "have " + words.owner + " see why it has not been renewed yet");
  } else {
    findings.ok("certificate_expiry", seen.address + ": the endpoint's certificate lasts until " + end);
  }
}

std::string advice_for_web(const EndpointWords& words) {
  return "compare with `openssl s_client -connect HOST:PORT -showcerts`; either " + words.owner +
         " gets a certificate for this name from an authority that we trust, with all intermediates, or the "
         "relationship names the right `roots` and URL";
}

void examine_web_verdict(const AddressSeen& seen, const trust::EndpointUrl& url, const EndpointWords& words,
                         Findings& findings) {
  findings.problem("tls", at(seen, url) + ": " + seen.verdict->message() + " (" + chain_in_words(seen.chain) + ")",
                   advice_for_web(words));
}

void examine_spiffe_verdict(const AddressSeen& seen, const trust::EndpointUrl& url, const EndpointWords& words,
                            Findings& findings) {
  const auto& expected = std::get<trust::HttpsSpiffe>(words.profile).endpoint_spiffe_id;
  const std::string where = at(seen, url) + ": ";
  if (!words.anchor) {
    findings.problem("no_bootstrap_bundle",
                     where + "there is no bundle of " + expected.trust_domain().name() + " to judge it by (" +
                         chain_in_words(seen.chain) + ")",
                     "get the bundle of " + expected.trust_domain().name() +
                         " from its operator by a trusted way, then: entente bundle set " +
                         expected.trust_domain().name() + " FILE");
    return;
  }
  for (const spiffe::Violation& violation : spiffe::check_leaf(seen.chain.front()))
    findings.problem("svid", where + violation.message + " (" + violation.section + ")",
                     "have " + words.owner + " issue the endpoint a proper X509-SVID: peers must refuse this one");
  const std::string what = where + seen.verdict->message() + " (" + chain_in_words(seen.chain) + ")";
  if (seen.verdict->code() == Errc::wrong_spiffe_id) {
    findings.problem("spiffe_id", what,
                     "ask " + words.owner +
                         " for the endpoint's SPIFFE ID, and for whoever answers at this address; "
                         "where the ID has changed on purpose: entente federation update with --endpoint-id");
  } else {
    findings.problem(
        "tls", what,
        "compare the bundle in use (entente bundle show) with the peer's, by a trusted way; where the peer "
        "rotated and we missed it, give the new one: entente bundle set, or bundle import");
  }
}

}  // namespace

std::string name_of(const crypto::Certificate& certificate) {
  const std::string fingerprint = hex_encode(certificate.fingerprint());
  return (certificate.subject().empty() ? "(empty subject)" : certificate.subject()) + " [SHA-256 " +
         fingerprint.substr(0, 16) + "...]";
}

std::optional<Time> parse_http_date(const std::string& text) {
  struct tm parts {};
  const char* end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return from_unix_seconds(::timegm(&parts));
}

void examine_network(const HopSeen& hop, Findings& findings) {
  if (hop.dns) {
    findings.problem(
        "dns", hop.url.str() + ": " + hop.dns->message(),
        "check the name in the relationship's URL, and this host's name servers: getent hosts " + hop.url.host());
    return;
  }
  std::vector<std::string> reached, failed;
  for (const AddressSeen& address : hop.addresses)
    (address.tcp ? failed : reached).push_back(address.tcp ? address.tcp->message() : address.address);
  if (!hop.url.host_is_address() && !hop.addresses.empty() && hop.addresses.front().peer)
    findings.ok("dns", hop.url.host() + " has " + std::to_string(hop.addresses.size()) + " address(es)");
  if (!reached.empty()) findings.ok("tcp", "connected to " + joined(reached));
  const std::string what_to_do =
      "check that the endpoint runs, and each firewall and network policy between here and there, for this very "
      "address "
      "and port";
  if (!failed.empty() && reached.empty()) findings.problem("tcp", joined(failed), what_to_do);
  if (!failed.empty() && !reached.empty())
    findings.warning("tcp", "some addresses of " + hop.url.host() + " do not answer: " + joined(failed), what_to_do);
}

void examine_certificate(Time now, const AddressSeen& seen, const trust::EndpointUrl& url, const EndpointWords& words,
                         Findings& findings) {
  if (seen.tcp) return;
  if (seen.handshake) {
    std::string why = seen.handshake->message();
    if (seen.verdict && seen.verdict->message() != why)
      why = seen.verdict->message() + "; at the second attempt: " + why;
    findings.problem("tls", at(seen, url) + ": no TLS handshake: " + why,
                     "check that the port speaks TLS 1.2 or 1.3, and not plain HTTP or another protocol");
    return;
  }
  if (seen.chain.empty()) return;
  if (!seen.verdict) {
    std::string what = at(seen, url);
    what.append(": ").append(chain_in_words(seen.chain)).append(root_in_words(now, seen, words));
    findings.ok("tls", std::move(what));
  } else if (std::holds_alternative<trust::HttpsSpiffe>(words.profile)) {
    examine_spiffe_verdict(seen, url, words, findings);
  } else {
    examine_web_verdict(seen, url, words, findings);
  }
  examine_lifetime(now, seen, words, findings);
}

namespace {

void examine_clock(const AddressSeen& seen, Findings& findings) {
  const std::optional<Time> theirs = parse_http_date(seen.answer->date);
  if (!theirs) return;  // RFC 9110 6.6.1: a server without a clock sends none
  const Duration ahead = *theirs - seen.answer->at;
  const Duration skew = ahead < 0s ? -ahead : ahead;
  const std::string what = seen.address + ": the endpoint's clock is " + describe_duration(skew) +
                           (ahead < 0s ? " behind" : " ahead of") + " ours (Date: " + seen.answer->date + ")";
  const std::string what_to_do =
      "set both hosts' clocks (chronyc tracking, timedatectl): certificates, tokens and sequences are judged by them";
  if (skew > skew_problem)
    findings.problem("clock_skew", what, what_to_do);
  else if (skew > skew_warning)
    findings.warning("clock_skew", what, what_to_do);
  else
    findings.ok("clock_skew", seen.address + ": both clocks agree within 30 s");
}

bool looks_like_html(const AnswerSeen& answer) {
  const std::size_t first = answer.body.find_first_not_of(" \t\r\n");
  return answer.content_type.starts_with("text/html") || (first != std::string::npos && answer.body[first] == '<');
}

std::string advice_for_status(unsigned status) {
  if (status == 404) return "check the path of the relationship's URL with the peer's operator";
  if (status == 401 || status == 403) return "have the peer's operator serve the bundle without asking who we are";
  if (status == 503) return "the endpoint has no bundle yet, or is overloaded: ask the peer's operator, and try again";
  return "have the peer's operator look into the endpoint's log";
}

}  // namespace

bool examine_answer(const AddressSeen& seen, const trust::EndpointUrl& url, Findings& findings) {
  if (seen.http) {
    findings.problem("http", at(seen, url) + ": " + seen.http->message(),
                     "ask the endpoint with curl -v: what answers there may be no HTTP/1.1 server, or a proxy");
    return false;
  }
  if (!seen.answer) return false;
  examine_clock(seen, findings);
  const AnswerSeen& answer = *seen.answer;
  const std::string status = std::to_string(answer.status) + " " + answer.reason;
  if (is_redirect(answer.status)) {
    findings.ok("redirect", at(seen, url) + ": " + status + " to " + answer.location);
    return false;
  }
  if (answer.status != 200) {
    findings.problem("http_status", at(seen, url) + ": the endpoint answers " + status,
                     advice_for_status(answer.status));
    return false;
  }
  if (looks_like_html(answer)) {
    findings.problem("document", at(seen, url) + ": an HTML page, not a bundle",
                     "check the URL with the peer's operator: a login page, a proxy or another site answers there");
    return false;
  }
  return true;
}

}  // namespace entente::syncer::doctor
