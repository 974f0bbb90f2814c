// What an exception says, for a log line or an Error. Exceptions are for bugs and broken set-ups alone.
#pragma once

#include <exception>
#include <string>

namespace entente {

// Of a null pointer too: "no exception".
std::string what_of(const std::exception_ptr& failure);

}  // namespace entente
