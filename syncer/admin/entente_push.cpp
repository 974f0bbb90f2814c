#include "syncer/admin/entente_push.hpp"

#include "common/base/plain_text.hpp"
#include "syncer/admin/messages.hpp"

namespace entente::syncer {
namespace {

namespace v1 = entente::v1;

// What a target says is a stranger's text.
constexpr std::size_t longest_reason = 4096;

void put_error(const Error& error, v1::RelationshipError& message) {
  message.set_code(std::string(to_string(error.code())));
  message.set_message(plain_text(error.message(), longest_reason));
}

void put_problem(const PushProblem& problem, v1::PushProblem& message) {
  message.set_trust_domain(problem.trust_domain.name());
  put_error(problem.error, *message.mutable_error());
}

void put_status(const PushStatus& status, v1::PushTarget& message) {
  message.set_target(status.target);
  message.set_state(status.state);
  message.set_trust_domains(static_cast<std::uint32_t>(status.trust_domains));
  message.set_pending(static_cast<std::uint32_t>(status.pending));
  if (status.last_success) set_timestamp(*message.mutable_last_success(), *status.last_success);
  if (status.last_attempt) set_timestamp(*message.mutable_last_attempt(), *status.last_attempt);
  if (status.next_attempt) set_timestamp(*message.mutable_next_attempt(), *status.next_attempt);
  message.set_consecutive_failures(status.consecutive_failures);
  if (status.last_error) put_error(*status.last_error, *message.mutable_last_error());
  for (const PushProblem& problem : status.problems) put_problem(problem, *message.add_problems());
  for (const PushProblem& left : status.not_ours) put_problem(left, *message.add_not_ours());
}

}  // namespace

Calls::Answer EntentePush::list(v1::ListPushTargetsResponse* response) {
  if (!pushes_) co_return ok();
  for (const PushStatus& status : pushes_()) put_status(status, *response->add_targets());
  co_return ok();
}

}  // namespace entente::syncer
