// A value or an Error: what every fallible function of Entente returns. Exceptions are for start-up faults and bugs
// only.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace entente {

// What went wrong, as a machine reads it. The first group is the contract's `last_error.code` of a relationship
// (README, How to read the status); the second is for everything else. Names go over the wire: append only.
enum class Errc {
  dns = 1,              // no address for the endpoint's name
  connect,              // no address accepted a connection
  tls,                  // handshake failed, or the certificate is not acceptable
  http_status,          // an answer other than 200 or 304
  redirect,             // a redirect that must not be followed
  timeout,              // a deadline passed
  too_large,            // headers or body over the limit
  syntax,               // not the format it should be: JSON, PEM, HTTP, base64
  schema,               // well-formed, but not what the standard says
  sequence_older,       // a sequence below the highest one seen
  sequence_strict,      // sequence missing or reused, and the relationship says `sequence: strict`
  wrong_spiffe_id,      // the endpoint proved another SPIFFE ID than the configured one
  no_bootstrap_bundle,  // https_spiffe, and nothing to validate the endpoint with
  store,                // the store refused
  rejected,             // an operator rejected this very bundle

  invalid_argument = 100,
  not_found,
  already_exists,
  permission_denied,
  unavailable,
  conflict,  // the expected revision is not the current one
  unsupported,
  cancelled,
  io,         // a file or a socket
  crypto,     // OpenSSL refused
  expired,    // not valid at the given time
  untrusted,  // a signature or chain that the bundle does not bear out
  internal,
};

// The wire name: "http_status".
std::string_view to_string(Errc code);

// An error code and a message with its context, outermost first: "fetch: connect: connection refused".
// Lower case, no full stop, no secret. Has constructors so that `return 42;` in a Result<int> stays unambiguous.
class Error {
 public:
  Error() : Error(Errc::internal, "no error") {}  // what boost::system::result asks for; never returned
  Error(Errc code, std::string message) : code_(code), message_(std::move(message)) {}

  Errc code() const { return code_; }
  const std::string& message() const { return message_; }

  // The same error seen from one step further out: "<where>: <message>".
  Error within(std::string_view where) const;

  friend bool operator==(const Error&, const Error&) = default;

 private:
  Errc code_;
  std::string message_;
};

// Called by Result::value() on an error: a bug in the caller, so it throws std::logic_error.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
 public:
  using boost::system::result<T, Error>::result;
};

using Status = Result<void>;

// The one good Status.
inline Status ok() { return {}; }

}  // namespace entente
