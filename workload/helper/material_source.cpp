#include "workload/helper/material_source.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "common/base/blocking.hpp"
#include "common/base/file.hpp"
#include "common/base/plain_text.hpp"
#include "common/spiffe/jwt_svid.hpp"
#include "workload/helper/jwt_renewal.hpp"

namespace entente::helper {
namespace {

constexpr std::chrono::seconds token_timeout(5);
constexpr std::size_t longest_message = 400;

// The password is the file's first line.
Result<SecretBytes> read_password(const std::filesystem::path& file) {
  Result<std::string> text = read_file(file, 4096);
  if (!text) return text.error().within("password");
  const ByteView line = as_bytes(std::string_view(*text).substr(0, text->find_first_of("\r\n")));
  SecretBytes password(Bytes(line.begin(), line.end()));
  wipe(text->data(), text->size());
  return password;
}

// What the Workload API gave, looked at before anybody is handed it.
Result<Token> read_token(const HelperConfig& config, const std::vector<std::string>& audience,
                         const std::vector<client::JwtSvid>& svids) {
  const auto svid = choose_svid(config, svids);
  if (!svid) return svid.error();
  const auto parsed = spiffe::parse_jwt_svid((*svid)->token);
  if (!parsed) return parsed.error();
  if (parsed->subject != (*svid)->id) return Error(Errc::schema, "the token is for " + parsed->subject.str());
  for (const std::string& each : audience)
    if (std::find(parsed->audience.begin(), parsed->audience.end(), each) == parsed->audience.end())
      return Error(Errc::schema, "the token is not for the audience " + each);
  return Token{(*svid)->token, parsed->expires_at};
}

}  // namespace

MaterialSource::MaterialSource(const HelperConfig& config, const client::WorkloadClient& client,
                               asio::any_io_executor executor, asio::thread_pool& pool, Clock& clock, Log& log,
                               Event& changed)
    : config_(config),
      needs_(needs_of(config)),
      client_(std::make_shared<const client::WorkloadClient>(client)),
      executor_(std::move(executor)),
      pool_(pool),
      clock_(clock),
      log_(log),
      changed_(changed) {}

void MaterialSource::start(TaskGroup& tasks) {
  watch();
  for (const auto& audience : needs_.audiences) tasks.spawn("JWT-SVID", keep_token(audience));
}

void MaterialSource::watch() {
  // Watches call on threads of their own.
  const auto keep = [this](auto& into, const char* call) {
    return [this, &into, call](auto answer) {
      asio::post(executor_, [this, &into, call, answer = std::move(answer)] {
        into = answer;
        worked(call);
        changed_.raise();
      });
    };
  };
  const auto fail = [this](const char* call) {
    return [this, call](const Error& error) { asio::post(executor_, [this, call, error] { failed(call, error); }); };
  };
  if (needs_.identity) watches_.push_back(client_->watch_x509(keep(material_.x509, "X509-SVID"), fail("X509-SVID")));
  if (needs_.x509_bundles)
    watches_.push_back(
        client_->watch_x509_bundles(keep(material_.x509_bundles, "X.509 bundles"), fail("X.509 bundles")));
  if (needs_.jwt_bundles)
    watches_.push_back(client_->watch_jwt_bundles(keep(material_.jwt_bundles, "JWT bundles"), fail("JWT bundles")));
}

void MaterialSource::failed(const std::string& call, const Error& error) {
  Failure& failure = failures_[call];
  const bool denied = error.code() == Errc::permission_denied;
  const std::string message = plain_text(error.message(), longest_message);
  if (failure.message != message) log_.warning("waiting for the Workload API", {{"for", call}, {"error", message}});
  failure.message = message;
  if (!denied) {
    failure.denied_since.reset();
  } else if (!failure.denied_since) {
    failure.denied_since = clock_.now();
  }
  changed_.raise();
}

void MaterialSource::worked(const std::string& call) {
  if (failures_.erase(call) > 0) log_.info("the Workload API answers again", {{"for", call}});
}

std::optional<Time> MaterialSource::denied_since() const {
  std::optional<Time> first;
  for (const auto& [call, failure] : failures_)
    if (failure.denied_since && (!first || *failure.denied_since < *first)) first = failure.denied_since;
  return first;
}

std::string MaterialSource::trouble() const { return failures_.empty() ? "" : failures_.begin()->second.message; }

Result<const Material*> MaterialSource::material() {
  for (const FileRule& rule : config_.files) {
    if (rule.password_file.empty()) continue;
    Result<SecretBytes> password = read_password(rule.password_file);
    if (!password) return password.error();
    material_.passwords.insert_or_assign(rule.password_file, std::move(*password));
  }
  return &material_;
}

asio::awaitable<Result<Token>> MaterialSource::fetch_token(std::vector<std::string> audience) {
  auto fetch = [client = client_, id = config_.spiffe_id, audience] {
    return client->fetch_jwt(audience, id, token_timeout);
  };
  auto task = run_blocking(pool_, std::move(fetch));
  const Result<std::vector<client::JwtSvid>> svids = co_await std::move(task);
  if (!svids) co_return svids.error();
  co_return read_token(config_, audience, *svids);
}

asio::awaitable<void> MaterialSource::keep_token(std::vector<std::string> audience) {
  const std::string call = "JWT-SVID for " + audience.front();
  JwtRenewal renewal;
  for (;;) {
    auto fetching = fetch_token(audience);
    const Result<Token> token = co_await std::move(fetching);
    Duration pause;
    if (token) {
      worked(call);
      pause = renewal.after_success(clock_.now(), token->expires_at);
      material_.tokens.insert_or_assign(audience, *token);
      changed_.raise();
    } else {
      failed(call, token.error());
      pause = renewal.after_failure();
    }
    auto sleeping = clock_.sleep(pause);
    const Status slept = co_await std::move(sleeping);
    if (!slept) co_return;
  }
}

}  // namespace entente::helper
