// SVIDs with keys over P-256: made, and validated.
#include "common/issuer/issuer.hpp"
#include "common/spiffe/jwt_svid.hpp"
#include "tests/bench/micro/counted.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/workload/support/fake_domain.hpp"

namespace entente::bench {
namespace {

using test::FakeDomain;
using test::must;

Time now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

void validate_an_x509_svid(benchmark::State& state) {
  const FakeDomain domain("a.test", now());
  const spiffe::Bundle bundle = domain.bundle();
  const spiffe::X509SvidPtr svid = domain.svid("/web");
  const Time at = now();
  run_counted(state, [&] { return must(spiffe::verify_x509_svid(svid->chain, bundle, at)); });
}
BENCHMARK(validate_an_x509_svid);

void validate_a_jwt_svid(benchmark::State& state) {
  const FakeDomain domain("a.test", now());
  const spiffe::Bundle bundle = domain.bundle();
  const std::string token = domain.token("/web", {"spiffe://b.test/db"});
  const spiffe::JwtValidation wanted{"spiffe://b.test/db", now()};
  run_counted(state,
              [&] { return must(spiffe::verify_jwt_svid(must(spiffe::parse_jwt_svid(token)), bundle, wanted)); });
}
BENCHMARK(validate_a_jwt_svid);

void sign_a_jwt_svid(benchmark::State& state) {
  const crypto::PrivateKey key = must(crypto::PrivateKey::generate(crypto::KeyType::ec_p256));
  const spiffe::JwtSvidRequest request{
      test::id("spiffe://a.test/web"), {"spiffe://b.test/db"}, now(), now() + std::chrono::minutes(5)};
  run_counted(state, [&] { return must(spiffe::sign_jwt_svid(request, "key", key)); });
}
BENCHMARK(sign_a_jwt_svid);

// Its key is made for it, too.
void issue_an_x509_svid(benchmark::State& state) {
  const test::TempFolder folder;
  SystemClock clock;
  Log log(LogLevel::error);
  issuer::IssuerOptions options{test::domain("a.test"), folder / "issuer"};
  const auto issuer = must(issuer::Issuer::open(std::move(options), clock, log));
  const spiffe::SpiffeId id = test::id("spiffe://a.test/web");
  run_counted(state, [&] { return must(issuer->mint_x509_svid(id, std::nullopt, {}, "")); });
}
BENCHMARK(issue_an_x509_svid);

}  // namespace
}  // namespace entente::bench
