// entente.v1's calls about bundles in use, and about the rotation of our own.
#pragma once

#include "entente/v1/admin.pb.h"
#include "syncer/admin/admin_api.hpp"
#include "syncer/admin/call.hpp"
#include "syncer/admin/entente_pollers.hpp"

namespace entente::syncer {

// Lives on the control thread. Requests and responses outlive the answers.
class EntenteBundles {
 public:
  explicit EntenteBundles(AdminParts parts) : parts_(std::move(parts)) {}

  using Answer = Calls::Answer;
  Answer get(const entente::v1::GetBundleRequest* request, entente::v1::GetBundleResponse* response);
  // Who would not know the new authority is looked up before anything is changed, and never in the way of the change.
  Answer rotate(const entente::v1::RotateBundleRequest* request, entente::v1::RotateBundleResponse* response,
                trust::Actor by);

 private:
  Error not_there_yet() const;
  asio::awaitable<Result<Pollers>> ask_pollers();
  asio::awaitable<void> tell_lagging(Pollers pollers, entente::v1::RotateBundleResponse* response);

  AdminParts parts_;
};

}  // namespace entente::syncer
