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
      const std::lock_guard lock(mutex_);
      last_ = Seen{context->peer(), callers->find(*context)};
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
    const std::lock_guard lock(mutex_);
    return last_;
  }
  // What a held handler sees at this moment; nothing when none is held.
  std::optional<Seen> held() const {
    const std::lock_guard lock(mutex_);
    if (held_ == nullptr) return std::nullopt;
    return Seen{held_->peer(), callers->find(*held_)};
  }
  // Lets held handlers end when they are cancelled; until then a cancelled one stays.
  std::atomic<bool> held_may_end = true;
  std::atomic<bool> held_cancelled = false;
  void release() {
    held_may_end = true;
    const std::lock_guard lock(mutex_);
    if (held_cancelled && reactor_ != nullptr) reactor_->Finish(grpc::Status::CANCELLED);
  }

 private:
  struct Held final : grpc::ServerUnaryReactor {
    Held(WhoService& service, grpc::CallbackServerContext& context) : service_(service) {
      const std::lock_guard lock(service_.mutex_);
      service_.held_ = &context;
      service_.reactor_ = this;
    }
    void OnCancel() override {
      service_.held_cancelled = true;
      if (service_.held_may_end) Finish(grpc::Status::CANCELLED);
    }
    void OnDone() override {
      {
        const std::lock_guard lock(service_.mutex_);
        service_.held_ = nullptr;
        service_.reactor_ = nullptr;
      }
      delete this;
    }
    WhoService& service_;
  };

  mutable std::mutex mutex_;
  Seen last_;
  grpc::CallbackServerContext* held_ = nullptr;
  Held* reactor_ = nullptr;
};

}  // namespace entente::test
