#include "syncer/admin/paging.hpp"

#include "common/base/encoding.hpp"

namespace entente::syncer {

Result<PageRequest> parse_page(std::string_view list, std::int32_t page_size, std::string_view page_token) {
  if (page_size < 0) return Error(Errc::invalid_argument, "page_size: must not be negative; 0 asks for everything");
  PageRequest page{std::min(static_cast<std::size_t>(page_size), largest_page), ""};
  if (page_token.empty()) return page;
  const Result<Bytes> decoded = base64url_decode(page_token);
  const std::string prefix = std::string(list) + ":";
  if (!decoded || !as_text(*decoded).starts_with(prefix))
    return Error(Errc::invalid_argument, "page_token: not a token of this list; begin again without one");
  page.after = as_text(*decoded).substr(prefix.size());
  return page;
}

std::string page_token(std::string_view list, std::string_view last_key) {
  return base64url_encode(as_bytes(std::string(list) + ":" + std::string(last_key)));
}

}  // namespace entente::syncer
