#include <iostream>

#include "cli/admin_client.hpp"
#include "cli/commands/commands.hpp"
#include "cli/print.hpp"

namespace entente::cli {
namespace {

using entente::v1::Relationship;

// What is derived from a message once, for JSON and text alike.
struct Times {
  std::optional<Time> earliest_expiry, last_success, last_attempt, next_attempt, last_change;
};

Times times_of(const Relationship& r) {
  return {time_of(r.has_earliest_expiry(), r.earliest_expiry()), time_of(r.has_last_success(), r.last_success()),
          time_of(r.has_last_attempt(), r.last_attempt()), time_of(r.has_next_attempt(), r.next_attempt()),
          time_of(r.has_last_change(), r.last_change())};
}

// README, How to read the status: these names, in this order.
Json to_json(const Relationship& r) {
  const Times times = times_of(r);
  Json error = nullptr;
  if (r.has_last_error()) error = {{"code", r.last_error().code()}, {"message", r.last_error().message()}};
  return {{"trust_domain", r.trust_domain()},
          {"endpoint_url", r.endpoint_url()},
          {"endpoint_profile", r.endpoint_profile()},
          {"endpoint_spiffe_id", r.has_endpoint_spiffe_id() ? Json(r.endpoint_spiffe_id()) : Json(nullptr)},
          {"state", r.state()},
          {"warnings", std::vector<std::string>(r.warnings().begin(), r.warnings().end())},
          {"sequence", r.has_sequence() ? Json(r.sequence()) : Json(nullptr)},
          {"refresh_hint", r.has_refresh_hint() ? Json(r.refresh_hint().seconds()) : Json(nullptr)},
          {"x509_authorities", r.x509_authorities()},
          {"jwt_authorities", r.jwt_authorities()},
          {"earliest_expiry", json_time(times.earliest_expiry)},
          {"last_success", json_time(times.last_success)},
          {"last_attempt", json_time(times.last_attempt)},
          {"next_attempt", json_time(times.next_attempt)},
          {"last_change", json_time(times.last_change)},
          {"consecutive_failures", r.consecutive_failures()},
          {"last_error", error},
          {"source", r.source()}};
}

Tone tone_of(const std::string& state) {
  if (state == "current") return Tone::good;
  if (state == "expired" || state == "revoked") return Tone::bad;
  return Tone::warning;
}

// "code: message", where the message does not begin with its code anyway.
std::string describe_error(const entente::v1::RelationshipError& error) {
  if (error.message().starts_with(error.code() + ":")) return printable(error.message());
  return printable(error.code() + ": " + error.message());
}

std::string reason_of(const Relationship& r) {
  std::string reason;
  if (r.has_last_error()) reason = describe_error(r.last_error());
  for (const std::string& warning : r.warnings()) reason += (reason.empty() ? "" : "; ") + warning;
  return printable(reason);
}

template <class Messages>
bool any_held(const Messages& relationships) {
  for (const Relationship& r : relationships)
    if (r.state() == "held") return true;
  return false;
}

template <class Messages>
void print_list(const Messages& relationships, Output output) {
  if (output == Output::json) {
    Json document = Json::array();
    for (const Relationship& r : relationships) document.push_back(to_json(r));
    print_json(document);
    return;
  }
  const Time now = std::chrono::system_clock::now();
  std::vector<std::vector<std::string>> rows{
      {"TRUST DOMAIN", "STATE", "SEQUENCE", "LAST SUCCESS", "NEXT POLL", "EARLIEST EXPIRY", "REASON"}};
  for (const Relationship& r : relationships) {
    const Times times = times_of(r);
    rows.push_back({r.trust_domain(), toned(r.state(), tone_of(r.state())),
                    r.has_sequence() ? std::to_string(r.sequence()) : "-", ago(times.last_success, now),
                    ahead(times.next_attempt, now), until(times.earliest_expiry, now), reason_of(r)});
  }
  print_table(rows);
}

void print_one(const Relationship& r) {
  const Time now = std::chrono::system_clock::now();
  const Times times = times_of(r);
  const auto moment = [](std::optional<Time> time, const std::string& relative) {
    return time ? format_time(*time) + " (" + relative + ")" : std::string("-");
  };
  std::string warnings;
  for (const std::string& warning : r.warnings()) warnings += (warnings.empty() ? "" : ", ") + warning;
  print_fields({{"trust domain", r.trust_domain()},
                {"state", toned(r.state(), tone_of(r.state()))},
                {"warnings", warnings.empty() ? "none" : warnings},
                {"endpoint url", printable(r.endpoint_url())},
                {"endpoint profile", r.endpoint_profile()},
                {"endpoint spiffe id", r.has_endpoint_spiffe_id() ? printable(r.endpoint_spiffe_id()) : "-"},
                {"sequence", r.has_sequence() ? std::to_string(r.sequence()) : "-"},
                {"refresh hint",
                 r.has_refresh_hint() ? describe_duration(std::chrono::seconds(r.refresh_hint().seconds())) : "-"},
                {"x509 authorities", std::to_string(r.x509_authorities())},
                {"jwt authorities", std::to_string(r.jwt_authorities())},
                {"earliest expiry", moment(times.earliest_expiry, until(times.earliest_expiry, now))},
                {"last success", moment(times.last_success, ago(times.last_success, now))},
                {"last attempt", moment(times.last_attempt, ago(times.last_attempt, now))},
                {"next attempt", moment(times.next_attempt, ahead(times.next_attempt, now))},
                {"last change", moment(times.last_change, ago(times.last_change, now))},
                {"consecutive failures", std::to_string(r.consecutive_failures())},
                {"last error", r.has_last_error() ? describe_error(r.last_error()) : "-"},
                {"source", r.source()}});
}

}  // namespace

int federation_list(const GlobalOptions& options) {
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto answer = client->list_relationships();
  if (!answer) return fail(answer.error());
  print_list(answer->relationships(), options.output);
  return any_held(answer->relationships()) ? exit_approval : exit_done;
}

int federation_show(const GlobalOptions& options, const std::string& trust_domain) {
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto answer = client->get_relationship(trust_domain);
  if (!answer) return fail(answer.error());
  if (options.output == Output::json)
    print_json(to_json(answer->relationship()));
  else
    print_one(answer->relationship());
  return answer->relationship().state() == "held" ? exit_approval : exit_done;
}

int federation_refresh(const GlobalOptions& options, const std::vector<std::string>& trust_domains) {
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto answer = waiting("polling", [&] { return client->refresh_relationships(trust_domains); });
  if (!answer) return fail(answer.error());
  print_list(answer->relationships(), options.output);
  std::string failed;
  for (const Relationship& r : answer->relationships())
    if (r.consecutive_failures() > 0) failed += (failed.empty() ? "" : ", ") + r.trust_domain();
  if (!failed.empty())
    return fail(Error(Errc::unavailable, "not polled successfully: " + failed + "; the reason is in the status"));
  return any_held(answer->relationships()) ? exit_approval : exit_done;
}

int federation_accept(const GlobalOptions& options, const std::string& trust_domain, const std::string& reason) {
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const Status accepted = client->accept_next_bundle(trust_domain, reason);
  if (!accepted) return fail(accepted.error());
  if (options.output == Output::json)
    print_json({{"trust_domain", trust_domain}, {"accept_next", true}});
  else
    std::cout << "the next good fetch of " << trust_domain
              << " is taken whatever its sequence; it is being polled now: entente federation show " << trust_domain
              << '\n';
  return exit_done;
}

}  // namespace entente::cli
