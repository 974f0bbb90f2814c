// A real admin API on a socket of the test's own: a real syncer, registry, ledger and issuer behind it, and a network
// that is faked.
#pragma once

#include <grpcpp/grpcpp.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <thread>

#include "syncer/admin/admin_api.hpp"
#include "syncer/peer/operator.hpp"
#include "syncer/registry/entries.hpp"
#include "syncer/registry/relationships.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/syncer/support/fake_network.hpp"
#include "tests/syncer/support/run.hpp"
#include "tests/syncer/support/test_authority.hpp"

namespace entente::test {

inline constexpr std::chrono::seconds answer_limit{60};

struct AdminSetup {
  bool issuer = true;  // else our own bundle would come from elsewhere, and there are no entries
  bool sqlite = false;
  std::vector<trust::RelationshipPtr> of_config;
  trust::RegistrationEntries entries_of_config;
  std::function<void(syncer::AdminParts&)> complete;  // sets what most tests do without; may be empty
};

// What a call was answered with.
template <class Response>
struct Answered {
  grpc::Status status;
  Response response;
};

class AdminServer {
 public:
  explicit AdminServer(AdminSetup setup = {});
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  std::shared_ptr<grpc::Channel> channel() const;  // a connection of its own

  // On the control thread; waits for the end.
  template <class Function>
  auto on_control(Function function) {
    std::packaged_task<decltype(function())()> task(std::move(function));
    auto done = task.get_future();
    boost::asio::post(io, [&task] { task(); });
    return wait(std::move(done));
  }
  template <class T>
  T run(boost::asio::awaitable<T> task) {
    std::optional<T> result;
    wait(boost::asio::co_spawn(io, keep(std::move(task), result), boost::asio::use_future));
    return std::move(*result);
  }
  void run(boost::asio::awaitable<void> task) {
    wait(boost::asio::co_spawn(io, std::move(task), boost::asio::use_future));
  }

  // Reads of the control thread's values.
  trust::SnapshotPtr snapshot() const { return ledger->current(); }
  trust::RecordPtr record(std::string_view trust_domain) const { return snapshot()->find(domain(trust_domain)); }
  trust::RelationshipPtr relationship(std::string_view trust_domain) {
    return on_control([&] { return relationships->find(domain(trust_domain)); });
  }
  std::optional<trust::RegistrationEntry> entry(const std::string& id) {
    return on_control([&]() -> std::optional<trust::RegistrationEntry> {
      const trust::RegistrationEntry* const found = entries->find(id);
      if (!found) return std::nullopt;
      return *found;
    });
  }

  TempFolder folder;
  FakeClock clock;
  Log log{LogLevel::error};
  telemetry::Metrics metrics;
  telemetry::Readiness readiness;
  FakeNetwork network{clock};
  boost::asio::io_context io;
  boost::asio::thread_pool blocking{1};
  std::unique_ptr<store::Ledger> ledger;
  std::unique_ptr<syncer::OwnBundle> own;
  std::unique_ptr<issuer::Issuer> issuer;
  std::unique_ptr<syncer::IssuerSource> issuer_source;
  std::unique_ptr<syncer::Syncer> syncer;
  std::unique_ptr<syncer::Relationships> relationships;
  std::unique_ptr<syncer::Operator> operators;
  std::unique_ptr<syncer::Entries> entries;
  std::unique_ptr<syncer::AdminApi> api;

 private:
  template <class T>
  static T wait(std::future<T> done) {
    if (done.wait_for(answer_limit) != std::future_status::ready)
      throw std::runtime_error("the control thread did not answer in time");
    return done.get();
  }
  void open(const AdminSetup& setup);
  void open_issuer(const AdminSetup& setup);

  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io.get_executor()};
  std::thread control_;
};

// Asks and waits, bounded: ask(*stub, &Bundle::Stub::GetBundle, request).
template <class Stub, class Request, class Response>
Answered<Response> ask(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                       const std::type_identity_t<Request>& request) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + answer_limit);
  Answered<Response> answered;
  answered.status = (stub.*method)(&context, request, &answered.response);
  return answered;
}

}  // namespace entente::test
