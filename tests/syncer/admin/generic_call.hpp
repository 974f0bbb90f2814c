// Any unary call by its name and its request as text, so that a table can hold calls of many kinds.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

namespace entente::test {

// The method's description; throws where there is none of that name: "spire.api.server.entry.v1.Entry/GetEntry".
const google::protobuf::MethodDescriptor& method_of(const std::string& name);

struct GenericAnswer {
  grpc::Status status;
  std::unique_ptr<google::protobuf::Message> response;  // where the call succeeded

  // What went wrong: of the call, or of its first item where the answer is a batch's.
  int code() const;
  std::string message() const;

 private:
  const google::protobuf::Message* item_status() const;
};

// `request`: in protobuf's text format; throws where it is none.
GenericAnswer ask_generic(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                          const std::string& request);

}  // namespace entente::test
