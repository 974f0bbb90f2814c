// Malformed configurations: what is said, and where. deploy/example.yaml.
#include <gmock/gmock.h>

#include "tests/common/config/config_support.hpp"

namespace entente::config::test {
namespace {

TEST(ConfigMistakes, NamesAnUnknownKeyAndTheOneThatWasMeant) {
  expect_each_after_good_start({
      {"telemtry: {listen: \"127.0.0.1:1\"}\n", {4, 1, "unknown key \"telemtry\"; did you mean \"telemetry\"?"}},
      {"log: {levle: info}\n", {4, 7, "log: unknown key \"levle\"; did you mean \"level\"?"}},
      {"log: {zzzzzz: 1}\n", {4, 7, "the keys here are level or format"}},
      {"foo\n", {4, 1, "unknown key \"foo\""}},
      {"polling:\n  floor: 30s\n  cieling: 1h\n", {6, 3, "did you mean \"ceiling\"?"}},
      {"workload_api: {listen: unix:///w.sock, discover: true}\n", {4, 40, "unknown key \"discover\""}},
  });
}

TEST(ConfigMistakes, SaysWhichKindOfValueBelongsThere) {
  expect_each_after_good_start({
      {"log: info\n", {4, 6, "log: expected a map of keys, found \"info\""}},
      {"log: [info]\n", {4, 6, "found a list"}},
      {"log: {level: {a: b}}\n", {4, 14, "log.level: expected one value, found a map"}},
      {"log: {level: }\n", {4, 7, "log.level: expected one value, found nothing"}},
      {"log: {level: \"\"}\n", {4, 14, "found an empty text"}},
      {"log: {level: \"in\\nfo\"}\n", {4, 14, "control character"}},
      {"federation: {}\n", {4, 13, "federation: expected a list, found a map"}},
      {"federation: [x]\n", {4, 14, "federation[0]: expected a map of keys"}},
      {"entries: web\n", {4, 10, "expected a list, found \"web\""}},
  });
}

TEST(ConfigMistakes, NamesTheWordsAndRangesThatAreAllowed) {
  expect_each_after_good_start({
      {"log: {level: loud}\n", {4, 14, "expected debug, info, warning or error, found \"loud\""}},
      {"log: {format: xml}\n", {4, 15, "expected text or json"}},
      {"polling: {floor: 500ms}\n", {4, 18, "polling.floor: expected a duration from 1s to"}},
      {"polling: {floor: 30}\n", {4, 18, "a duration such as"}},
      {"polling: {floor: 48h}\n", {4, 18, "the ceiling (24h) is below the floor (48h)"}},
      {"polling: {floor: 1m, ceiling: 30s}\n", {4, 31, "the ceiling (30s) is below the floor (1m)"}},
      {"polling: {jitter: 0.6}\n", {4, 19, "a number from 0 to 0.5"}},
      {"polling: {jitter: nan}\n", {4, 19, "a number from 0 to 0.5"}},
      {"polling: {jitter: -0.1}\n", {4, 19, "a number from 0 to 0.5"}},
      {"polling: {timeout: 99ms}\n", {4, 20, "from 100ms to 5m"}},
      {"polling: {timeout: 6m}\n", {4, 20, "from 100ms to 5m"}},
      {"polling: {body_limit: 65MiB}\n", {4, 23, "a size from 1KiB to 64MiB"}},
      {"polling: {body_limit: 8 MB}\n", {4, 23, "a size in bytes such as"}},
      {"polling: {body_limit: 99999999999999GiB}\n", {4, 23, "a size in bytes such as"}},
      {"workload_api: {listen: unix:///w.sock, discover_path: yes}\n", {4, 55, "true or false, found \"yes\""}},
  });
}

TEST(ConfigMistakes, RefusesAddressesAndSocketsThatCannotBeListenedOn) {
  const std::string long_path = "/" + std::string(107, 'x');
  expect_each_after_good_start({
      {"telemetry: {listen: 9988}\n", {4, 21, "an IP address and a port"}},
      {"telemetry: {listen: \":9988\"}\n", {4, 21, "an IP address and a port"}},
      {"telemetry: {listen: \"localhost:9988\"}\n", {4, 21, "an IP address and a port"}},
      {"telemetry: {listen: \"::1:9988\"}\n", {4, 21, "an IP address and a port"}},
      {"telemetry: {listen: \"[127.0.0.1]:1\"}\n", {4, 21, "an IP address and a port"}},
      {"telemetry: {listen: \"127.0.0.1:65536\"}\n", {4, 21, "an IP address and a port"}},
      {"telemetry: {}\n", {4, 1, "telemetry: listen is missing"}},
      {"telemetry:\n", {4, 1, "telemetry: listen is missing"}},
      {"admin: {listen: /run/a.sock}\n", {4, 17, "a socket such as unix:///"}},
      {"admin: {listen: unix://run/a.sock}\n", {4, 17, "a socket such as unix:///"}},
      {"admin: {listen: unix:///run/}\n", {4, 17, "a socket such as unix:///"}},
      {"admin: {listen: \"unix://" + long_path + "\"}\n", {4, 17, "has 108 bytes; the system takes at most 107"}},
      {"admin: {listen: unix:///a.sock, group: no-such-group}\n", {4, 40, "no group \"no-such-group\""}},
      {"admin: {listen: unix:///a.sock}\nworkload_api: {listen: unix:///a.sock}\n",
       {4, 17, "admin.listen: the same address as workload_api.listen"}},
      {"telemetry: {listen: \"[::1]:9\"}\nserver: {telemetry: \"[::1]:9\"}\n",
       {4, 21, "the same address as server.telemetry"}},
  });
}

TEST(ConfigMistakes, DemandsATrustDomainAFolderAndExactlyOneSource) {
  expect_each({
      {"data_dir: d\nlocal: {issuer: {}}\n", {1, 1, "trust_domain is missing"}},
      {"trust_domain: A.test\ndata_dir: d\nlocal: {issuer: {}}\n", {1, 15, "lower case"}},
      {"trust_domain: a.test\nlocal: {issuer: {}}\n", {1, 1, "data_dir is missing"}},
      {"trust_domain: a.test\ndata_dir: d\n", {1, 1, "local is missing"}},
      {"trust_domain: a.test\ndata_dir: d\nlocal: {}\n",
       {3, 1, "exactly one of issuer, file, workload_api, spire_server or none"}},
      {"trust_domain: a.test\ndata_dir: d\nlocal:\n  issuer: {}\n  file: {path: b}\n",
       {5, 9, "local.file: stands beside issuer"}},
      {"trust_domain: a.test\ndata_dir: d\nlocal: {file: {}}\n", {3, 9, "path is missing"}},
      {"trust_domain: a.test\ndata_dir: d\nlocal: {file: {path: b, format: der}}\n", {3, 33, "spiffe or pem"}},
      {"data_dir: d\nlocal: {none: {path: b}}\n", {2, 16, "unknown key \"path\""}},
  });
}

TEST(ConfigMistakes, KeepsSvidsShorterThanTheAuthorityThatSignsThem) {
  const std::string start = "trust_domain: a.test\ndata_dir: d\nlocal:\n  issuer:\n";
  expect_each({
      {start + "    ca_ttl: 1s\n", {5, 13, "from 4s"}},
      {start + "    ca_ttl: 4500ms\n", {5, 13, "whole seconds"}},
      {start + "    x509_svid_ttl: 13h\n", {5, 20, "13h is more than half of local.issuer.ca_ttl (24h)"}},
      {start + "    ca_ttl: 1h\n    jwt_svid_ttl: 31m\n", {6, 19, "31m is more than half"}},
      {start + "    key_type: ec-p521\n", {5, 15, "expected ec-p256, ec-p384, rsa-2048 or rsa-4096"}},
      {start + "    ca_ttl: two days\n    x509_svid_ttl: 36h\n", {5, 13, "a duration such as"}},
      {start + "entries:\n  - {spiffe_id: spiffe://a.test/w, selectors: [\"unix:uid:1\"], x509_svid_ttl: 13h}\n",
       {6, 78, "entries[0].x509_svid_ttl: 13h is more than half"}},
  });
}

TEST(ConfigMistakes, ChecksTheSocketOfTheSpireServer) {
  const auto local = [](const std::string& server) {
    return "trust_domain: a.test\ndata_dir: d\nlocal: {spire_server: " + server + "}\n";
  };
  expect_each({
      {local("{}"), {3, 9, "local.spire_server: address is missing"}},
      {local("{address: \"tcp://127.0.0.1:8081\"}"),
       {3, 33, "local.spire_server.address: expected a socket such as unix"}},
      {local("{socket: /run/spire/server.sock, address: unix:///s}"), {3, 24, "unknown key \"socket\""}},
      {local("{address: unix:///s}, none: {}"), {3, 51, "stands beside"}},
  });
}

TEST(ConfigMistakes, ChecksThePushTargets) {
  const auto target = [](const std::string& what) { return "push:\n  - " + what + "\n"; };
  const std::string server = "spire_server: {address: unix:///s";
  expect_each_after_good_start({
      {"push: {spire_server: {address: unix:///s}}\n", {4, 7, "push: expected a list"}},
      {target("{}"), {5, 5, "exactly one of spire_server or file"}},
      {target(server + "}\n    file: {dir: d}"), {6, 11, "stands beside"}},
      {target("spire_server: {}"), {5, 5, "push[0].spire_server: address is missing"}},
      {target("spire_server: {address: /s}"), {5, 29, "push[0].spire_server.address: expected a socket"}},
      {target(server + ", on_end: keep}"), {5, 48, "expected restrict, dissociate or delete, found \"keep\""}},
      {target(server + ", check: 500ms}"), {5, 47, "push[0].spire_server.check: expected a duration from 1s"}},
      {target("file: {format: pem}"), {5, 5, "push[0].file: dir is missing"}},
      {target("file: {dir: d, format: der}"), {5, 28, "expected spiffe or pem, found \"der\""}},
      {target("file: {dir: d, mode: 0600}"), {5, 20, "unknown key \"mode\""}},
      {target(server + "}\n  - " + server + ", on_end: delete}"), {6, 5, "the same target stands here twice"}},
  });
  const ConfigFolder folder;
  EXPECT_EQ(folder.config(good_start + "push:\n  - file: {dir: d}\n  - file: {dir: d, format: pem}\n").push.size(), 2U);
}

TEST(ConfigMistakes, ChecksTheAgentsSocket) {
  const auto local = [](const std::string& agent) {
    return "trust_domain: a.test\ndata_dir: d\nlocal: {workload_api: " + agent + "}\n";
  };
  expect_each({
      {local("{}"), {3, 9, "local.workload_api: address is missing"}},
      {local("{address: \"tcp://127.0.0.1:8081\"}"), {3, 33, "local.workload_api.address: expected a socket such as"}},
      {local("{socket: unix:///s, address: unix:///s}"), {3, 24, "unknown key \"socket\""}},
      {local("{address: unix:///s}") + "workload_api: {listen: unix:///s}\n",
       {4, 24, "workload_api.listen: is the agent's own socket"}},
      {local("{address: unix:///s, delegated: {}}") + "workload_api: {listen: unix:///w}\n",
       {3, 44, "local.workload_api.delegated: address is missing"}},
      {local("{address: unix:///s, delegated: {address: unix:///s}}") + "workload_api: {listen: unix:///w}\n",
       {3, 65, "is the agent's Workload API"}},
      {local("{address: unix:///s, delegated: {address: unix:///d, by: uid}}") + "workload_api: {listen: unix:///w}\n",
       {3, 80, "expected pid or selectors"}},
      {local("{address: unix:///s, delegated: {address: unix:///d}}") + "workload_api: {listen: unix:///d}\n",
       {4, 24, "workload_api.listen: is the agent's own socket"}},
      {local("{address: unix:///s, delegated: {address: unix:///d}}"), {3, 1, "needs a workload_api section"}},
      {local("{address: unix:///s}") + "entries:\n  - {spiffe_id: spiffe://a.test/w, selectors: [\"unix:uid:1\"]}\n",
       {4, 1, "only the embedded issuer (local.issuer) has entries"}},
  });
}

TEST(ConfigMistakes, SaysWhatIsNotSupportedYet) {
  expect_each({
      {good_start + "store: {etcd: {}}\n", {4, 15, "store.etcd: not supported in this version"}},
      {good_start + "bundle_endpoint: {listen: \"0.0.0.0:1\", https_web: {acme: {}}}\n", {4, 58, "not supported"}},
  });
}

TEST(ConfigMistakes, ChecksTheBundleEndpoint) {
  const std::string api = "workload_api: {listen: unix:///w.sock}\n";
  const auto endpoint = [&](const std::string& rest) {
    return api + "bundle_endpoint:\n  listen: \"0.0.0.0:8443\"\n" + rest;
  };
  const std::string web = "  https_web: {certificate: c, key: k}\n";
  expect_each_after_good_start({
      {"bundle_endpoint:\n" + web, {4, 1, "listen is missing"}},
      {endpoint(""), {5, 1, "exactly one of https_spiffe or https_web"}},
      {endpoint(web + "  https_spiffe: {spiffe_id: spiffe://a.test/e}\n"), {7, 14, "stands beside https_spiffe"}},
      {endpoint("  https_web: {certificate: c}\n"), {7, 3, "key is missing"}},
      {endpoint("  https_spiffe: {}\n"), {7, 3, "spiffe_id is missing"}},
      {endpoint("  https_spiffe: {spiffe_id: spiffe://a.test}\n"), {7, 29, "has no path"}},
      {endpoint("  https_spiffe: {spiffe_id: a.test/e}\n"), {7, 29, "bundle_endpoint.https_spiffe.spiffe_id"}},
      {endpoint("  https_spiffe: {spiffe_id: spiffe://b.test/e}\n"), {7, 29, "spiffe://a.test/..."}},
      {endpoint("  https_spiffe: {spiffe_id: spiffe://a.test/e, run_as: no-such-user}\n"), {7, 56, "no user"}},
      {endpoint(
           "  https_spiffe: {spiffe_id: spiffe://a.test/e, workload_api: unix:///a, svid: {certificate: c, key: k}}\n"),
       {7, 79, "svid: stands beside workload_api"}},
      {endpoint("  https_spiffe: {spiffe_id: spiffe://a.test/e, svid: {certificate: c}}\n"), {7, 48, "key is missing"}},
      {endpoint("  path: bundle\n" + web), {7, 9, "a path such as / or /bundle.json"}},
      {endpoint("  path: /b?x=1\n" + web), {7, 9, "without a query"}},
      {endpoint("  refresh_hint: 1500ms\n" + web), {7, 17, "whole seconds"}},
      {endpoint("  refresh_hint: 0s\n" + web), {7, 17, "from 1s"}},
      // FS-1: four hints of publication have to fit into a quarter of the authority's life.
      {endpoint("  refresh_hint: 2h\n" + web), {7, 17, "needs a local.issuer.ca_ttl of at least 32h"}},
      {endpoint("  limits: {connections: 0}\n" + web), {7, 25, "a whole number from 1 to 1000000"}},
      {endpoint("  limits: {connections: many}\n" + web), {7, 25, "a whole number"}},
      {endpoint("  limits: {request_timeout: 1ms}\n" + web), {7, 29, "from 100ms"}},
      {"bundle_endpoint:\n  listen: \"[::]:1\"\n  https_spiffe: {spiffe_id: spiffe://a.test/e}\n",
       {6, 3, "there is no workload_api section"}},
  });
}

TEST(ConfigMistakes, DemandsASourceOfTheEndpointsSvidAndABundleToServe) {
  const std::string endpoint = "bundle_endpoint:\n  listen: \"[::]:1\"\n";
  expect_each({
      {"trust_domain: a.test\ndata_dir: d\nlocal: {file: {path: b}}\nworkload_api: {listen: unix:///w}\n" + endpoint +
           "  https_spiffe: {spiffe_id: spiffe://a.test/e}\n",
       {7, 3, "without local.issuer"}},
      {"data_dir: d\nlocal: {none: {}}\n" + endpoint + "  https_web: {certificate: c, key: k}\n",
       {3, 1, "no bundle to serve"}},
  });
}

std::string peer(const std::string& rest) { return "federation:\n  - trust_domain: b.test\n" + rest; }

TEST(ConfigMistakes, ChecksTheRelationships) {
  const std::string url = "    endpoint_url: https://b.example/\n";
  const std::string web = "    https_web: {}\n";
  expect_each_after_good_start({
      {"federation:\n  - endpoint_url: https://b/\n    https_web: {}\n", {5, 5, "trust_domain is missing"}},
      {peer(web), {5, 5, "endpoint_url is missing"}},
      {peer(url), {5, 5, "exactly one of https_spiffe or https_web"}},
      {peer("    endpoint_url: http://b.example/\n" + web), {6, 19, "federation[0].endpoint_url"}},
      {peer("    endpoint_url: https://user@b.example/\n" + web), {6, 19, "federation[0].endpoint_url"}},
      {peer(url + web + "    https_spiffe: {endpoint_spiffe_id: spiffe://b.test/e}\n"), {7, 16, "stands beside"}},
      {peer(url + "    https_spiffe: {}\n"), {7, 5, "endpoint_spiffe_id is missing"}},
      {peer(url + "    https_spiffe: {endpoint_spiffe_id: spiffe://b.test}\n"), {7, 40, "has no path"}},
      {peer(url + web + "    sequence: exact\n"), {8, 15, "expected warn or strict"}},
      {peer(url + web + "    policy: deny\n"), {8, 13, "expected accept, overlap or approve"}},
      {peer(url + web + "    sequnce: strict\n"), {8, 5, "did you mean \"sequence\"?"}},
      {"federation:\n  - {trust_domain: a.test, endpoint_url: https://a/, https_web: {}}\n",
       {5, 20, "this trust domain itself"}},
      {peer(url + web) + "  - {trust_domain: b.test, endpoint_url: https://b/, https_web: {}}\n",
       {8, 20, "b.test stands here twice, first in line 5"}},
  });
}

// FC-3
TEST(ConfigMistakes, ChecksSeveralUrlsOfOnePeer) {
  const std::string web = "    https_web: {}\n";
  const auto urls = [&](const std::string& value) { return peer("    endpoint_urls: " + value + "\n" + web); };
  expect_each_after_good_start({
      {urls("[]"), {6, 20, "endpoint_urls: expected at least one"}},
      {urls(""), {6, 5, "endpoint_urls: expected at least one"}},
      {urls("https://b.example/"), {6, 20, "endpoint_urls: expected a list"}},
      {urls("[https://b.example/, http://b.example/]"), {6, 41, "endpoint_urls[1]"}},
      {urls("[https://b.example/, https://u@c.example/]"), {6, 41, "must not carry user information"}},
      {urls("[https://b.example/, https://c.example/, https://b.example/]"), {6, 61, "stands here twice"}},
      {urls("[https://b.example/, {}]"), {6, 41, "expected one value"}},
      {peer("    endpoint_url: https://b/\n    endpoint_urls: [https://c/]\n" + web),
       {7, 20, "stands beside endpoint_url: only one of them can be"}},
  });
}

TEST(ConfigMistakes, ChecksKeyPinsAndKeepsThemToTheProfileThatHasThem) {
  const std::string url = "    endpoint_url: https://b.example/\n";
  const std::string pin = "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  const auto web = [&](const std::string& rest) { return peer(url + "    https_web: {" + rest + "}\n"); };
  const auto spiffe = [&](const std::string& rest) {
    return peer(url + "    https_spiffe: {" + rest + ", endpoint_spiffe_id: spiffe://b.test/e}\n");
  };
  expect_each_after_good_start({
      {web("pins: []"), {7, 23, "pins: expected at least one"}},
      {web("pins: " + pin), {7, 23, "pins: expected a list"}},
      {web("pins: [47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=]"), {7, 24, "is no key pin: must be sha256/"}},
      {web("pins: [" + pin + ", sha256/47DEQpj8]"), {7, 77, "pins[1]"}},
      {web("pins: [sha1/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=]"), {7, 24, "is no key pin"}},
      {web("pins: [" + pin + ", " + pin + "]"), {7, 77, "stands here twice"}},
      {spiffe("pins: [" + pin + "]"), {7, 26, "pins: belongs to https_web"}},
      {spiffe("roots: company-ca.pem"), {7, 27, "roots: belongs to https_web"}},
  });
}

TEST(ConfigMistakes, ChecksPolicyHistoryAndPrivateRedirects) {
  const std::string good_peer = peer("    endpoint_url: https://b.example/\n    https_web: {}\n");
  expect_each_after_good_start({
      {"change_policy: never\n", {4, 16, "change_policy: expected accept, overlap or approve, found \"never\""}},
      {"history: {entries: 0}\n", {4, 20, "history.entries: expected a whole number from 1 to 1000000"}},
      {"history: {entries: all}\n", {4, 20, "a whole number"}},
      {"history: {age: 59m}\n", {4, 16, "history.age: expected a duration from 1h"}},
      {"history: {age: forever}\n", {4, 16, "a duration such as"}},
      {"history: {days: 3}\n", {4, 11, "unknown key \"days\"; the keys here are entries or age"}},
      {good_peer + "    allow_private_redirects: sometimes\n", {8, 30, "expected true or false"}},
  });
}

TEST(ConfigMistakes, ReadsTheFilesOfARelationshipAndSaysWhatIsWrongWithThem) {
  const ConfigFolder folder;
  folder.write("empty.json", R"({"keys":[]})");
  folder.write("page.html", "<html>");
  const std::string url = "    endpoint_url: https://b.example/\n";
  const auto with = [&](const std::string& line) { return folder.mistakes(good_start + peer(url + line)); };
  const std::string id = "    https_spiffe: {endpoint_spiffe_id: spiffe://b.test/e}\n";

  expect_mistakes(with(id + "    bootstrap_bundle: no.json\n"), {{8, 23, "no.json: No such file or directory"}});
  expect_mistakes(with(id + "    bootstrap_bundle: page.html\n"), {{8, 23, "page.html"}});
  expect_mistakes(with(id + "    bootstrap_bundle: empty.json\n"), {{8, 23, "empty.json: no authority in it"}});
  expect_mistakes(with("    https_web: {roots: page.html}\n"), {{7, 24, "page.html: pem"}});
  expect_mistakes(with("    https_web: {roots: .}\n"), {{7, 24, "not a regular file"}});
}

TEST(ConfigMistakes, ReportsAllOfThemAtOnceInTheOrderOfTheFile) {
  const ConfigFolder folder;

  const auto found = folder.mistakes(
      "entries:\n"
      "  - spiffe_id: spiffe://b.test/web\n"
      "    selectors: []\n"
      "polling: {jitter: 2, timeout: 1ms}\n"
      "trust_domain: a.test\n"
      "locale: {}\n"
      "local: {issuer: {}}\n"
      "data_dir: d\n"
      "log: loud\n");

  expect_mistakes(found, {{2, 16, "its own trust domain"},
                          {3, 16, "at least one selector"},
                          {4, 19, "polling.jitter"},
                          {4, 31, "polling.timeout"},
                          {6, 1, "did you mean \"local\"?"},
                          {9, 6, "expected a map"}});
}

TEST(ConfigMistakes, SayBothWhatIsUnknownAndWhatIsMissing) {
  const ConfigFolder folder;

  expect_mistakes(
      folder.mistakes("trust_domain: a.test\ndata_dir: d\nlocal: {isuer: {}}\n"),
      {{3, 1, "exactly one of issuer, file, workload_api, spire_server or none"}, {3, 9, "did you mean \"issuer\"?"}});
}

// One wrong line makes one mistake: not a tail of others that only follow from it.
TEST(ConfigMistakes, DoNotRepeatThemselvesInWhatDependsOnThem) {
  const std::string dependants =
      "workload_api: {listen: unix:///w.sock}\n"
      "bundle_endpoint: {listen: \"[::]:1\", https_spiffe: {spiffe_id: spiffe://a.test/e}}\n"
      "federation:\n  - {trust_domain: b.test, endpoint_url: nonsense, https_web: {}}\n"
      "entries:\n"
      "  - {spiffe_id: spiffe://a.test/w, selectors: [\"unix:uid:1\"], federates_with: [b.test]}\n";
  const ConfigFolder folder;
  const auto with = [&](const std::string& start) { return folder.mistakes(start + dependants); };

  expect_mistakes(with("trust_domain: a.test\ndata_dir: d\nlocal: {etcd: {}}\n"),
                  {{3, 1, "exactly one of"}, {3, 9, "unknown key"}, {7, 42, "endpoint_url"}});
  expect_mistakes(with("trust_domain: A.test\ndata_dir: d\nlocal: {issuer: {}}\n"),
                  {{1, 15, "lower case"}, {7, 42, "endpoint_url"}});
}

TEST(ConfigMistakes, AreDescribedByFileLineAndColumn) {
  EXPECT_EQ(describe("/etc/entente.yaml", {{3, 14, "first"}, {20, 1, "second"}}),
            "/etc/entente.yaml:3:14: first\n/etc/entente.yaml:20:1: second\n");
}

}  // namespace
}  // namespace entente::config::test
