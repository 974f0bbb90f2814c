#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "entente/v1/admin.grpc.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/syncer/admin/admin_server.hpp"

namespace entente::test {
namespace {

namespace v1 = grpc::health::v1;
using Stub = v1::Health::Stub;

class HealthTest : public testing::Test {
 protected:
  Answered<v1::HealthCheckResponse> check(const std::string& service) {
    v1::HealthCheckRequest request;
    request.set_service(service);
    return ask(*stub, &Stub::Check, request);
  }

  AdminServer server;
  std::unique_ptr<Stub> stub = v1::Health::NewStub(server.channel());
};

TEST_F(HealthTest, SaysWhetherTheProcessIsReady) {
  EXPECT_EQ(check("").response.status(), v1::HealthCheckResponse::SERVING);
  EXPECT_EQ(check("spire.api.server.bundle.v1.Bundle").response.status(), v1::HealthCheckResponse::SERVING);

  server.readiness.unmet("own bundle", "not there yet");

  EXPECT_EQ(check("").response.status(), v1::HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(check("nonsense").status.error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(HealthTest, TellsThoseWhoWatchOfEachChange) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + answer_limit);
  const auto stream = stub->Watch(&context, v1::HealthCheckRequest());
  v1::HealthCheckResponse told;

  ASSERT_TRUE(stream->Read(&told));
  EXPECT_EQ(told.status(), v1::HealthCheckResponse::SERVING);
  server.readiness.unmet("own bundle", "not there yet");
  ASSERT_TRUE(stream->Read(&told));
  EXPECT_EQ(told.status(), v1::HealthCheckResponse::NOT_SERVING);
  server.readiness.met("own bundle");
  ASSERT_TRUE(stream->Read(&told));
  EXPECT_EQ(told.status(), v1::HealthCheckResponse::SERVING);
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(HealthTest, TellsThoseWhoWatchNothingKnownThatItIsUnknown) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + answer_limit);
  v1::HealthCheckRequest request;
  request.set_service("nonsense");
  const auto stream = stub->Watch(&context, request);
  v1::HealthCheckResponse told;

  ASSERT_TRUE(stream->Read(&told));
  EXPECT_EQ(told.status(), v1::HealthCheckResponse::SERVICE_UNKNOWN);
  context.TryCancel();
  stream->Finish();
}

TEST_F(HealthTest, KnowsEveryServiceOfTheSocket) {
  for (const std::string service : {"entente.v1.Admin", "spire.api.server.trustdomain.v1.TrustDomain",
                                    "spire.api.server.bundle.v1.Bundle", "spire.api.server.entry.v1.Entry"})
    EXPECT_TRUE(check(service).status.ok()) << service;
}

TEST_F(HealthTest, EndsWithTheServerWhileSomebodyWatches) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + answer_limit);
  const auto stream = stub->Watch(&context, v1::HealthCheckRequest());
  v1::HealthCheckResponse told;
  ASSERT_TRUE(stream->Read(&told));

  server.api->stop(std::chrono::milliseconds(10));

  EXPECT_FALSE(stream->Read(&told));
  EXPECT_FALSE(stream->Finish().ok());
}

}  // namespace
}  // namespace entente::test
