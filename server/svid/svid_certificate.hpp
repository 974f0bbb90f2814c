// The endpoint's certificate where it serves https_spiffe: the X509-SVID that a Workload API hands it, as to any
// workload, kept in state_dir so that the endpoint answers after a restart before the Workload API does. FS-7.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/client/workload_client.hpp"
#include "common/spiffe/spiffe_id.hpp"
#include "common/telemetry/metrics.hpp"
#include "common/telemetry/readiness.hpp"
#include "common/tls/context.hpp"

namespace entente::server {

namespace asio = boost::asio;

struct SvidCertificateOptions {
  spiffe::SpiffeId spiffe_id;       // the one identity that is served, of all that the Workload API may hand out
  std::string target;               // the Workload API, from client::parse_endpoint_socket
  std::filesystem::path state_dir;  // 0700; svid.pem in it holds chain and key, 0600
  Duration settle;                  // how long a new authority is published before peers may be shown it
};

// Lives on the server's thread; the Workload API is followed on a thread of its own. Says in Readiness ("certificate")
// what is missing. The last SVID stays in use whatever the Workload API says, until another comes: whoever connects
// sees by himself when it has expired.
class SvidCertificate {
 public:
  using UseContext = std::function<void(std::shared_ptr<const tls::ServerContext>)>;

  SvidCertificate(asio::any_io_executor executor, SvidCertificateOptions options, UseContext use, Clock& clock,
                  telemetry::Metrics& metrics, telemetry::Readiness& readiness, Log& log);
  ~SvidCertificate();

  // Makes state_dir, uses what is kept there where it is still valid, and begins to follow the Workload API.
  Status start();

  // How long from now on a new authority is published before peers may be shown it (SIGHUP changes the refresh hint).
  void set_settle(Duration settle);

 private:
  struct State;
  SvidCertificateOptions options_;
  std::shared_ptr<State> state_;
  asio::any_io_executor executor_;
  std::unique_ptr<client::WorkloadClient::Watch> watch_;
};

}  // namespace entente::server
