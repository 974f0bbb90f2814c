#include "workload/delegated/delegate.hpp"

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <mutex>

#include "common/rpc/status.hpp"
#include "spire/api/agent/delegatedidentity/v1/delegatedidentity.grpc.pb.h"
#include "workload/delegated/delegated_answers.hpp"

namespace entente::workload {
namespace {

using Stub = delegated_v1::DelegatedIdentity::Stub;

constexpr int reconnect_milliseconds = 1000;

std::shared_ptr<grpc::Channel> connect(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, reconnect_milliseconds);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

template <class Request>
Request about(const Subject& subject) {
  Request request;
  request.set_pid(subject.pid);
  for (const trust::Selector& selector : subject.selectors) {
    auto& added = *request.add_selectors();
    added.set_type(selector.type);
    added.set_value(selector.value);
  }
  return request;
}

// How many streams gRPC is not done with. Outlives the channel they are on.
class OpenStreams {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++open_;
  }
  void remove() {
    const std::lock_guard lock(mutex_);
    --open_;
    change_.notify_all();
  }
  void wait_for_none() {
    std::unique_lock lock(mutex_);
    change_.wait(lock, [this] { return open_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable change_;
  int open_ = 0;
};

// One stream, which lives until gRPC is done with it.
class Following final : public grpc::ClientReadReactor<delegated_v1::SubscribeToX509SVIDsResponse> {
 public:
  Following(const Subject& subject, std::shared_ptr<OpenStreams> streams, Delegate::OnUpdate on_update,
            Delegate::OnEnd on_end)
      : streams_(std::move(streams)),
        request_(about<delegated_v1::SubscribeToX509SVIDsRequest>(subject)),
        on_update_(std::move(on_update)),
        on_end_(std::move(on_end)) {}

  static void begin(const std::shared_ptr<Following>& self, Stub& stub) {
    self->self_ = self;
    self->streams_->add();
    stub.async()->SubscribeToX509SVIDs(&*self->context_, &self->request_, self.get());
    self->StartRead(&self->response_);
    self->StartCall();
  }
  void cancel() {
    std::shared_ptr<grpc::ClientContext> context;
    {
      const std::lock_guard lock(mutex_);
      context = context_;
    }
    if (context) context->TryCancel();
  }

 private:
  void OnReadDone(bool received) override {
    if (!received) return;
    on_update_(read_answer(response_));
    StartRead(&response_);
  }
  void OnDone(const grpc::Status& status) override {
    on_end_(status.ok() ? Error(Errc::unavailable, "the stream ended")
                        : rpc::from_status(status, "delegated identity"));
    // The context shares in the channel: it goes before the count does, and the channel's owner waits for the count.
    const std::shared_ptr<OpenStreams> streams = streams_;
    {
      const std::lock_guard lock(mutex_);
      context_.reset();
    }
    self_.reset();
    streams->remove();
  }

  const std::shared_ptr<OpenStreams> streams_;
  std::mutex mutex_;                                                                        // of context_
  std::shared_ptr<grpc::ClientContext> context_ = std::make_shared<grpc::ClientContext>();  // null once it has ended
  const delegated_v1::SubscribeToX509SVIDsRequest request_;
  delegated_v1::SubscribeToX509SVIDsResponse response_;
  const Delegate::OnUpdate on_update_;
  const Delegate::OnEnd on_end_;
  std::shared_ptr<Following> self_;
};

}  // namespace

struct Delegate::Impl {
  explicit Impl(const std::string& target)
      : channel(connect(target)), stub(delegated_v1::DelegatedIdentity::NewStub(channel)) {}
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<Stub> stub;
  std::shared_ptr<OpenStreams> streams = std::make_shared<OpenStreams>();
};

Delegate::Delegate(const std::string& target) : impl_(std::make_shared<Impl>(target)) {}
Delegate::~Delegate() { drain(); }

void Delegate::drain() const { impl_->streams->wait_for_none(); }

std::shared_ptr<void> Delegate::follow(const Subject& subject, OnUpdate on_update, OnEnd on_end) const {
  const auto following = std::make_shared<Following>(subject, impl_->streams, std::move(on_update), std::move(on_end));
  Following::begin(following, *impl_->stub);
  return std::shared_ptr<void>(following.get(), [following](void*) { following->cancel(); });
}

Result<std::vector<DelegatedJwt>> Delegate::fetch_jwt(const Subject& subject, const std::vector<std::string>& audience,
                                                      Duration timeout) const {
  auto request = about<delegated_v1::FetchJWTSVIDsRequest>(subject);
  for (const std::string& each : audience) request.add_audience(each);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::duration_cast<std::chrono::milliseconds>(timeout));
  delegated_v1::FetchJWTSVIDsResponse response;
  const grpc::Status status = impl_->stub->FetchJWTSVIDs(&context, request, &response);
  if (!status.ok()) return rpc::from_status(status, "delegated identity");
  return read_answer(response);
}

bool Delegate::connected() const { return impl_->channel->GetState(true) == GRPC_CHANNEL_READY; }

}  // namespace entente::workload
