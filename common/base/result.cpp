#include "common/base/result.hpp"

#include <stdexcept>

namespace entente {

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::dns:
      return "dns";
    case Errc::connect:
      return "connect";
    case Errc::tls:
      return "tls";
    case Errc::http_status:
      return "http_status";
    case Errc::redirect:
      return "redirect";
    case Errc::timeout:
      return "timeout";
    case Errc::too_large:
      return "too_large";
    case Errc::syntax:
      return "syntax";
    case Errc::schema:
      return "schema";
    case Errc::sequence_older:
      return "sequence_older";
    case Errc::sequence_strict:
      return "sequence_strict";
    case Errc::wrong_spiffe_id:
      return "wrong_spiffe_id";
    case Errc::no_bootstrap_bundle:
      return "no_bootstrap_bundle";
    case Errc::store:
      return "store";
    case Errc::rejected:
      return "rejected";
    case Errc::invalid_argument:
      return "invalid_argument";
    case Errc::not_found:
      return "not_found";
    case Errc::already_exists:
      return "already_exists";
    case Errc::permission_denied:
      return "permission_denied";
    case Errc::unavailable:
      return "unavailable";
    case Errc::conflict:
      return "conflict";
    case Errc::unsupported:
      return "unsupported";
    case Errc::cancelled:
      return "cancelled";
    case Errc::io:
      return "io";
    case Errc::crypto:
      return "crypto";
    case Errc::expired:
      return "expired";
    case Errc::untrusted:
      return "untrusted";
    case Errc::internal:
      return "internal";
  }
  return "internal";
}

Error Error::within(std::string_view where) const { return Error(code_, std::string(where) + ": " + message_); }

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
  throw std::logic_error(std::string(where.file_name()) + ":" + std::to_string(where.line()) +
                         ": value() of an error: " + error.message());
}

}  // namespace entente
