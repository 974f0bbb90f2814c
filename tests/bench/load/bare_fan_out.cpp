// What gRPC alone costs: a server that answers every call, whatever its name, with a message of `SIZE` bytes, and sends
// one more to all open calls for each line "SIZE" on its standard input. It prints a JSON line when it listens, and
// ends with its standard input.
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <iostream>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace {

grpc::ByteBuffer message_of(std::size_t size, unsigned number) {
  const grpc::Slice slice(std::string(size, static_cast<char>('a' + number % 26)));
  return grpc::ByteBuffer(&slice, 1);
}

class Call;

// The open calls, and what they are to be sent. Its mutex guards all that the calls have, too.
struct Calls {
  std::mutex mutex;
  std::set<Call*> open;
  grpc::ByteBuffer message;
  unsigned number = 1;
};

// Sends the newest message, once for each.
class Call : public grpc::ServerGenericBidiReactor {
 public:
  explicit Call(Calls& calls) : calls_(calls) {
    const std::lock_guard lock(calls_.mutex);
    calls_.open.insert(this);
    send_newest();
  }
  // With the mutex.
  void send_newest() {
    if (writing_ || finished_ || sent_ == calls_.number) return;
    writing_ = true;
    sent_ = calls_.number;
    under_way_ = calls_.message;
    StartWrite(&under_way_);
  }
  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(calls_.mutex);
    writing_ = false;
    if (ok)
      send_newest();
    else
      finish();
  }
  void OnCancel() override {
    const std::lock_guard lock(calls_.mutex);
    finish();
  }
  void OnDone() override { delete this; }

 private:
  void finish() {
    if (finished_) return;
    finished_ = true;
    calls_.open.erase(this);
    Finish(grpc::Status::CANCELLED);
  }

  Calls& calls_;
  grpc::ByteBuffer under_way_;
  unsigned sent_ = 0;
  bool writing_ = false, finished_ = false;
};

class Service : public grpc::CallbackGenericService {
 public:
  explicit Service(Calls& calls) : calls_(calls) {}
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext*) override {
    return new Call(calls_);
  }

 private:
  Calls& calls_;
};

void send_to_all(Calls& calls, std::size_t size) {
  const std::lock_guard lock(calls.mutex);
  calls.message = message_of(size, ++calls.number);
  for (Call* const call : calls.open) call->send_newest();
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: bare_fan_out unix:///SOCKET SIZE\n";
    return 2;
  }
  Calls calls;
  calls.message = message_of(std::stoul(arguments[2]), calls.number);
  Service service(calls);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(arguments[1], grpc::InsecureServerCredentials());
  builder.RegisterCallbackGenericService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server) return 1;
  std::puts("{\"event\":\"listening\"}");
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) send_to_all(calls, std::stoul(line));
  server->Shutdown(std::chrono::system_clock::now());
  return 0;
}
