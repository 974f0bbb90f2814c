#include "syncer/fetch/connect.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <optional>
#include <utility>

namespace entente::syncer {
namespace {

using asio::ip::tcp;

std::string in_lower_case(std::string text) {
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

// The attempts under way. Their handlers hold it weakly: with the awaiting coroutine everything ends.
class Race : public std::enable_shared_from_this<Race> {
 public:
  Race(asio::any_io_executor executor, std::vector<tcp::endpoint> endpoints, Clock& clock)
      : executor_(std::move(executor)), clock_(clock), over_(executor_), endpoints_(std::move(endpoints)) {}

  asio::awaitable<void> run(SteadyTime until) {
    over_.expires_at(until);
    begin_next();
    if (!decided()) {
      const auto [error] = co_await over_.async_wait(asio::as_tuple(asio::use_awaitable));
      timed_out_ = !error && !decided();
    }
    over_for_good_ = true;
    call_off_next();
    attempts_.clear();
  }

  Result<Connected> outcome() {
    if (winner_) return Connected{std::move(*winner_), endpoints_[winner_index_]};
    if (failed_ == endpoints_.size()) return Error(Errc::connect, "connect: " + last_failure_);
    if (timed_out_) return Error(Errc::timeout, "connect: " + to_text(endpoints_.front()) + ": no answer in time");
    return Error(Errc::cancelled, "connect: cancelled");
  }

 private:
  using Stop = std::shared_ptr<asio::cancellation_signal>;

  bool decided() const { return winner_ || failed_ == endpoints_.size(); }

  void begin_next() {
    call_off_next();
    if (begun_ == endpoints_.size() || decided()) return;
    const std::size_t index = begun_++;
    attempts_.emplace_back(executor_);
    const auto place = std::prev(attempts_.end());
    place->async_connect(endpoints_[index],
                         [weak = weak_from_this(), place, index](const boost::system::error_code& error) {
                           if (const auto race = weak.lock(); race && !race->over_for_good_)
                             race->ended(place, index, error);
                         });
    if (begun_ < endpoints_.size()) schedule_next();
  }

  // The signal lives as long as what it may stop.
  void schedule_next() {
    next_ = std::make_shared<asio::cancellation_signal>();
    auto waiting = begin_when_due(weak_from_this(), next_, clock_);
    asio::co_spawn(executor_, std::move(waiting),
                   asio::bind_cancellation_slot(next_->slot(), [stop = next_](std::exception_ptr) {}));
  }

  static asio::awaitable<void> begin_when_due(std::weak_ptr<Race> weak, Stop stop, Clock& clock) {
    const Status waited = co_await clock.sleep(connect_stagger);
    const auto race = weak.lock();
    if (!waited || !race || race->next_ != stop) co_return;
    race->next_.reset();  // it has come: nothing is left to call off
    race->begin_next();
  }

  void call_off_next() {
    if (const Stop stop = std::exchange(next_, nullptr)) stop->emit(asio::cancellation_type::terminal);
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
  Clock& clock_;
  Stop next_;  // of the next attempt's wait; null: none is waiting
  asio::steady_timer over_;
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

std::vector<tcp::endpoint> in_turns(const std::vector<asio::ip::address>& addresses, std::uint16_t port) {
  std::vector<asio::ip::address> first, second;
  for (const asio::ip::address& address : addresses)
    (address.is_v6() == addresses.front().is_v6() ? first : second).push_back(address);
  std::vector<tcp::endpoint> endpoints;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) endpoints.emplace_back(first[i], port);
    if (i < second.size()) endpoints.emplace_back(second[i], port);
  }
  if (endpoints.size() > most_addresses_tried) endpoints.resize(most_addresses_tried);
  return endpoints;
}

asio::awaitable<Result<Connected>> connect_any(asio::any_io_executor executor, std::vector<tcp::endpoint> endpoints,
                                               SteadyTime until, Clock& clock) {
  const auto race = std::make_shared<Race>(std::move(executor), std::move(endpoints), clock);
  co_await race->run(until);
  co_return race->outcome();
}

}  // namespace entente::syncer
