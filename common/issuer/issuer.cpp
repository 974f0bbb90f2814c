#include "common/issuer/issuer.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "common/crypto/issue.hpp"
#include "common/crypto/signature.hpp"
#include "common/issuer/key_folder.hpp"

namespace entente::issuer {
namespace {

constexpr auto clock_tolerance = std::chrono::minutes(1);

// A workload's key follows the authority's kind, but no workload waits for a 4096 bit RSA key.
crypto::KeyType workload_key_type(crypto::KeyType authority) {
  return authority == crypto::KeyType::rsa_4096 ? crypto::KeyType::rsa_2048 : authority;
}

// 16 bytes of the public key's digest: the same key always has the same ID.
std::string key_id_of(const crypto::PublicKey& key) {
  const crypto::Sha256 digest = crypto::sha256(key.spki_der());
  return hex_encode(ByteView(digest).first(16));
}

Result<crypto::Certificate> self_signed(const spiffe::TrustDomain& domain, const crypto::PrivateKey& key, Time now,
                                        Time expires_at) {
  crypto::CertificateTemplate wanted;
  wanted.subject = {{"O", "SPIFFE"}, {"CN", domain.name() + " " + key_id_of(key.public_key()).substr(0, 8)}};
  wanted.uri_names = {domain.id()};
  wanted.not_before = now - clock_tolerance;
  wanted.not_after = expires_at;
  wanted.ca = true;
  return crypto::issue_root(wanted, key);
}

Authority with_state(const Authority& authority, AuthorityState state) {
  Authority changed = authority;
  changed.info.state = state;
  return changed;
}

}  // namespace

// What minting works on: the active authorities at one moment.
struct SigningView {
  AuthorityPtr x509, jwt;
  std::uint64_t generation = 0;
};

struct Issuer::Impl {
  Impl(KeyFolder keys, Clock& clk, Log& l) : folder(std::move(keys)), clock(clk), log(l) {}

  KeyFolder folder;
  Clock& clock;
  Log& log;
  Authorities authorities;  // control thread only
  mutable std::mutex view_mutex;
  std::shared_ptr<const SigningView> view = std::make_shared<const SigningView>();

  std::shared_ptr<const SigningView> signing() const {
    const std::lock_guard lock(view_mutex);
    return view;
  }

  std::vector<AuthorityInfo> infos(AuthorityUse use) const {
    std::vector<AuthorityInfo> result;
    for (const AuthorityPtr& authority : authorities)
      if (authority->info.use == use) result.push_back(authority->info);
    return result;
  }

  AuthorityPtr active(AuthorityUse use) const {
    for (const AuthorityPtr& authority : authorities)
      if (authority->info.use == use && authority->info.state == AuthorityState::active) return authority;
    return nullptr;
  }

