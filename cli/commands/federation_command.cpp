#include <iostream>

#include "cli/admin_client.hpp"
#include "cli/commands/commands.hpp"
#include "cli/print_relationships.hpp"

namespace entente::cli {
namespace {

// Results on stdout, what must not be overlooked on stderr; the exit code.
int print_list(const std::vector<RelationshipView>& views, Output output) {
  if (output == Output::json) {
    Json document = Json::array();
    for (const RelationshipView& view : views) document.push_back(list_json(view));
    print_json(document);
  } else {
    std::cout << relationships_text(views, std::chrono::system_clock::now(), paint_for_stdout(), terminal_width());
  }
  std::cout << std::flush;
  std::cerr << trouble(views, paint_for_stderr());
  const bool held = std::ranges::any_of(views, &RelationshipView::awaits_approval);
  return held ? exit_approval : exit_done;
}

void print_one(const RelationshipView& view, Output output) {
  if (output == Output::json)
    print_json(to_json(view));
  else
    std::cout << relationship_text(view, std::chrono::system_clock::now(), paint_for_stdout());
}

}  // namespace

int federation_list(const GlobalOptions& options) {
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto views = client->relationships();
  if (!views) return fail_refused(views.error());
  return print_list(*views, options.output);
}

int federation_show(const GlobalOptions& options, const std::string& trust_domain) {
  const auto domain = read_trust_domain(trust_domain);
  if (!domain) return fail(domain.error());
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto view = client->relationship(*domain);
  if (!view) return fail_refused(view.error());
  print_one(*view, options.output);
  return view->awaits_approval() ? exit_approval : exit_done;
}

int federation_refresh(const GlobalOptions& options, const std::vector<std::string>& trust_domains) {
  std::vector<std::string> domains;
  for (const std::string& text : trust_domains) {
    const auto domain = read_trust_domain(text);
    if (!domain) return fail(domain.error());
    domains.push_back(*domain);
  }
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto views = waiting("polling", [&] { return client->refresh(domains); });
  if (!views) return fail_refused(views.error());
  const int listed = print_list(*views, options.output);
  std::vector<std::string> failed;
  for (const RelationshipView& view : *views)
    if (view.consecutive_failures.value_or(0) > 0) failed.push_back(view.trust_domain);
  if (failed.empty()) return listed;
  return fail_refused(
      Error(Errc::unavailable, "not polled successfully: " + joined(failed, ", ") + "; the reason is in the status"));
}

int federation_create(const GlobalOptions& options, const RelationshipFlags& flags) {
  const auto request = read_new_relationship(flags);
  if (!request) return fail(request.error());
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto view = client->create(*request);
  if (!view) return fail_refused(view.error());
  if (options.output == Output::json)
    print_one(*view, options.output);
  else
    std::cout << request->trust_domain << ": created, and polled from now on; see: entente federation show "
              << request->trust_domain << '\n';
  return exit_done;
}

int federation_update(const GlobalOptions& options, const RelationshipFlags& flags) {
  const auto request = read_relationship_update(flags);
  if (!request) return fail(request.error());
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto view = client->update(*request);
  if (!view) return fail_refused(view.error());
  if (options.output == Output::json)
    print_one(*view, options.output);
  else
    std::cout << request->trust_domain << ": updated, the bundle held stays; see: entente federation show "
              << request->trust_domain << '\n';
  return exit_done;
}

int federation_delete(const GlobalOptions& options, const std::string& trust_domain) {
  const auto domain = read_trust_domain(trust_domain);
  if (!domain) return fail(domain.error());
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const Status erased = client->erase(*domain);
  if (!erased) return fail_refused(erased.error());
  if (options.output == Output::json)
    print_json({{"trust_domain", *domain}, {"deleted", true}});
  else
    std::cout << *domain << ": deleted, and its bundle withdrawn\n";
  return exit_done;
}

}  // namespace entente::cli
