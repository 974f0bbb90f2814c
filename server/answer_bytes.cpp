#include "server/answer_bytes.hpp"

#include <array>
#include <cstdio>
#include <ctime>
#include <string_view>

namespace entente::server {
namespace {

// Seconds after which a client may ask again for a bundle that is not there yet.
constexpr const char* retry_after = "Retry-After: 10\r\n";

struct Fixed {
  std::string_view line;    // status and reason
  std::string_view fields;  // beyond the common ones
  std::string_view body;
};

Fixed fixed_of(Answer answer) {
  switch (answer) {
    case Answer::not_found:
      return {"404 Not Found", "", "not found\n"};
    case Answer::method_not_allowed:
      return {"405 Method Not Allowed", "Allow: GET, HEAD\r\n", "only GET and HEAD\n"};
    case Answer::content_too_large:
      return {"413 Content Too Large", "", "a request here has no body\n"};
    case Answer::target_too_long:
      return {"414 URI Too Long", "", "the target is too long\n"};
    case Answer::header_too_large:
      return {"431 Request Header Fields Too Large", "", "the header is too large\n"};
    case Answer::no_bundle:
      return {"503 Service Unavailable", retry_after, "no bundle yet\n"};
    default:
      return {"400 Bad Request", "", "not an HTTP/1.1 request\n"};
  }
}

std::string fixed_text(Answer answer, bool head_only) {
  const Fixed fixed = fixed_of(answer);
  std::string text = "HTTP/1.1 " + std::string(fixed.line) + "\r\nContent-Type: text/plain; charset=utf-8\r\n" +
                     "Content-Length: " + std::to_string(fixed.body.size()) + "\r\nCache-Control: no-store\r\n";
  text += fixed.fields;
  text += "\r\n";
  if (!head_only) text += fixed.body;
  return text;
}

// The fields that no prepared text can hold go behind its status line.
std::string with_fields(std::string_view prepared, Time now, bool close) {
  const std::size_t line = prepared.find("\r\n") + 2;
  std::string text;
  text.reserve(prepared.size() + 80);
  text += prepared.substr(0, line);
  text += "Date: " + format_http_date(now) + "\r\n";
  if (close) text += "Connection: close\r\n";
  text += prepared.substr(line);
  return text;
}

std::string compose(const Decision& decision, const Publication* publication, Time now) {
  if (decision.answer == Answer::not_modified && publication != nullptr)
    return with_fields(publication->not_modified, now, decision.close);
  if (decision.answer == Answer::bundle && publication != nullptr) {
    const std::string_view ok = publication->ok;
    return with_fields(decision.head_only ? ok.substr(0, publication->ok_head_size) : ok, now, decision.close);
  }
  return with_fields(fixed_text(decision.answer, decision.head_only), now, decision.close);
}

}  // namespace

std::string format_http_date(Time time) {
  constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = unix_seconds(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[static_cast<std::size_t>(parts.tm_wday)],
                parts.tm_mday, months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900, parts.tm_hour,
                parts.tm_min, parts.tm_sec);
  return text;
}

std::shared_ptr<const std::string> AnswerBytes::of(const Decision& decision, const PublicationPtr& publication,
                                                   Time now) {
  if (decision.answer != Answer::bundle || decision.head_only || decision.close)
    return std::make_shared<const std::string>(compose(decision, publication.get(), now));
  const std::int64_t second = unix_seconds(now);
  if (!whole_ || whole_of_ != publication || whole_at_ != second) {
    whole_ = std::make_shared<const std::string>(compose(decision, publication.get(), now));
    whole_of_ = publication;
    whole_at_ = second;
  }
  return whole_;
}

}  // namespace entente::server