  // To disk, then in use: nothing is ever used that is not safely stored.
  Status commit(Authorities next);
};

Status Issuer::Impl::commit(Authorities next) {
  if (const Status saved = folder.save(next); !saved) return saved.error();
  authorities = std::move(next);
  auto fresh = std::make_shared<SigningView>();
  fresh->x509 = active(AuthorityUse::x509_svid);
  fresh->jwt = active(AuthorityUse::jwt_svid);
  const auto id = [](const AuthorityPtr& authority) { return authority ? authority->info.id : std::string(); };
  const std::lock_guard lock(view_mutex);
  const bool same = id(view->x509) == id(fresh->x509) && id(view->jwt) == id(fresh->jwt);
  fresh->generation = view->generation + (same ? 0 : 1);
  view = std::move(fresh);
  return ok();
}

namespace {

RotationPolicy policy_of(const IssuerOptions& options, AuthorityUse use, Duration longest) {
  const Duration ttl = use == AuthorityUse::x509_svid ? options.x509_svid_ttl : options.jwt_svid_ttl;
  return {options.ca_ttl, std::max(ttl, longest), options.refresh_hint};
}

RotationPolicy policy_of(const IssuerOptions& options, AuthorityUse use, const AuthorityPtr& active) {
  return policy_of(options, use, active ? active->longest_svid_ttl : Duration::zero());
}

Result<Authority> make_authority(const IssuerOptions& options, AuthorityUse use, Time now, Time used_from,
                                 Duration longest) {
  Result<crypto::PrivateKey> key = crypto::PrivateKey::generate(options.key_type);
  if (!key) return key.error();
  const crypto::PublicKey public_key = key->public_key();
  AuthorityInfo info{use,   key_id_of(public_key), AuthorityState::prepared, now, used_from, now + options.ca_ttl,
                     Time()};
  Authority authority{info, std::nullopt, public_key, nullptr, longest};
  if (use == AuthorityUse::x509_svid) {
    Result<crypto::Certificate> certificate = self_signed(options.trust_domain, *key, now, info.expires_at);
    if (!certificate) return certificate.error();
    authority.certificate = *certificate;
    authority.info.id = hex_encode(certificate->fingerprint());
    authority.info.expires_at = certificate->not_after();
  }
  authority.key = std::make_shared<const crypto::PrivateKey>(std::move(*key));
  return authority;
}

// The prepared authority `id` becomes the active one of its use, the one before it retires and gives up its key.
Authorities activated(const Authorities& before, AuthorityUse use, const std::string& id, Time now) {
  Authorities next;
  for (const AuthorityPtr& authority : before) {
    if (authority->info.use == use && authority->info.id == id) {
      Authority active = with_state(*authority, AuthorityState::active);
      active.info.used_from = now;
      next.push_back(std::make_shared<const Authority>(std::move(active)));
    } else if (authority->info.use == use && authority->info.state == AuthorityState::active) {
      Authority retired = with_state(*authority, AuthorityState::retired);
      retired.info.last_signature_ends =
          std::min(now + authority->longest_svid_ttl + clock_tolerance, authority->info.expires_at);
      retired.key = nullptr;
      next.push_back(std::make_shared<const Authority>(std::move(retired)));
    } else {
      next.push_back(authority);
    }
  }
  return next;
}

Authorities without(const Authorities& before, AuthorityUse use, const std::vector<std::string>& ids) {
  Authorities next;
  for (const AuthorityPtr& authority : before)
    if (authority->info.use != use || std::find(ids.begin(), ids.end(), authority->info.id) == ids.end())
      next.push_back(authority);
  return next;
}

}  // namespace

namespace {

// Another trust domain's keys under our name would merge the two for everyone who federates with either.
Status check_owner(const Authorities& authorities, const IssuerOptions& options) {
  for (const AuthorityPtr& authority : authorities) {
    if (!authority->certificate) continue;
    const std::vector<std::string> ids = authority->certificate->uri_names();
    if (ids.size() == 1 && ids.front() == options.trust_domain.id()) continue;
    return Error(Errc::invalid_argument, options.folder.string() + ": holds the authorities of " +
                                             (ids.empty() ? std::string("nobody") : ids.front()) + ", not of " +
                                             options.trust_domain.id() +
                                             "; give this trust domain a data_dir of its own");
  }
  return ok();
}

}  // namespace

Issuer::Issuer(IssuerOptions options, std::unique_ptr<Impl> impl)
    : options_(std::move(options)), impl_(std::move(impl)) {}
Issuer::~Issuer() = default;

Result<std::unique_ptr<Issuer>> Issuer::open(IssuerOptions options, Clock& clock, Log& log) {
  Result<KeyFolder> folder = KeyFolder::open(options.folder);
  if (!folder) return folder.error();
  Result<Authorities> stored = folder->load();
  if (!stored) return stored.error();
  if (const Status owner = check_owner(*stored, options); !owner) return owner.error();
  auto impl = std::make_unique<Impl>(std::move(*folder), clock, log);
  auto issuer = std::unique_ptr<Issuer>(new Issuer(std::move(options), std::move(impl)));
  if (!stored->empty()) {
    if (const Status loaded = issuer->impl_->commit(std::move(*stored)); !loaded) return loaded.error();
  }
  if (const Status allowed = issuer->allow_ttls(issuer->options_.x509_svid_ttl, issuer->options_.jwt_svid_ttl);
      !allowed)
    return allowed.error();
  if (const Result<bool> ready = issuer->tick(); !ready) return ready.error();
  return issuer;
}

spiffe::Bundle Issuer::bundle() const {
  spiffe::Bundle bundle(options_.trust_domain);
  bundle.refresh_hint = options_.refresh_hint;
  for (const AuthorityPtr& authority : impl_->authorities) {
    if (authority->certificate)
      bundle.x509_authorities.push_back(*authority->certificate);
    else
      bundle.jwt_authorities.push_back({authority->info.id, authority->public_key});
  }
  return bundle;
}

Result<bool> Issuer::tick() {
  bool changed = false;
  for (const AuthorityUse use : {AuthorityUse::x509_svid, AuthorityUse::jwt_svid}) {
    for (;;) {  // an authority that is made where none can sign is activated in the next round
      const Time now = impl_->clock.now();
      const AuthorityPtr active = impl_->active(use);
      const RotationPolicy policy = policy_of(options_, use, active);
      const RotationPlan plan = plan_rotation(impl_->infos(use), policy, now);
      if (plan.nothing()) break;
      Authorities next = without(impl_->authorities, use, plan.remove);
      if (plan.activate) next = activated(next, use, *plan.activate, now);
      if (plan.prepare) {
        const Time used_from = planned_use(active ? &active->info : nullptr, policy, now);
        Result<Authority> fresh = make_authority(options_, use, now, used_from, policy.longest_svid_ttl);
        if (!fresh) return fresh.error().within("issuer");
        impl_->log.info("authority prepared", {{"event", "authority_prepared"},
                                               {"use", to_string(use)},
                                               {"id", fresh->info.id},
                                               {"used_from", format_time(used_from)}});
        next.push_back(std::make_shared<const Authority>(std::move(*fresh)));
      }
      if (const Status stored = impl_->commit(std::move(next)); !stored) return stored.error();
      if (plan.activate)
        impl_->log.info("authority activated",
                        {{"event", "authority_activated"}, {"use", to_string(use)}, {"id", *plan.activate}});
      for (const std::string& id : plan.remove)
        impl_->log.info("authority removed", {{"event", "authority_removed"}, {"use", to_string(use)}, {"id", id}});
      changed = true;
    }
  }
  return changed;
}

Time Issuer::next_due() const {
  Time next = Time::max();
  for (const AuthorityUse use : {AuthorityUse::x509_svid, AuthorityUse::jwt_svid})
    next = std::min(
        next, next_rotation_event(impl_->infos(use), policy_of(options_, use, impl_->active(use)), impl_->clock.now()));
  return next;
}

Result<std::vector<AuthorityInfo>> Issuer::rotate(bool x509, bool jwt, bool at_once) {
  const Time now = impl_->clock.now();
  Authorities next = impl_->authorities;
  std::vector<std::pair<AuthorityUse, std::string>> wanted;
  for (const AuthorityUse use : {AuthorityUse::x509_svid, AuthorityUse::jwt_svid}) {
    if (!(use == AuthorityUse::x509_svid ? x509 : jwt)) continue;
    const auto prepared = std::find_if(next.begin(), next.end(), [use](const AuthorityPtr& authority) {
      return authority->info.use == use && authority->info.state == AuthorityState::prepared;
    });
    std::string id;
    if (prepared != next.end()) {
      id = (*prepared)->info.id;
    } else {
      const AuthorityPtr active = impl_->active(use);
      const RotationPolicy policy = policy_of(options_, use, active);
      const Time used_from = planned_use(active ? &active->info : nullptr, policy, now);
      Result<Authority> fresh = make_authority(options_, use, now, used_from, policy.longest_svid_ttl);
      if (!fresh) return fresh.error().within("issuer");
      id = fresh->info.id;
      next.push_back(std::make_shared<const Authority>(std::move(*fresh)));
    }
    if (at_once) next = activated(next, use, id, now);
    wanted.emplace_back(use, id);
  }
  if (const Status stored = impl_->commit(std::move(next)); !stored) return stored.error();

  std::vector<AuthorityInfo> result;
  for (const auto& [use, id] : wanted) {
    for (const AuthorityPtr& authority : impl_->authorities)
      if (authority->info.use == use && authority->info.id == id) result.push_back(authority->info);
    impl_->log.info(at_once ? "authority rotated at once" : "authority prepared",
                    {{"event", at_once ? "authority_rotated" : "authority_prepared"},
                     {"use", to_string(use)},
                     {"id", id},
                     {"used_from", format_time(result.back().used_from)}});
  }
  return result;
}

void Issuer::set_refresh_hint(std::chrono::seconds hint) { options_.refresh_hint = hint; }

Status Issuer::allow_ttls(Duration x509, Duration jwt) {
  Authorities next;
  bool changed = false;
  for (const AuthorityPtr& authority : impl_->authorities) {
    const Duration longest = authority->info.use == AuthorityUse::x509_svid ? x509 : jwt;
    if (authority->info.state == AuthorityState::retired || longest <= authority->longest_svid_ttl) {
      next.push_back(authority);
      continue;
    }
    Authority longer = *authority;
    longer.longest_svid_ttl = longest;
    next.push_back(std::make_shared<const Authority>(std::move(longer)));
    changed = true;
  }
  return changed ? impl_->commit(std::move(next)) : ok();
}

Result<spiffe::X509Svid> Issuer::mint_x509_svid(const spiffe::SpiffeId& id, std::optional<Duration> ttl,
                                                const std::vector<std::string>& dns_names,
                                                const std::string& hint) const {
  const auto view = impl_->signing();
  const Time now = impl_->clock.now();
  if (!view->x509 || now >= view->x509->info.expires_at)
    return Error(Errc::unavailable, "issuer: no X.509 authority can sign; see the log for why none could be made");
  if (now < view->x509->certificate->not_before())
    return Error(Errc::unavailable,
                 "issuer: the X.509 authority is not valid before " +
                     format_time(view->x509->certificate->not_before()) +
                     ": is this host's clock right? If it is, `entente bundle rotate --x509 --now` makes a new one");
  Result<crypto::PrivateKey> key = crypto::PrivateKey::generate(workload_key_type(options_.key_type));
  if (!key) return key.error().within("issuer");
  const Duration life = std::min(ttl ? *ttl : options_.x509_svid_ttl, view->x509->longest_svid_ttl);
  crypto::CertificateTemplate wanted;
  wanted.subject = {{"O", "SPIFFE"}};
  if (!dns_names.empty()) wanted.subject.emplace_back("CN", dns_names.front());
  wanted.uri_names = {id.str()};
  wanted.dns_names = dns_names;
  wanted.not_before = now - clock_tolerance;
  wanted.not_after = std::min(now + life, view->x509->info.expires_at);
  Result<crypto::Certificate> certificate =
      crypto::issue_certificate(wanted, key->public_key(), *view->x509->certificate, *view->x509->key);
  if (!certificate) return certificate.error().within("issuer");
  return spiffe::X509Svid{id, {*certificate}, std::make_shared<const crypto::PrivateKey>(std::move(*key)), hint};
}

Result<Issuer::MintedJwt> Issuer::mint_jwt_svid(const spiffe::SpiffeId& id, std::optional<Duration> ttl,
                                                const std::vector<std::string>& audience) const {
  const auto view = impl_->signing();
  const Time now = impl_->clock.now();
  if (!view->jwt || now >= view->jwt->info.expires_at)
    return Error(Errc::unavailable, "issuer: no JWT authority can sign; see the log for why none could be made");
  const Duration life = std::min(ttl ? *ttl : options_.jwt_svid_ttl, view->jwt->longest_svid_ttl);
  const Time expires_at = std::min(now + life, view->jwt->info.expires_at);
  const spiffe::JwtSvidRequest request{id, audience, now, expires_at};
  Result<std::string> token = spiffe::sign_jwt_svid(request, view->jwt->info.id, *view->jwt->key);
  if (!token) return token.error().within("issuer");
  return MintedJwt{std::move(*token), now, expires_at};
}

std::uint64_t Issuer::generation() const { return impl_->signing()->generation; }

}  // namespace entente::issuer
