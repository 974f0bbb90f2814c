// The Delegated Identity API's messages as values, checked: an SVID that is not what the standard says is Errc::schema,
// and the message is to be discarded. Keys in the messages are wiped once read.
#pragma once

#include "workload/delegated/delegate.hpp"

namespace spire::api::agent::delegatedidentity::v1 {
class SubscribeToX509SVIDsResponse;
class FetchJWTSVIDsResponse;
}  // namespace spire::api::agent::delegatedidentity::v1

namespace entente::workload {

namespace delegated_v1 = spire::api::agent::delegatedidentity::v1;

// Each identity federates with the domains that the answer names: the API tells them for the workload as a whole.
Result<Delegate::Identities> read_answer(delegated_v1::SubscribeToX509SVIDsResponse& response);
Result<std::vector<DelegatedJwt>> read_answer(const delegated_v1::FetchJWTSVIDsResponse& response);

}  // namespace entente::workload
