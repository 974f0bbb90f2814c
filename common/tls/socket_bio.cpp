#include "common/tls/socket_bio.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <new>

namespace entente::tls {
namespace {

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

template <class Call>
ssize_t uninterrupted(Call call) {
  ssize_t result = 0;
  do result = call();
  while (result < 0 && errno == EINTR);
  return result;
}

int on_write(BIO* bio, const char* data, int size) {
  auto& end = *static_cast<SocketEnd*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const ssize_t sent =
      uninterrupted([&] { return ::send(end.fd, data, static_cast<std::size_t>(size), MSG_NOSIGNAL); });
  if (sent < 0 && would_block(errno))
    BIO_set_retry_write(bio);
  else if (sent < 0)
    end.error = errno;
  return static_cast<int>(sent);
}

int on_read(BIO* bio, char* data, int size) {
  auto& end = *static_cast<SocketEnd*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const ssize_t received = uninterrupted([&] { return ::recv(end.fd, data, static_cast<std::size_t>(size), 0); });
  if (received < 0 && would_block(errno))
    BIO_set_retry_read(bio);
  else if (received < 0)
    end.error = errno;
  else if (received == 0)
    end.end_of_file = true;
  return static_cast<int>(received);
}

long on_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return static_cast<SocketEnd*>(BIO_get_data(bio))->end_of_file ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* make_method() {
  BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "entente socket");
  if (method == nullptr) throw std::bad_alloc();
  BIO_meth_set_write(method, on_write);
  BIO_meth_set_read(method, on_read);
  BIO_meth_set_ctrl(method, on_control);
  return method;
}

}  // namespace

crypto::BioPtr make_socket_bio(SocketEnd& end) {
  static BIO_METHOD* const method = make_method();  // one a process, for its life
  crypto::BioPtr bio(BIO_new(method));
  if (!bio) throw std::bad_alloc();
  BIO_set_data(bio.get(), &end);
  BIO_set_init(bio.get(), 1);
  return bio;
}

}  // namespace entente::tls
