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
  const std::lock_guard lock(mutex_);
  if (all_ >= most_) return nullptr;
  std::size_t& open = open_[uid];
  if (open >= most_per_uid_) return nullptr;
  ++open;
  ++all_;
  return Ticket(this, [uid](void* calls) { static_cast<Calls*>(calls)->leave(uid); });
}

void Calls::leave(uid_t uid) {
  const std::lock_guard lock(mutex_);
  --all_;
  if (const auto open = open_.find(uid); --open->second == 0) open_.erase(open);
}

void Calls::count(const std::string& method, grpc::StatusCode code) {
  metrics_
      .counter("entente_workload_api_calls_total", "Workload API calls that have ended, by method and gRPC code",
               {{"method", method}, {"code", name_of(code)}})
      .add();
}

}  // namespace entente::workload
