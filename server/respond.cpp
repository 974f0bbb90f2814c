#include "server/respond.hpp"

#include "server/field_value.hpp"

namespace entente::server {
namespace {

// The path of an origin-form or absolute-form target (RFC 9112 3.2), without its query.
std::string_view path_of(std::string_view target) {
  if (const std::size_t scheme = target.find("://"); !target.starts_with('/') && scheme != std::string_view::npos) {
    target.remove_prefix(scheme + 3);
    const std::size_t path = target.find_first_of("/?");
    target = path == std::string_view::npos ? "" : target.substr(path);
  }
  target = target.substr(0, target.find('?'));
  return target.empty() ? "/" : target;
}

Answer choose(const Request& request, std::string_view path, std::string_view etag) {
  if (path_of(request.target) != path) return Answer::not_found;
  if (request.method != "GET" && request.method != "HEAD") return Answer::method_not_allowed;
  if (request.has_body) return Answer::content_too_large;
  if (etag.empty()) return Answer::no_bundle;
  return matches_etag(request.if_none_match, etag) ? Answer::not_modified : Answer::bundle;
}

}  // namespace

unsigned status_of(Answer answer) {
  switch (answer) {
    case Answer::bundle:
      return 200;
    case Answer::not_modified:
      return 304;
    case Answer::bad_request:
      return 400;
    case Answer::not_found:
      return 404;
    case Answer::method_not_allowed:
      return 405;
    case Answer::content_too_large:
      return 413;
    case Answer::target_too_long:
      return 414;
    case Answer::header_too_large:
      return 431;
    case Answer::no_bundle:
      return 503;
  }
  return 500;
}

Decision respond(const Request& request, std::string_view path, std::string_view etag) {
  Decision decision;
  decision.answer = choose(request, path, etag);
  decision.head_only = request.method == "HEAD";
  // A body is never read, so what follows it on the connection cannot be told from it.
  decision.close = !request.persistent || request.has_body;
  return decision;
}

Decision refuse(Answer answer) { return Decision{answer, false, true}; }

bool matches_etag(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    const std::size_t comma =
        if_none_match.find(',');  // our tags hold none, so one inside another's tag only splits that
    std::string_view tag = trimmed(if_none_match.substr(0, comma));
    if (tag == "*") return true;
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag) return true;
    if (comma == std::string_view::npos) break;
    if_none_match.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace entente::server
