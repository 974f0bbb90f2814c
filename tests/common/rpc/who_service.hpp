// Any service will do to ask who calls: this one answers FetchJWTSVID with what the server knows of the caller, and
// holds ValidateJWTSVID until it is cancelled.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "common/rpc/unix_server.hpp"
#include "spiffe/workload/workload.grpc.pb.h"

namespace entente::test {

struct Seen {
  std::string peer;
  rpc::CallerPtr caller;
};

class WhoService final : public SpiffeWorkloadAPI::CallbackService {
 public:
  std::shared_ptr<rpc::Callers> callers = std::make_shared<rpc::Callers>();

  grpc::ServerUnaryReactor* FetchJWTSVID(grpc::CallbackServerContext* context, const JWTSVIDRequest*,
                                         JWTSVIDResponse*) override {
    {
      const std::lock_guard lock(x_mutex);
      x_last = Seen{context->peer(), callers->find(*context)};
    }
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ServerUnaryReactor* ValidateJWTSVID(grpc::CallbackServerContext* context, const ValidateJWTSVIDRequest*,
                                            ValidateJWTSVIDResponse*) override {
    return new Held(*this, *context);
  }

  Seen last() const {
    const std::lock_guard lock(x_mutex);
    return x_last;
  }
  // What a held handler sees at this moment; nothing when none is held.
  std::optional<Seen> held() const {
    const std::lock_guard lock(x_mutex);
    if (x_held == nullptr) return std::nullopt;
    return Seen{x_held->peer(), callers->find(*x_held)};
  }
  // Lets held handlers end when they are cancelled; until then a cancelled one stays.
  std::atomic<bool> held_may_end = true;
  std::atomic<bool> held_cancelled = false;
  void release() {
    held_may_end = true;
    const std::lock_guard lock(x_mutex);
    if (held_cancelled && x_reactor != nullptr) x_reactor->Finish(grpc::Status::CANCELLED);
  }

 private:
  struct Held final : grpc::ServerUnaryReactor {
    Held(WhoService& service, grpc::CallbackServerContext& context) : x_service(service) {
      const std::lock_guard lock(x_service.x_mutex);
      x_service.x_held = &context;
      x_service.x_reactor = this;
    }
    void OnCancel() override {
      x_service.held_cancelled = true;
      if (x_service.held_may_end) Finish(grpc::Status::CANCELLED);
    }
    void OnDone() override {
      {
        const std::lock_guard lock(x_service.x_mutex);
        x_service.x_held = nullptr;
        x_service.x_reactor = nullptr;
      }
      delete this;
    }
    WhoService& x_service;
  };

  mutable std::mutex x_mutex;
  Seen x_last;
  grpc::CallbackServerContext* x_held = nullptr;
  Held* x_reactor = nullptr;
};

}  // namespace entente::test
