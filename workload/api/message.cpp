#include "workload/api/message.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "common/base/secret.hpp"

namespace entente::workload {
namespace {

void wipe_and_free(void* bytes, std::size_t size) {
  wipe(bytes, size);
  ::operator delete(bytes);
}

}  // namespace

Message::Message(const google::protobuf::MessageLite& content) {
  const std::size_t size = content.ByteSizeLong();
  void* const bytes = ::operator new(size + 1);
  google::protobuf::io::ArrayOutputStream array(bytes, static_cast<int>(size));
  {
    google::protobuf::io::CodedOutputStream out(&array);
    out.SetSerializationDeterministic(true);
    content.SerializeWithCachedSizes(&out);
  }
  const grpc::Slice slice(bytes, size, wipe_and_free);
  buffer_ = grpc::ByteBuffer(&slice, 1);
  bytes_ = {static_cast<const char*>(bytes), size};
}

}  // namespace entente::workload
