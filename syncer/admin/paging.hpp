// Pages of a list that is sorted by a key: the token says which key the page before ended with, so that nothing is
// skipped or told twice while items come and go.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace entente::syncer {

inline constexpr std::size_t largest_page = 1000;  // items; a client that asks for more gets as many

struct PageRequest {
  std::size_t size = 0;  // 0: everything that is left
  std::string after;     // the last key that was told; "": from the beginning
};

// `list`: which list it is, since a token is good for the list it came from alone. The errors name page_size or
// page_token.
Result<PageRequest> parse_page(std::string_view list, std::int32_t page_size, std::string_view page_token);
std::string page_token(std::string_view list, std::string_view last_key);

// Hands the page's items, in order, to `add`; answers with the next page's token, "" where nothing is left.
template <class Items, class Key, class Add>
std::string each_of_page(std::string_view list, const PageRequest& page, const Items& sorted, Key key, Add add) {
  auto at = std::partition_point(sorted.begin(), sorted.end(),
                                 [&](const auto& item) { return !page.after.empty() && key(item) <= page.after; });
  std::size_t told = 0;
  for (; at != sorted.end(); ++at) {
    if (page.size != 0 && told == page.size) return page_token(list, key(*std::prev(at)));
    add(*at);
    ++told;
  }
  return "";
}

}  // namespace entente::syncer
