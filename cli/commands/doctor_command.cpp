#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>

#include "cli/commands/commands.hpp"
#include "cli/doctor_facts.hpp"
#include "cli/print_findings.hpp"
#include "syncer/doctor/doctor.hpp"

namespace entente::cli {
namespace {

namespace asio = boost::asio;
namespace doctor = syncer::doctor;

// What one call examines, and what it came to.
struct Examination {
  const GlobalOptions& options;
  std::optional<config::Config> config;
  std::optional<AdminClient> client;
  std::vector<doctor::RelationshipFacts> relationships;
  std::optional<OwnEndpoint> own;
  std::vector<FindingGroup> groups;  // the first is this host's
  doctor::Findings host;
};

// Runs a coroutine on a thread of its own context: the daemon is asked by its admin API alone.
template <class T>
T run_to_end(asio::io_context& io, asio::awaitable<T> task) {
  std::optional<T> result;
  asio::co_spawn(io, std::move(task), [&result](std::exception_ptr failure, T value) {
    if (failure) std::rethrow_exception(failure);
    result.emplace(std::move(value));
  });
  io.run();
  io.restart();
  return std::move(*result);
}

// A host where the server runs alone has no admin API.
bool server_alone(const Examination& examination) {
  return examination.config && examination.config->data_dir.empty() && !examination.options.admin_socket;
}

void connect(Examination& examination) {
  if (server_alone(examination)) {
    examination.host.ok("admin_api",
                        "by its configuration this host runs the server alone: relationships are looked "
                        "at where the syncer runs");
    return;
  }
  GlobalOptions options = examination.options;
  if (!options.admin_socket && std::getenv("ENTENTE_ADMIN_SOCKET") == nullptr && examination.config &&
      examination.config->admin)
    options.admin_socket = "unix://" + examination.config->admin->listen.string();
  Result<AdminClient> client = AdminClient::connect(options);
  if (!client)
    examination.host.problem("admin_api", client.error().message(),
                             "name it with --admin-socket, ENTENTE_ADMIN_SOCKET, or by the configuration with -c FILE");
  else
    examination.client.emplace(std::move(*client));
}

Result<std::vector<RelationshipView>> chosen(const AdminClient& client, const std::vector<std::string>& trust_domains,
                                             doctor::Findings& host) {
  if (trust_domains.empty()) return client.relationships();
  std::vector<RelationshipView> views;
  for (const std::string& trust_domain : trust_domains) {
    Result<RelationshipView> view = client.relationship(trust_domain);
    if (view)
      views.push_back(std::move(*view));
    else if (view.error().code() == Errc::not_found)
      host.problem("relationship", trust_domain + ": " + view.error().message(),
                   "entente federation list shows those there are, entente federation create makes one");
    else
      return view.error();
  }
  return views;
}

void collect(Examination& examination, const std::vector<std::string>& trust_domains) {
  if (!examination.client) return;
  const Result<std::vector<RelationshipView>> views = chosen(*examination.client, trust_domains, examination.host);
  if (!views) {
    examination.host.problem("admin_api", views.error().message(),
                             "see that Entente runs and that this user may open its admin socket: entente health");
    examination.client.reset();
    return;
  }
  examination.host.ok("admin_api", "answers, with " + std::to_string(views->size()) + " relationship(s)");
  look_at_local_source(*examination.client, std::chrono::system_clock::now(), examination.host);
  for (const RelationshipView& view : *views) {
    Result<doctor::RelationshipFacts> facts = relationship_facts(*examination.client, view);
    if (facts)
      examination.relationships.push_back(std::move(*facts));
    else
      examination.host.problem("relationship", view.trust_domain + ": " + facts.error().message(),
                               "entente federation show " + view.trust_domain + " has what it is made of");
  }
}

void find_own_endpoint(Examination& examination, const std::string& public_url) {
  if (!examination.config) {
    examination.host.note("own_endpoint",
                          "not looked at: our own endpoint, the Workload API's socket, files, the peers' hints against "
                          "the polling floor, and whether the peers still ask us",
                          "name the configuration: entente doctor -c FILE");
    return;
  }
  const AdminClient* const client = examination.client ? &*examination.client : nullptr;
  Result<OwnEndpoint> own = own_endpoint(client, *examination.config, public_url);
  if (own)
    examination.own.emplace(std::move(*own));
  else if (own.error().code() != Errc::not_found)
    examination.host.problem("own_endpoint", own.error().message(), "see above, or correct what was given");
  else if (examination.config->bundle_endpoint)
    examination.host.note("own_endpoint", "not looked at: " + own.error().message(),
                          "entente doctor -c FILE --endpoint-url URL");
  else
    examination.host.ok("own_endpoint", "there is none: " + own.error().message());
}

// The files of this host's that are known: all of the configuration's, else the socket that was asked.
std::vector<doctor::Finding> of_files(const Examination& examination) {
  if (examination.config) return examine_files(*examination.config);
  const Result<std::string> target = admin_target(examination.options);
  constexpr std::string_view scheme = "unix:";
  if (!target || !target->starts_with(scheme)) return {};
  return examine_admin_socket(target->substr(scheme.size()));
}

Status look(Examination& examination) {
  const Result<syncer::ProxySettings> proxy = syncer::ProxySettings::from_environment();
  if (!proxy) return proxy.error();
  asio::io_context io;
  SystemClock clock;
  Log log(LogLevel::error);
  const Result<std::unique_ptr<syncer::Resolver>> resolver = syncer::Resolver::create(io.get_executor(), {});
  if (!resolver) return resolver.error();
  const doctor::Instruments instruments{io.get_executor(), **resolver, clock, log, *proxy};
  doctor::Bounds bounds;
  bounds.each = std::min(bounds.each, examination.options.timeout);
  if (examination.config) bounds.body_limit = examination.config->polling.body_limit;

  // First: the look at our own endpoint makes this host one of its clients.
  const doctor::OurSide ours = our_side(examination.config ? &*examination.config : nullptr, bounds.each);
  std::vector<doctor::Finding> of_host = examination.host.all();
  for (doctor::Finding& finding : of_files(examination)) of_host.push_back(std::move(finding));
  if (examination.own) {
    auto own = examine_own(instruments, examination.own->facts, examination.own->url, bounds);
    for (doctor::Finding& finding : run_to_end(io, std::move(own))) of_host.push_back(std::move(finding));
  }
  examination.groups.push_back({"", doctor::worst_first(std::move(of_host))});

  auto all = examine_relationships(instruments, examination.relationships, ours, bounds);
  std::vector<std::vector<doctor::Finding>> found = run_to_end(io, std::move(all));
  for (std::size_t i = 0; i < found.size(); ++i)
    examination.groups.push_back({examination.relationships[i].trust_domain.name(), std::move(found[i])});
  return ok();
}

}  // namespace

int run_doctor(const GlobalOptions& options, const std::vector<std::string>& trust_domains,
               const DoctorOptions& wanted) {
  Examination examination{options, std::nullopt, std::nullopt, {}, std::nullopt, {}, doctor::Findings()};
  std::vector<std::string> names;
  for (const std::string& text : trust_domains) {
    const Result<std::string> name = read_trust_domain(text);
    if (!name) return fail(name.error());
    names.push_back(*name);
  }
  if (!wanted.endpoint_url.empty() && wanted.config.empty())
    return fail_usage("--endpoint-url: needs the configuration too: -c FILE");
  if (!wanted.config.empty()) {
    auto loaded = config::load(wanted.config);
    if (const auto* mistakes = std::get_if<std::vector<config::Mistake>>(&loaded)) {
      std::cerr << config::describe(wanted.config, *mistakes);
      return exit_usage;
    }
    examination.config.emplace(std::move(std::get<config::Config>(loaded)));
  }
  const Status looked = waiting("examining", [&] {
    connect(examination);
    collect(examination, names);
    find_own_endpoint(examination, wanted.endpoint_url);
    return look(examination);
  });
  if (!looked) return fail(looked.error());
  if (options.output == Output::json)
    print_json(findings_json(examination.groups));
  else
    std::cout << findings_text(examination.groups, wanted.verbose || !names.empty(), paint_for_stdout());
  const bool found = std::any_of(examination.groups.begin(), examination.groups.end(),
                                 [](const FindingGroup& group) { return doctor::any_to_act_on(group.findings); });
  return found ? exit_failed : exit_done;
}

}  // namespace entente::cli
