#include "server/svid/svid_certificate.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/base/file.hpp"
#include "server/svid/succession.hpp"

namespace entente::server {
namespace {

namespace fs = std::filesystem;

// The moment is the wall clock's, the timer's clock another: looking again this often bounds how they drift apart.
constexpr std::chrono::minutes look_again(1);
constexpr std::string_view condition = "certificate";
constexpr std::string_view key_block = "-----BEGIN PRIVATE KEY-----";

// Chain and key in one file, so that the two can never be of different SVIDs.
Status keep(const fs::path& path, const spiffe::X509Svid& svid) {
  const SecretBytes key = svid.key->pkcs8_pem();
  std::string content = crypto::to_pem(svid.chain);
  content.append(key.text());
  Status written = replace_file(path, content, 0600);
  wipe(content.data(), content.size());
  return written;
}

Result<spiffe::X509Svid> read_kept(const fs::path& path) {
  Result<std::string> content = read_file(path);
  if (!content) return content.error();
  const std::size_t key_at = content->find(key_block);
  if (key_at == std::string::npos) return Error(Errc::syntax, path.string() + ": no private key in it");
  Result<std::vector<crypto::Certificate>> chain = crypto::certificates_from_pem(content->substr(0, key_at));
  Result<crypto::PrivateKey> key = crypto::PrivateKey::from_pem(std::string_view(*content).substr(key_at));
  wipe(content->data(), content->size());
  if (!chain) return chain.error().within(path.string());
  if (!key) return key.error().within(path.string());
  return spiffe::make_x509_svid(std::move(*chain), std::move(*key));
}

}  // namespace

// Shared with what the watch posts, which may arrive after SvidCertificate is gone.
struct SvidCertificate::State : std::enable_shared_from_this<State> {
  State(const asio::any_io_executor& executor, SvidCertificateOptions wanted, UseContext to_use, Clock& time,
        telemetry::Gauge& end, telemetry::Readiness& ready, Log& to)
      : options(std::move(wanted)),
        use(std::move(to_use)),
        clock(time),
        not_after(end),
        readiness(ready),
        log(to),
        succession(options.settle),
        handover(executor) {}

  SvidCertificateOptions options;
  UseContext use;
  Clock& clock;
  telemetry::Gauge& not_after;
  telemetry::Readiness& readiness;
  Log& log;
  bool stopped = false;
  bool holds_one = false;
  std::optional<spiffe::X509Svid> current;
  std::optional<spiffe::X509Svid> next;  // waits for its time
  Succession succession;
  asio::steady_timer handover;
  std::string last_complaint;

  fs::path kept_path() const { return options.state_dir / "svid.pem"; }

  void complain(const std::string& reason) {
    if (!holds_one) readiness.unmet(condition, reason);
    if (reason != last_complaint)
      log.warning("no new SVID for the bundle endpoint", {{"reason", reason}, {"serving", holds_one}});
    last_complaint = reason;
  }

  Status put_in_use(const spiffe::X509Svid& svid) {
    Result<std::shared_ptr<const tls::ServerContext>> context =
        tls::ServerContext::create(tls::Identity{svid.chain, svid.key}, {});
    if (!context) return context.error();
    use(*context);
    holds_one = true;
    current = svid;
    next.reset();
    last_complaint.clear();
    not_after.set(static_cast<double>(unix_seconds(svid.chain.front().not_after())));
    readiness.met(condition);
    log.info("the bundle endpoint's SVID is in use", {{"event", "svid_in_service"},
                                                      {"spiffe_id", svid.id.str()},
                                                      {"not_after", format_time(svid.chain.front().not_after())}});
    return ok();
  }

  void updated(const client::X509Context& context) {
    const auto own = context.bundles.find(options.spiffe_id.trust_domain());
    if (own != context.bundles.end()) succession.saw(*own->second, clock.now());
    for (const spiffe::X509Svid& svid : context.svids) {
      if (svid.id == options.spiffe_id) return offer(svid);
    }
    complain("the Workload API at " + options.target + " does not give us " + options.spiffe_id.str() +
             "; an entry for it must match this process's user");
  }

  // Takes the SVID now, or when the one in use may give way.
  void offer(const spiffe::X509Svid& svid) {
    if (current && current->chain.front() == svid.chain.front()) return next.reset();
    const Time now = clock.now();
    const Time due = current ? succession.due(*current, svid, now) : now;
    if (due <= now) return take(svid);
    if (!next || !(next->chain.front() == svid.chain.front()))
      log.info("the bundle endpoint keeps its SVID until peers can know the new authority",
               {{"spiffe_id", svid.id.str()}, {"until", format_time(due)}});
    next = svid;
    handover.expires_after(std::min<Duration>(due - now, look_again));
    handover.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
      if (cancelled || self->stopped || !self->next) return;
      const spiffe::X509Svid waiting = *self->next;
      self->offer(waiting);
    });
  }

  void take(const spiffe::X509Svid& svid) {
    if (const Status used = put_in_use(svid); !used) return complain(used.error().message());
    if (const Status kept = keep(kept_path(), svid); !kept)
      log.warning("the SVID cannot be kept for the next start", {{"error", kept.error().message()}});
  }
};

SvidCertificate::SvidCertificate(asio::any_io_executor executor, SvidCertificateOptions options, UseContext use,
                                 Clock& clock, telemetry::Metrics& metrics, telemetry::Readiness& readiness, Log& log)
    : options_(options),
      state_(std::make_shared<State>(executor, std::move(options), std::move(use), clock,
                                     metrics.gauge("entente_endpoint_certificate_not_after_timestamp_seconds",
                                                   "When the bundle endpoint's certificate ends, in unix seconds."),
                                     readiness, log)),
      executor_(std::move(executor)) {
  state_->readiness.unmet(condition, "waiting for the Workload API at " + state_->options.target);
}

void SvidCertificate::set_settle(Duration settle) { state_->succession.set_settle(settle); }

SvidCertificate::~SvidCertificate() {
  state_->stopped = true;
  state_->handover.cancel();
}

Status SvidCertificate::start() {
  if (const Status made = ensure_folder(options_.state_dir, 0700); !made)
    return made.error().within("server.state_dir");
  if (const Result<spiffe::X509Svid> kept = read_kept(state_->kept_path()); kept) {
    const bool good = kept->id == options_.spiffe_id && state_->clock.now() < kept->chain.front().not_after();
    if (good) (void)state_->put_in_use(*kept);
  } else if (kept.error().code() != Errc::not_found) {
    state_->log.warning("the kept SVID cannot be used", {{"error", kept.error().message()}});
  }
  const client::WorkloadClient workload(options_.target);
  watch_ = workload.watch_x509(
      [state = state_, executor = executor_](client::X509ContextPtr context) {
        asio::post(executor, [state, context] {
          if (!state->stopped) state->updated(*context);
        });
      },
      [state = state_, executor = executor_](const Error& error) {
        asio::post(executor, [state, message = error.message()] {
          if (!state->stopped) state->complain(message);
        });
      });
  return ok();
}

}  // namespace entente::server
