#include "syncer/admin/health_service.hpp"

#include <algorithm>
#include <mutex>
#include <optional>

#include "grpc/health/v1/health.grpc.pb.h"

namespace entente::syncer {
namespace {

namespace v1 = grpc::health::v1;
using ServingStatus = v1::HealthCheckResponse::ServingStatus;

ServingStatus status_of(const telemetry::Readiness& readiness) {
  return readiness.ready() ? v1::HealthCheckResponse::SERVING : v1::HealthCheckResponse::NOT_SERVING;
}

// One caller who watches: the newest status wins, one write at a time.
class Watcher final : public grpc::ServerWriteReactor<v1::HealthCheckResponse> {
 public:
  // Null: a service that nobody knows, which is told once.
  void begin(const telemetry::Readiness* readiness) {
    if (!readiness) return tell(v1::HealthCheckResponse::SERVICE_UNKNOWN);
    subscription_ = readiness->subscribe([this, readiness] { tell(status_of(*readiness)); });
    tell(status_of(*readiness));
  }

  void OnWriteDone(bool written) override {
    {
      const std::lock_guard lock(mutex_);
      writing_ = false;
      if (!written) ended_ = true;
    }
    step();
  }
  void OnCancel() override {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    step();
  }
  void OnDone() override {
    subscription_.reset();
    delete this;
  }

 private:
  void tell(ServingStatus status) {
    {
      const std::lock_guard lock(mutex_);
      next_ = status;
    }
    step();
  }

  // Decided under the lock and done outside it: gRPC may call back at once. While a write is out nothing else is begun.
  void step() {
    bool finish = false;
    {
      const std::lock_guard lock(mutex_);
      if (writing_ || finished_) return;
      finish = ended_;
      if (!finish && next_ == told_) return;
      finished_ = finish;
      writing_ = !finish;
      told_ = next_;
    }
    if (finish) return Finish(grpc::Status::CANCELLED);
    message_.set_status(*told_);
    StartWrite(&message_);
  }

  v1::HealthCheckResponse message_;  // gRPC's while writing_
  std::mutex mutex_;                 // guards what follows
  std::optional<ServingStatus> next_, told_;
  bool writing_ = false, ended_ = false, finished_ = false;
  telemetry::Readiness::Subscription subscription_;
};

class HealthService final : public v1::Health::CallbackService {
 public:
  HealthService(const telemetry::Readiness& readiness, std::vector<std::string> services)
      : readiness_(readiness), services_(std::move(services)) {}

  grpc::ServerUnaryReactor* Check(Calls::Context* context, const v1::HealthCheckRequest* request,
                                  v1::HealthCheckResponse* response) override {
    if (!known(request->service()))
      return Calls::finish(context, {grpc::StatusCode::NOT_FOUND, "service: unknown: \"" + request->service() + "\""});
    response->set_status(status_of(readiness_));
    return Calls::finish(context, grpc::Status::OK);
  }

  grpc::ServerWriteReactor<v1::HealthCheckResponse>* Watch(Calls::Context*,
                                                           const v1::HealthCheckRequest* request) override {
    auto* watcher = new Watcher;
    watcher->begin(known(request->service()) ? &readiness_ : nullptr);
    return watcher;
  }

 private:
  bool known(const std::string& service) const {
    return service.empty() || std::ranges::find(services_, service) != services_.end();
  }

  const telemetry::Readiness& readiness_;
  std::vector<std::string> services_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_health_service(const telemetry::Readiness& readiness,
                                                   std::vector<std::string> services) {
  return std::make_unique<HealthService>(readiness, std::move(services));
}

}  // namespace entente::syncer
