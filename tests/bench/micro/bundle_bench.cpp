// Bundles of two X.509 authorities and one JWT key, EC over P-256: read, written, compared, and put in a snapshot.
#include "common/spiffe/bundle_json.hpp"
#include "common/trust/snapshot.hpp"
#include "tests/bench/micro/counted.hpp"
#include "tests/workload/support/fake_domain.hpp"
#include "tests/workload/support/snapshots.hpp"

namespace entente::bench {
namespace {

using test::FakeDomain;
using test::must;

Time now() { return std::chrono::system_clock::now(); }

spiffe::Bundle bundle_of(std::string_view trust_domain) {
  spiffe::Bundle bundle = FakeDomain(trust_domain, now()).bundle();
  bundle.x509_authorities.push_back(FakeDomain(trust_domain, now()).bundle().x509_authorities.front());
  bundle.sequence = 1;
  return bundle;
}

void parse_a_bundle(benchmark::State& state) {
  const spiffe::Bundle bundle = bundle_of("a.test");
  const std::string document = spiffe::write_bundle(bundle);
  run_counted(state, [&] { return must(spiffe::parse_bundle(bundle.trust_domain, document)); });
}
BENCHMARK(parse_a_bundle);

void write_a_bundle(benchmark::State& state) {
  const spiffe::Bundle bundle = bundle_of("a.test");
  run_counted(state, [&] { return spiffe::write_bundle(bundle); });
}
BENCHMARK(write_a_bundle);

void digest_of_a_bundle(benchmark::State& state) {
  const spiffe::Bundle bundle = bundle_of("a.test");
  run_counted(state, [&] { return spiffe::authorities_digest(bundle); });
}
BENCHMARK(digest_of_a_bundle);

void compare_two_equal_bundles(benchmark::State& state) {
  const spiffe::Bundle bundle = bundle_of("a.test");
  const std::string document = spiffe::write_bundle(bundle);
  const spiffe::Bundle same = must(spiffe::parse_bundle(bundle.trust_domain, document)).bundle;
  run_counted(state, [&] { return spiffe::same_authorities(bundle, same); });
}
BENCHMARK(compare_two_equal_bundles);

// One record replaced among so many trust domains.
void update_a_snapshot(benchmark::State& state) {
  trust::Snapshot all;
  const spiffe::Bundle content = bundle_of("a.test");
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    std::string number = std::to_string(i);
    spiffe::Bundle bundle = content;
    bundle.trust_domain = test::domain("d" + std::string(6 - number.size(), '0') + number + ".test");
    all.records.push_back(test::record_of(std::move(bundle)));
  }
  const trust::RecordPtr middle = all.records[all.records.size() / 2];
  const trust::RecordPtr replacement = test::record_of(*middle->bundle);
  run_counted(state, [&] { return trust::with_record(all, middle->trust_domain(), replacement); });
}
BENCHMARK(update_a_snapshot)->Arg(10)->Arg(1000)->Arg(10000);

}  // namespace
}  // namespace entente::bench
