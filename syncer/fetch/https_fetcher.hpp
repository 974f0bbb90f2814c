// The fetcher of the real world: c-ares, TCP, TLS, HTTP/1.1. Federation 5; FC-3 to FC-6, FC-10.
#pragma once

#include "common/base/clock.hpp"
#include "common/tls/system_roots.hpp"
#include "syncer/fetch/fetcher.hpp"
#include "syncer/fetch/proxy.hpp"
#include "syncer/fetch/resolver.hpp"

namespace entente::syncer {

// `resolver` and `clock` outlive it. `system_roots`: best shared by all fetchers of a thread, as a reading of them
// takes 850 KB and 30 ms where they are one file of 144 roots; null: this fetcher's own.
std::unique_ptr<Fetcher> make_https_fetcher(asio::any_io_executor executor, Resolver& resolver, Clock& clock,
                                            ProxySettings proxy = {},
                                            std::shared_ptr<tls::SystemRoots> system_roots = nullptr);

}  // namespace entente::syncer
