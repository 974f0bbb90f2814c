#include "syncer/doctor/doctor.hpp"

#include "common/base/task.hpp"
#include "syncer/doctor/examine.hpp"

namespace entente::syncer::doctor {
namespace {

SteadyTime deadline_after(Duration duration) {
  return std::chrono::steady_clock::now() + std::chrono::duration_cast<SteadyTime::duration>(duration);
}

// Each URL gets its share of the time that is left.
SteadyTime share_of(SteadyTime until, std::size_t urls_left) {
  const auto now = std::chrono::steady_clock::now();
  return until > now ? now + (until - now) / static_cast<std::int64_t>(urls_left) : until;
}

// What the workers share: each takes the next relationship until there is none left.
struct Round {
  Instruments instruments;
  std::vector<RelationshipFacts> relationships;
  OurSide our_side;
  Bounds bounds;
  std::vector<std::vector<Finding>> found;
  std::size_t next = 0;
};

asio::awaitable<void> examine_one(Round& round, std::size_t index) {
  const RelationshipFacts& facts = round.relationships[index];
  Clock& clock = round.instruments.clock;
  const SteadyTime until = deadline_after(round.bounds.each);
  std::vector<EndpointSeen> seen;
  for (std::size_t i = 0; i < facts.urls.size(); ++i) {
    ProbeRequest request{facts.urls[i], anchors_of(facts), share_of(until, facts.urls.size() - i)};
    request.body_limit = round.bounds.body_limit;
    request.allow_private_redirects = facts.allow_private_redirects;
    seen.push_back(co_await look_at(round.instruments, std::move(request)));
  }
  Findings findings(facts.trust_domain.name());
  examine_status(clock.now(), facts, round.our_side, findings);
  for (const EndpointSeen& endpoint : seen) examine_endpoint(clock.now(), facts, endpoint, findings);
  examine_peer_polling(clock.now(), round.our_side, seen, findings);
  round.found[index] = worst_first(findings.all());
}

asio::awaitable<void> work(Round& round) {
  while (round.next < round.relationships.size()) {
    const std::size_t index = round.next++;
    co_await examine_one(round, index);
  }
}

}  // namespace

asio::awaitable<std::vector<std::vector<Finding>>> examine_relationships(Instruments instruments,
                                                                         std::vector<RelationshipFacts> relationships,
                                                                         OurSide our_side, Bounds bounds) {
  const auto round =
      std::make_unique<Round>(Round{instruments, std::move(relationships), std::move(our_side), bounds, {}, 0});
  round->found.resize(round->relationships.size());
  TaskGroup workers(instruments.executor, instruments.log);
  for (std::size_t i = 0; i < std::min(most_at_once, round->relationships.size()); ++i)
    workers.spawn("doctor", work(*round));
  co_await workers.drained();
  co_return std::move(round->found);
}

asio::awaitable<std::vector<Finding>> examine_own(Instruments instruments, OwnEndpointFacts facts,
                                                  trust::EndpointUrl url, Bounds bounds) {
  std::optional<Anchors> anchors;
  if (const auto* web = std::get_if<trust::HttpsWeb>(&facts.profile)) {
    anchors = WebAnchors{web->roots, web->pins};
  } else if (facts.bundle) {
    anchors = SpiffeAnchors{std::get<trust::HttpsSpiffe>(facts.profile).endpoint_spiffe_id, facts.bundle};
  }
  ProbeRequest request{std::move(url), std::move(anchors), deadline_after(bounds.each)};
  request.body_limit = bounds.body_limit;
  request.ask_again_with_etag = true;
  const EndpointSeen seen = co_await look_at(instruments, std::move(request));
  Findings findings;
  examine_own_endpoint(instruments.clock.now(), facts, seen, findings);
  co_return worst_first(findings.all());
}

}  // namespace entente::syncer::doctor
