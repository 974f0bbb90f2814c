#include "common/base/exception.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace entente {
namespace {

TEST(WhatOf, SaysWhatAnExceptionSays) {
  EXPECT_EQ(what_of(std::make_exception_ptr(std::runtime_error("a bug"))), "a bug");
  EXPECT_EQ(what_of(std::make_exception_ptr(42)), "an exception of unknown type");
  EXPECT_EQ(what_of(nullptr), "no exception");
}

}  // namespace
}  // namespace entente
