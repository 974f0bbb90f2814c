// Two ends on one thread: the far one goes as far as it can without a count, then the near one takes one counted turn.
#pragma once

#include <boost/asio/io_context.hpp>
#include <stdexcept>

#include "tests/costs/meter.hpp"

namespace entente::test {

template <class Done>
void take_turns(boost::asio::io_context& far, boost::asio::io_context& near, Meter& meter, Done done) {
  constexpr int most = 10000;
  for (int turn = 0; turn < most; ++turn) {
    if (far.stopped()) far.restart();
    far.poll();
    if (done()) return;
    meter.count_turn(near);
  }
  throw std::runtime_error("the test waits for what never comes");
}

}  // namespace entente::test
