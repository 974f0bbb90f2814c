// The bytes of each answer. The one that matters, the whole bundle, is put together at most once a second.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/time.hpp"
#include "server/publication.hpp"
#include "server/respond.hpp"

namespace entente::server {

// "Sun, 22 Nov 2026 08:58:14 GMT": RFC 9110 5.6.7.
std::string format_http_date(Time time);

class AnswerBytes {
 public:
  // `publication` may be null where the answer is not made of one. Each answer carries Date (RFC 9110 6.6.1), and
  // `Connection: close` where the connection ends. No `Server`.
  std::shared_ptr<const std::string> of(const Decision& decision, const PublicationPtr& publication, Time now);

 private:
  std::shared_ptr<const std::string> whole_;  // 200 of `whole_of_` at `whole_at_`
  PublicationPtr whole_of_;
  std::int64_t whole_at_ = 0;
};

}  // namespace entente::server
