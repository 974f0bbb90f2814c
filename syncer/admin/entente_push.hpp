// entente.v1's call about the push targets.
#pragma once

#include "entente/v1/admin.pb.h"
#include "syncer/admin/admin_api.hpp"
#include "syncer/admin/call.hpp"

namespace entente::syncer {

// Lives on the control thread. The response outlives the answer.
class EntentePush {
 public:
  explicit EntentePush(ListPushes pushes) : pushes_(std::move(pushes)) {}

  Calls::Answer list(entente::v1::ListPushTargetsResponse* response);

 private:
  ListPushes pushes_;
};

}  // namespace entente::syncer
