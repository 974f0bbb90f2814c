// Server reflection on the admin socket: what grpcurl and its like ask first.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include "tests/syncer/admin/admin_server.hpp"
#include "tests/syncer/admin/generic_call.hpp"

namespace entente::test {
namespace {

namespace pb = google::protobuf;
using testing::HasSubstr;

constexpr const char* reflection = "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

class ReflectionTest : public testing::Test {
 protected:
  static std::unique_ptr<pb::Message> make(const pb::Descriptor* type) {
    return std::unique_ptr<pb::Message>(pb::MessageFactory::generated_factory()->GetPrototype(type)->New());
  }

  // One step of the call; whether it was done.
  bool done() {
    void* tag = nullptr;
    bool good = false;
    return queue.Next(&tag, &good) && good;
  }

  // Question and answer as protobuf's text; "" where none came.
  std::string ask_reflection(const std::string& question) {
    const pb::MethodDescriptor& method = method_of(reflection);
    const auto request = make(method.input_type());
    EXPECT_TRUE(pb::TextFormat::ParseFromString(question, request.get()));
    const grpc::Slice slice(request->SerializeAsString());
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + answer_limit);
    grpc::GenericStub stub(server.channel());
    const auto call = stub.PrepareCall(&context, std::string("/").append(reflection), &queue);

    call->StartCall(nullptr);
    bool good = done();
    if (good) {
      call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
      good = done();
    }
    grpc::ByteBuffer buffer;
    if (good) {
      call->Read(&buffer, nullptr);
      good = done();
    }
    context.TryCancel();
    grpc::Status ended;
    call->Finish(&ended, nullptr);
    done();
    EXPECT_TRUE(good) << ended.error_message();
    grpc::Slice answer;
    const auto response = make(method.output_type());
    if (!good || !buffer.DumpToSingleSlice(&answer).ok()) return "";
    EXPECT_TRUE(response->ParseFromArray(answer.begin(), static_cast<int>(answer.size())));
    return response->DebugString();
  }

  AdminServer server;
  grpc::CompletionQueue queue;
};

TEST_F(ReflectionTest, ListsEveryServiceOfTheSocket) {
  const std::string services = ask_reflection("list_services: '*'");

  for (const char* service :
       {"entente.v1.Admin", "spire.api.server.trustdomain.v1.TrustDomain", "spire.api.server.bundle.v1.Bundle",
        "spire.api.server.entry.v1.Entry", "grpc.health.v1.Health"})
    EXPECT_THAT(services, HasSubstr(std::string("name: \"").append(service).append("\"")));
}

TEST_F(ReflectionTest, DescribesTheCallsOfAService) {
  EXPECT_THAT(ask_reflection("file_containing_symbol: 'entente.v1.Admin'"), HasSubstr("AcceptNextBundle"));
  EXPECT_THAT(ask_reflection("file_containing_symbol: 'spire.api.server.bundle.v1.Bundle'"),
              HasSubstr("BatchSetFederatedBundle"));
  EXPECT_THAT(ask_reflection("file_containing_symbol: 'entente.v1.Nothing'"), HasSubstr("error_response"));
}

}  // namespace
}  // namespace entente::test
