#include "tests/syncer/admin/generic_call.hpp"

#include <google/protobuf/text_format.h>
#include <grpcpp/generic/generic_stub.h>

#include <stdexcept>

#include "spire/api/types/status.pb.h"

namespace entente::test {
namespace {

namespace pb = google::protobuf;

grpc::ByteBuffer to_buffer(const pb::Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

void parse(grpc::ByteBuffer& buffer, pb::Message& message) {
  grpc::Slice slice;
  if (!buffer.DumpToSingleSlice(&slice).ok() || !message.ParseFromArray(slice.begin(), static_cast<int>(slice.size())))
    throw std::runtime_error("the answer cannot be read");
}

std::unique_ptr<pb::Message> make(const pb::Descriptor* type) {
  return std::unique_ptr<pb::Message>(pb::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

}  // namespace

const pb::MethodDescriptor& method_of(const std::string& name) {
  std::string dotted = name;
  dotted[dotted.find('/')] = '.';
  const pb::MethodDescriptor* method = pb::DescriptorPool::generated_pool()->FindMethodByName(dotted);
  if (!method) throw std::runtime_error("no method " + name);
  return *method;
}

const pb::Message* GenericAnswer::item_status() const {
  if (!response) return nullptr;
  const pb::FieldDescriptor* results = response->GetDescriptor()->FindFieldByName("results");
  if (!results || response->GetReflection()->FieldSize(*response, results) == 0) return nullptr;
  const pb::Message& item = response->GetReflection()->GetRepeatedMessage(*response, results, 0);
  return &item.GetReflection()->GetMessage(item, item.GetDescriptor()->FindFieldByName("status"));
}

int GenericAnswer::code() const {
  const auto* item = dynamic_cast<const spire::api::types::Status*>(item_status());
  return item ? item->code() : status.error_code();
}

std::string GenericAnswer::message() const {
  const auto* item = dynamic_cast<const spire::api::types::Status*>(item_status());
  return item ? item->message() : status.error_message();
}

GenericAnswer ask_generic(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                          const std::string& request) {
  const pb::MethodDescriptor& description = method_of(method);
  const auto message = make(description.input_type());
  if (!pb::TextFormat::ParseFromString(request, message.get())) throw std::runtime_error("no request: " + request);
  grpc::GenericStub stub(channel);
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto call = stub.PrepareUnaryCall(&context, "/" + method, to_buffer(*message), &queue);
  GenericAnswer answer;
  grpc::ByteBuffer bytes;
  call->StartCall();
  call->Finish(&bytes, &answer.status, nullptr);
  void* tag = nullptr;
  bool done = false;
  queue.Next(&tag, &done);
  if (!answer.status.ok()) return answer;
  answer.response = make(description.output_type());
  parse(bytes, *answer.response);
  return answer;
}

}  // namespace entente::test
