#include "syncer/fetch/resolver.hpp"

#include <ares.h>
#include <sys/stat.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "syncer/fetch/cares_channel.hpp"

namespace entente::syncer {
namespace {

// What tells that /etc/resolv.conf was replaced or written: c-ares reads it only when a channel is made.
struct FileMark {
  ino_t inode = 0;
  std::int64_t seconds = 0, nanoseconds = 0;
  friend bool operator==(const FileMark&, const FileMark&) = default;
};

FileMark mark_resolv_conf() {
  struct stat info {};
  if (::stat("/etc/resolv.conf", &info) != 0) return {};
  return {info.st_ino, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

Error dns_error(const std::string& host, int status) {
  return Error(Errc::dns, "dns: no address for " + host + ": " + ares_strerror(status));
}

}  // namespace

struct Resolver::Impl {
  asio::any_io_executor executor;
  Options options;
  FileMark mark;
  std::shared_ptr<CaresChannel> channel;  // those who wait hold the one they asked

  // A changed resolv.conf is a new channel; where that fails, the one at hand goes on.
  void follow_resolv_conf() {
    if (!options.servers.empty()) return;
    const FileMark now = mark_resolv_conf();
    if (now == mark) return;
    if (auto fresh = CaresChannel::create(executor, options.servers)) channel = std::move(*fresh);
    mark = now;
  }
};

Resolver::Resolver(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Resolver::~Resolver() = default;

Result<std::unique_ptr<Resolver>> Resolver::create(asio::any_io_executor executor, Options options) {
  const FileMark mark = mark_resolv_conf();
  Result<std::shared_ptr<CaresChannel>> channel = CaresChannel::create(executor, options.servers);
  if (!channel) return channel.error();
  auto impl = std::make_unique<Impl>(Impl{std::move(executor), std::move(options), mark, std::move(*channel)});
  return std::unique_ptr<Resolver>(new Resolver(std::move(impl)));
}

asio::awaitable<Result<std::vector<asio::ip::address>>> Resolver::resolve(std::string host, Duration timeout) {
  boost::system::error_code not_an_address;
  const auto literal = asio::ip::make_address(host, not_an_address);
  if (!not_an_address) co_return std::vector<asio::ip::address>{literal};

  impl_->follow_resolv_conf();
  const auto channel = impl_->channel;
  const auto query = std::make_shared<DnsQuery>(impl_->executor);
  query->wake.expires_after(timeout);
  channel->ask(host, query);
  boost::system::error_code woken;
  if (!query->answered) {
    const auto [error] = co_await query->wake.async_wait(asio::as_tuple(asio::use_awaitable));
    woken = error;
  }
  if (!query->answered && woken) co_return Error(Errc::cancelled, "dns: cancelled");
  if (!query->answered)
    co_return Error(Errc::timeout,
                    "dns: no answer for " + host + " from the name servers within " + describe_duration(timeout));
  if (query->status != ARES_SUCCESS) co_return dns_error(host, query->status);
  if (query->addresses.empty()) co_return dns_error(host, ARES_ENODATA);
  co_return std::move(query->addresses);
}

}  // namespace entente::syncer
