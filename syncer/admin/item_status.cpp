#include "syncer/admin/item_status.hpp"

#include "common/rpc/status.hpp"

namespace entente::syncer {
namespace {

spire::api::types::Status make(grpc::StatusCode code, std::string_view message) {
  spire::api::types::Status status;
  status.set_code(code);
  status.set_message(std::string(message));
  return status;
}

}  // namespace

spire::api::types::Status item_done() { return make(grpc::StatusCode::OK, "OK"); }

spire::api::types::Status item_failed(const Error& error) {
  return make(rpc::to_status(error).error_code(), error.message());
}

spire::api::types::Status item_out_of_place(std::string_view message) {
  return make(grpc::StatusCode::FAILED_PRECONDITION, message);
}

spire::api::types::Status item_cancelled() {
  return make(grpc::StatusCode::CANCELLED, "not begun: the caller has gone");
}

}  // namespace entente::syncer
