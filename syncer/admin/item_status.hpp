// What became of one item of a batch, as SPIRE's APIs say it: a gRPC code and a message.
#pragma once

#include <string_view>

#include "common/base/result.hpp"
#include "spire/api/types/status.pb.h"

namespace entente::syncer {

spire::api::types::Status item_done();
spire::api::types::Status item_failed(const Error& error);
// FAILED_PRECONDITION, which no error of ours stands for: the item is right, but what there is does not allow it.
spire::api::types::Status item_out_of_place(std::string_view message);
// An item that nobody waits for any more: the caller has gone.
spire::api::types::Status item_cancelled();

}  // namespace entente::syncer
