// A serialised response, made once and sent to every stream that is to see it.
#pragma once

#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <string_view>

namespace entente::workload {

// Immutable. gRPC shares the bytes instead of copying them; they are wiped when the last user lets go, for some hold
// keys.
class Message {
 public:
  // Deterministic: map entries in order, so that equal states are equal bytes.
  explicit Message(const google::protobuf::MessageLite& content);

  const grpc::ByteBuffer& buffer() const { return buffer_; }
  std::size_t size() const { return bytes_.size(); }
  friend bool operator==(const Message& a, const Message& b) { return a.bytes_ == b.bytes_; }

 private:
  grpc::ByteBuffer buffer_;
  std::string_view bytes_;  // into the buffer's one slice
};
using MessagePtr = std::shared_ptr<const Message>;

}  // namespace entente::workload
