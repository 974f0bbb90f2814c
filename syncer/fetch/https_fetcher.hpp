// The fetcher of the real world: c-ares, TCP, TLS, HTTP/1.1. Federation 5; FC-3 to FC-6, FC-10.
#pragma once

#include "common/base/clock.hpp"
#include "common/tls/system_roots.hpp"
#include "syncer/fetch/fetcher.hpp"
#include "syncer/fetch/proxy.hpp"
#include "syncer/fetch/resolver.hpp"

namespace entente::syncer {

// `resolver` and `clock` outlive it. `system_roots` are best shared by all fetchers of a thread: read once, they take
// some hundred KB where they are one file; null: a fetcher's own.
std::unique_ptr<Fetcher> make_https_fetcher(asio::any_io_executor executor, Resolver& resolver, Clock& clock,
                                            ProxySettings proxy = {},
                                            std::shared_ptr<tls::SystemRoots> system_roots = nullptr);

}  // namespace entente::syncer
