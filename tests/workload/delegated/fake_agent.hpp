// An agent's admin socket that answers as a test says, over a real connection. SPIRE's own is in tests/interop.
#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <map>
#include <mutex>

#include "spire/api/agent/delegatedidentity/v1/delegatedidentity.grpc.pb.h"
#include "tests/workload/support/fake_domain.hpp"

namespace entente::test {

namespace delegated_v1 = spire::api::agent::delegatedidentity::v1;

// Thread-safe.
class FakeAgent final : public delegated_v1::DelegatedIdentity::Service {
 public:
  explicit FakeAgent(const FakeDomain& issuer) : issuer_(issuer) {}
  ~FakeAgent() override { stop(); }

  void start(const std::string& target);
  void stop();

  // What whoever asks for `subject` ("pid:7", "unix:uid:1 unix:gid:2") is entitled to; open streams hear of it.
  void entitle(const std::string& subject, std::vector<spiffe::X509SvidPtr> svids,
               std::vector<std::string> federates_with = {});
  // From now on every call ends so; streams that are open end with it.
  void refuse(grpc::Status status);
  // From now on nobody is answered, or everybody again.
  void be_silent(bool silent);

  int streams() const;  // open now
  int opened() const;   // ever
  int jwt_calls() const;
  static delegated_v1::SubscribeToX509SVIDsResponse response_of(const std::vector<spiffe::X509SvidPtr>& svids,
                                                                const std::vector<std::string>& federates_with = {});

 private:
  struct Entitled {
    std::vector<spiffe::X509SvidPtr> svids;
    delegated_v1::SubscribeToX509SVIDsResponse response;
    int version = 0;
  };
  grpc::Status SubscribeToX509SVIDs(grpc::ServerContext* context,
                                    const delegated_v1::SubscribeToX509SVIDsRequest* request,
                                    grpc::ServerWriter<delegated_v1::SubscribeToX509SVIDsResponse>* writer) override;
  grpc::Status FetchJWTSVIDs(grpc::ServerContext* context, const delegated_v1::FetchJWTSVIDsRequest* request,
                             delegated_v1::FetchJWTSVIDsResponse* response) override;

  const FakeDomain& issuer_;
  std::unique_ptr<grpc::Server> server_;
  mutable std::mutex mutex_;
  std::condition_variable change_;
  std::map<std::string, Entitled> entitled_;
  std::optional<grpc::Status> refusal_;
  bool silent_ = false;
  int streams_ = 0, opened_ = 0, jwt_calls_ = 0;
};

}  // namespace entente::test
