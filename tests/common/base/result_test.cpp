#include "common/base/result.hpp"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

namespace entente {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error(Errc::invalid_argument, "odd");
  return number / 2;
}

TEST(Result, HoldsAValueOrAnError) {
  EXPECT_EQ(half(4).value(), 2);
  EXPECT_EQ(half(3).error(), Error(Errc::invalid_argument, "odd"));
}

TEST(Result, AskedForTheValueOfAnErrorThrowsWhatTheErrorSaid) {
  try {
    (void)half(3).value();
    FAIL() << "no exception";
  } catch (const std::logic_error& error) {
    EXPECT_NE(std::string(error.what()).find("value() of an error: odd"), std::string::npos);
  }
}

TEST(Status, IsGoodOrAnError) {
  const Status good = ok(), bad = Error(Errc::io, "disk full");

  EXPECT_TRUE(good);
  EXPECT_FALSE(bad);
}

TEST(Error, GrowsItsContextOutward) {
  const Error error = Error(Errc::connect, "connection refused").within("connect").within("fetch");

  EXPECT_EQ(error.message(), "fetch: connect: connection refused");
  EXPECT_EQ(error.code(), Errc::connect);
}

// README, How to read the status: `last_error.code`.
TEST(Errc, HasTheNamesOfTheContract) {
  constexpr std::pair<Errc, std::string_view> names[] = {{Errc::dns, "dns"},
                                                         {Errc::connect, "connect"},
                                                         {Errc::tls, "tls"},
                                                         {Errc::http_status, "http_status"},
                                                         {Errc::redirect, "redirect"},
                                                         {Errc::timeout, "timeout"},
                                                         {Errc::too_large, "too_large"},
                                                         {Errc::syntax, "syntax"},
                                                         {Errc::schema, "schema"},
                                                         {Errc::sequence_older, "sequence_older"},
                                                         {Errc::sequence_strict, "sequence_strict"},
                                                         {Errc::wrong_spiffe_id, "wrong_spiffe_id"},
                                                         {Errc::no_bootstrap_bundle, "no_bootstrap_bundle"},
                                                         {Errc::store, "store"}};
  for (const auto& [code, name] : names) EXPECT_EQ(to_string(code), name);
}

}  // namespace
}  // namespace entente
