#include "syncer/fetch/connect.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <optional>

namespace entente::syncer {
namespace {

using asio::ip::tcp;

constexpr auto stagger = std::chrono::milliseconds(250);

std::string in_lower_case(std::string text) {
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

// The attempts under way. Their handlers hold it weakly: with the awaiting coroutine everything ends.
class Race : public std::enable_shared_from_this<Race> {
 public:
  Race(asio::any_io_executor executor, std::vector<tcp::endpoint> endpoints)
      : executor_(std::move(executor)), next_timer_(executor_), over_(executor_), endpoints_(std::move(endpoints)) {}

  asio::awaitable<void> run(SteadyTime until) {
    over_.expires_at(until);
    begin_next();
    if (!decided()) {
      const auto [error] = co_await over_.async_wait(asio::as_tuple(asio::use_awaitable));
      timed_out_ = !error && !decided();
    }
    over_for_good_ = true;
    next_timer_.cancel();
    attempts_.clear();
  }

  Result<Connected> outcome() {
    if (winner_) return Connected{std::move(*winner_), winner_index_};
    if (failed_ == endpoints_.size()) return Error(Errc::connect, "connect: " + last_failure_);
    if (timed_out_) return Error(Errc::timeout, "connect: " + to_text(endpoints_.front()) + ": no answer in time");
    return Error(Errc::cancelled, "connect: cancelled");
  }

 private:
  bool decided() const { return winner_ || failed_ == endpoints_.size(); }

  void begin_next() {
    if (begun_ == endpoints_.size() || decided()) return;
    const std::size_t index = begun_++;
    attempts_.emplace_back(executor_);
    const auto place = std::prev(attempts_.end());
    place->async_connect(endpoints_[index],
                         [weak = weak_from_this(), place, index](const boost::system::error_code& error) {
                           if (const auto race = weak.lock(); race && !race->over_for_good_)
                             race->ended(place, index, error);
                         });
    next_timer_.expires_after(stagger);
    next_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      const auto race = weak.lock();
      if (!error && race && !race->over_for_good_) race->begin_next();
    });
  }

  void ended(std::list<tcp::socket>::iterator place, std::size_t index, const boost::system::error_code& error) {
    if (decided()) return;
    if (error) {
      ++failed_;
      last_failure_ = to_text(endpoints_[index]) + ": " + in_lower_case(error.message());
      begin_next();
    } else {
      winner_.emplace(std::move(*place));
      winner_index_ = index;
    }
    if (decided()) over_.cancel();
  }

  asio::any_io_executor executor_;
  asio::steady_timer next_timer_, over_;
  std::vector<tcp::endpoint> endpoints_;
  std::list<tcp::socket> attempts_;
  std::size_t begun_ = 0, failed_ = 0, winner_index_ = 0;
  std::optional<tcp::socket> winner_;
  std::string last_failure_;
  bool timed_out_ = false;
  bool over_for_good_ = false;  // what handlers are still queued have nothing to say any more
};

}  // namespace

std::string to_text(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  const std::string port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

asio::awaitable<Result<Connected>> connect_any(asio::any_io_executor executor, std::vector<tcp::endpoint> endpoints,
                                               SteadyTime until) {
  const auto race = std::make_shared<Race>(std::move(executor), std::move(endpoints));
  co_await race->run(until);
  co_return race->outcome();
}

}  // namespace entente::syncer
