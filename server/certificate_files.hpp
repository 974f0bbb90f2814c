// The endpoint's certificate from PEM files that something else keeps current: an ACME client, or an SVID helper.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <memory>
#include <optional>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/spiffe/spiffe_id.hpp"
#include "common/telemetry/readiness.hpp"
#include "common/tls/context.hpp"
#include "server/endpoint.hpp"

namespace entente::server {

struct CertificateFiles {
  std::filesystem::path certificate;  // leaf first
  std::filesystem::path key;
  // https_spiffe: the leaf must be an X509-SVID with this ID (FS-7). Absent: https_web, it must name a host (FS-6).
  std::optional<spiffe::SpiffeId> spiffe_id;
};

// The error says which file is at fault and how.
Result<std::shared_ptr<const tls::ServerContext>> load_certificate(const CertificateFiles& files);

// Until cancelled, on the endpoint's thread. A pair that is not usable (half written, say) leaves the old one in
// service, with a warning, until the next change; before the first usable one the endpoint is not ready.
asio::awaitable<void> watch_certificate_files(CertificateFiles files, Endpoint& endpoint,
                                              telemetry::Readiness& readiness, Log& log, Clock& clock);

}  // namespace entente::server
