#include "workload/api/calls.hpp"

#include <array>

namespace entente::workload {
namespace {

// As every gRPC exporter spells them.
std::string name_of(grpc::StatusCode code) {
  constexpr std::array names{
      "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
      "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
      "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
      "DataLoss", "Unauthenticated"};
  const auto number = static_cast<std::size_t>(code);
  return number < names.size() ? names[number] : "Unknown";
}

}  // namespace

Calls::Ticket Calls::admit(uid_t uid) {
  const std::lock_guard lock(x_mutex);
  if (x_all >= x_most) return nullptr;
  std::size_t& open = x_open[uid];
  if (open >= x_most_per_uid) return nullptr;
  ++open;
  ++x_all;
  return Ticket(this, [uid](void* calls) { static_cast<Calls*>(calls)->leave(uid); });
}

void Calls::leave(uid_t uid) {
  const std::lock_guard lock(x_mutex);
  --x_all;
  if (const auto open = x_open.find(uid); --open->second == 0) x_open.erase(open);
}

void Calls::count(const std::string& method, grpc::StatusCode code) {
  x_metrics
      .counter("entente_workload_api_calls_total", "Workload API calls that have ended, by method and gRPC code",
               {{"method", method}, {"code", name_of(code)}})
      .add();
}

}  // namespace entente::workload
