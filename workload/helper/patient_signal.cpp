#include "workload/helper/patient_signal.hpp"

#include <csignal>

#include "workload/helper/config_values.hpp"
#include "workload/helper/process.hpp"

namespace entente::helper {
namespace {

constexpr int attempts = 7;
constexpr Duration first_look_after = std::chrono::milliseconds(200);

bool is_meant_to_end(int signal) {
  return signal == SIGTERM || signal == SIGINT || signal == SIGQUIT || signal == SIGKILL;
}

}  // namespace

asio::awaitable<Status> signal_when_ready(pid_t pid, int signal, std::function<Status()> send, Clock& clock) {
  Duration pause = first_look_after;
  Effect before = Effect::fatal;
  for (int i = 0; !is_meant_to_end(signal); ++i, pause *= 2) {
    const Effect effect = effect_of(pid, signal);
    const bool blocked_for_good = effect == Effect::blocked && before == Effect::blocked;
    if (effect == Effect::handled || blocked_for_good) break;
    if (i + 1 == attempts)
      co_return Error(Errc::unavailable, "process " + std::to_string(pid) + " would die of " + signal_name(signal) +
                                             ", which it neither handles nor ignores: not sent");
    before = effect;
    auto sleeping = clock.sleep(pause);
    const Status slept = co_await std::move(sleeping);
    if (!slept) co_return slept;
  }
  co_return send();
}

}  // namespace entente::helper
