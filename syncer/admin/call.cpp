#include "syncer/admin/call.hpp"

#include <array>
#include <boost/asio/co_spawn.hpp>

#include "common/base/file.hpp"

namespace entente::syncer {
namespace {

constexpr std::size_t longest_command = 256;  // bytes
constexpr std::uint32_t nobody = 65534;       // a caller of whom nothing is known: the kernel's overflow uid

asio::awaitable<grpc::Status> run(Calls::Context* context, Calls::Answer call, Calls::ToStatus to_status) {
  if (context->IsCancelled()) co_return grpc::Status::CANCELLED;
  const Status done = co_await std::move(call);
  co_return done ? grpc::Status::OK : to_status(done.error());
}

// Of the process that connected, not of one that has its pid by now; "" where it cannot be known.
std::string command_of(const rpc::Caller& caller) {
  if (caller.pid == 0) return "";
  // The kernel's file has no size of its own, and a process may make its arguments as long as it likes.
  const Result<std::string> read = read_file("/proc/" + std::to_string(caller.pid) + "/cmdline", 1U << 22);
  return read && caller.alive() ? one_line(*read) : "";
}

}  // namespace

Calls::Reactor* Calls::answer(Context* context, Answer call, ToStatus to_status) const {
  Reactor* reactor = context->DefaultReactor();
  asio::co_spawn(
      control_, run(context, std::move(call), to_status),
      [log = log_, reactor](std::exception_ptr failure, grpc::Status status) {
        if (failure) log->error("admin call failed by an exception");
        reactor->Finish(failure ? grpc::Status(grpc::StatusCode::INTERNAL, "internal error") : std::move(status));
      });
  return reactor;
}

Calls::Reactor* Calls::finish(Context* context, grpc::Status status) {
  Reactor* reactor = context->DefaultReactor();
  reactor->Finish(std::move(status));
  return reactor;
}

trust::Actor Calls::actor(const Context& context, std::string_view call) const {
  const rpc::CallerPtr caller = callers_->find(context);
  if (!caller) return {nobody, std::string(call)};
  std::string command = command_of(*caller);
  return {caller->uid, command.empty() ? std::string(call) : std::move(command)};
}

std::string one_line(std::string_view cmdline) {
  constexpr std::string_view digits = "0123456789abcdef";
  while (cmdline.ends_with('\0')) cmdline.remove_suffix(1);
  std::string line;
  for (const char c : cmdline) {
    const auto byte = static_cast<unsigned char>(c);
    std::string piece(1, c == '\0' ? ' ' : c);
    if ((byte != 0 && byte < 0x20) || byte >= 0x7f) piece = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    if (line.size() + piece.size() > longest_command) return line;
    line += piece;
  }
  return line;
}

}  // namespace entente::syncer
