#include "common/telemetry/metrics.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace entente::telemetry {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Metrics, ExposesCountersAndGaugesInPrometheusText) {
  Metrics metrics;
  metrics.counter("entente_endpoint_requests_total", "Requests.", {{"status", "200"}}).add(3);
  metrics.gauge("entente_endpoint_connections", "Connections.").set(7);

  const std::string text = metrics.expose();

  EXPECT_THAT(text, HasSubstr("# HELP entente_endpoint_requests_total Requests.\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE entente_endpoint_requests_total counter\n"));
  EXPECT_THAT(text, HasSubstr("entente_endpoint_requests_total{status=\"200\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE entente_endpoint_connections gauge\n"));
  EXPECT_THAT(text, HasSubstr("entente_endpoint_connections 7\n"));
}

TEST(Metrics, GivesTheSameMetricForTheSameNameAndLabels) {
  Metrics metrics;
  Counter& first = metrics.counter("a_total", "A.", {{"td", "b.test"}});
  Counter& same = metrics.counter("a_total", "A.", {{"td", "b.test"}});
  Counter& other = metrics.counter("a_total", "A.", {{"td", "c.test"}});

  EXPECT_EQ(&first, &same);
  EXPECT_NE(&first, &other);
}

TEST(Metrics, DropsEveryMetricWhoseLabelsIncludeTheGivenOnes) {
  Metrics metrics;
  metrics.gauge("entente_federation_state", "State.", {{"trust_domain", "b.test"}, {"state", "current"}}).set(1);
  metrics.gauge("entente_federation_state", "State.", {{"trust_domain", "c.test"}, {"state", "current"}}).set(1);

  metrics.remove("entente_federation_state", {{"trust_domain", "b.test"}});

  EXPECT_THAT(metrics.expose(), Not(HasSubstr("b.test")));
  EXPECT_THAT(metrics.expose(), HasSubstr("c.test"));
}

TEST(Metrics, ToleratesALateCallToARemovedMetric) {
  Metrics metrics;
  Gauge& gauge = metrics.gauge("g", "G.");
  metrics.remove("g", {});

  gauge.set(4);

  EXPECT_EQ(metrics.expose(), "");
}

TEST(Metrics, RefreshesWhatIsDerivedBeforeEachExposition) {
  Metrics metrics;
  int calls = 0;
  metrics.on_collect([&] { metrics.gauge("age_seconds", "Age.").set(++calls); });

  EXPECT_THAT(metrics.expose(), HasSubstr("age_seconds 1\n"));
  EXPECT_THAT(metrics.expose(), HasSubstr("age_seconds 2\n"));
}

TEST(Metrics, RefusesOneNameForTwoKinds) {
  Metrics metrics;
  metrics.counter("x", "X.");

  EXPECT_THROW(metrics.gauge("x", "X."), std::logic_error);
}

TEST(Metrics, CountsFromManyThreads) {
  Metrics metrics;
  const auto count = [&] {
    for (int i = 0; i < 1000; ++i) metrics.counter("n_total", "N.").add();
  };
  std::thread first(count), second(count);
  first.join();
  second.join();

  EXPECT_THAT(metrics.expose(), HasSubstr("n_total 2000\n"));
}

}  // namespace
}  // namespace entente::telemetry
