// The decision on a request: which of the few answers it gets. Values only. RFC 9110, RFC 9112; docs/design.md, The
// interface: bundle endpoint.
#pragma once

#include <string>
#include <string_view>

namespace entente::server {

enum class Answer {
  bundle,              // 200
  not_modified,        // 304
  bad_request,         // 400
  not_found,           // 404
  method_not_allowed,  // 405
  content_too_large,   // 413: a GET with a body
  target_too_long,     // 414
  header_too_large,    // 431
  no_bundle,           // 503
};

unsigned status_of(Answer answer);

// What of a well-formed request counts here.
struct Request {
  std::string method;         // case-sensitive
  std::string target;         // as sent
  bool persistent = false;    // HTTP/1.1 without `Connection: close`
  bool has_body = false;      // announced; it is never read
  std::string if_none_match;  // the field's lines joined by commas; "" when absent
};

struct Decision {
  Answer answer = Answer::bad_request;
  bool head_only = false;  // HEAD: the answer's header section alone
  bool close = true;       // the connection ends after this answer
};

// `etag` is the publication's, "" while there is none.
Decision respond(const Request& request, std::string_view path, std::string_view etag);

// A request that could not be read: the answer is the parser's, and the connection closes.
Decision refuse(Answer answer);

// RFC 9110 13.1.2: `*`, or a list of tags compared weakly.
bool matches_etag(std::string_view if_none_match, std::string_view etag);

}  // namespace entente::server
