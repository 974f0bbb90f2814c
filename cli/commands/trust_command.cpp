#include <iostream>

#include "cli/admin_client.hpp"
#include "cli/commands/commands.hpp"
#include "cli/print_history.hpp"

namespace entente::cli {
namespace {

Time current() { return std::chrono::system_clock::now(); }

// What was done, as JSON or in a sentence.
int done(const GlobalOptions& options, const Json& document, const std::string& sentence) {
  if (options.output == Output::json)
    print_json(document);
  else
    std::cout << sentence << '\n';
  return exit_done;
}

using Judgement = Status (EntenteClient::*)(const std::string& trust_domain, const std::string& digest) const;

int judge_held(const GlobalOptions& options, const std::string& trust_domain, const std::string& digest,
               Judgement judge, const char* outcome, const char* sentence) {
  const auto domain = read_trust_domain(trust_domain);
  if (!domain) return fail(domain.error());
  const auto named = read_digest("--digest", digest, false);
  if (!named) return fail(named.error());
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const Status judged = (client->entente().*judge)(*domain, *named);
  if (!judged) return fail_entente_only(judged.error());
  return done(options, {{"trust_domain", *domain}, {"digest", *named}, {outcome, true}}, *domain + sentence);
}

}  // namespace

int federation_accept(const GlobalOptions& options, const std::string& trust_domain, const std::string& reason) {
  const auto domain = read_trust_domain(trust_domain);
  if (!domain) return fail(domain.error());
  if (reason.empty()) return fail_usage("--reason: must not be empty, it goes on record");
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const Status accepted = client->entente().accept_next(*domain, reason);
  if (!accepted) return fail_entente_only(accepted.error());
  return done(options, {{"trust_domain", *domain}, {"accept_next", true}},
              "the next good fetch of " + *domain +
                  " is taken whatever its sequence; it is being polled now: entente federation show " + *domain);
}

int federation_approve(const GlobalOptions& options, const std::string& trust_domain, const std::string& digest) {
  return judge_held(options, trust_domain, digest, &EntenteClient::approve, "approved", ": approved, and in use");
}

int federation_reject(const GlobalOptions& options, const std::string& trust_domain, const std::string& digest) {
  return judge_held(options, trust_domain, digest, &EntenteClient::reject, "rejected",
                    ": rejected, and not held again; what was in use stays in use");
}

int federation_rollback(const GlobalOptions& options, const std::string& trust_domain, std::uint64_t number,
                        const std::string& reason) {
  const auto domain = read_trust_domain(trust_domain);
  if (!domain) return fail(domain.error());
  if (reason.empty()) return fail_usage("--reason: must not be empty, it goes on record");
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const Status restored = client->entente().rollback(*domain, number, reason);
  if (!restored) return fail_entente_only(restored.error());
  return done(options, {{"trust_domain", *domain}, {"number", number}, {"rolled_back", true}},
              *domain + ": the bundle of history entry " + std::to_string(number) +
                  " is in use again, until the peer sends a sequence above all that were seen");
}

int federation_history(const GlobalOptions& options, const std::string& trust_domain, const HistoryRange& range) {
  const auto domain = read_trust_domain(trust_domain);
  if (!domain) return fail(domain.error());
  if (range.last != 0 && range.first > range.last) return fail_usage("--first: must not be above --last");
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto entries = client->entente().history(*domain, range.limit, range.first, range.last);
  if (!entries) return fail_entente_only(entries.error());
  if (options.output == Output::json) {
    Json document = Json::array();
    for (const HistoryView& entry : *entries) document.push_back(to_json(entry));
    print_json(document);
  } else {
    std::cout << history_text(*entries, current(), paint_for_stdout());
  }
  return exit_done;
}

int federation_diff(const GlobalOptions& options, const std::string& trust_domain, std::optional<std::uint64_t> from,
                    std::optional<std::uint64_t> to) {
  const auto domain = read_trust_domain(trust_domain);
  if (!domain) return fail(domain.error());
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto diff = from || to ? client->entente().diff(*domain, from, to) : client->latest_diff(*domain);
  if (!diff) return fail_entente_only(diff.error());
  if (options.output == Output::json)
    print_json(to_json(*diff));
  else
    std::cout << diff_text(*diff, paint_for_stdout());
  return exit_done;
}

}  // namespace entente::cli
