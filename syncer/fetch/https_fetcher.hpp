// The fetcher of the real world: c-ares, TCP, TLS, HTTP/1.1. Federation 5; FC-3 to FC-6, FC-10.
#pragma once

#include "common/base/clock.hpp"
#include "syncer/fetch/fetcher.hpp"
#include "syncer/fetch/resolver.hpp"

namespace entente::syncer {

// `resolver` and `clock` outlive it.
std::unique_ptr<Fetcher> make_https_fetcher(asio::any_io_executor executor, Resolver& resolver, Clock& clock);

}  // namespace entente::syncer
