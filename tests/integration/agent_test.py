"""In front of an agent: the domain's bundle, and the endpoint's own SVID, from nothing but an agent's socket. The agent
is another Entente with an issuer; SPIRE's is in tests/interop."""

import json
import os
import ssl
import urllib.request

from host import Host, kill
from scenario import Scenario
from waiting import eventually


class Edge(Host):
    """Entente of the agent's trust domain, with a folder of its own."""

    def __init__(self, scenario, agent):
        super().__init__(scenario, "edge.test")
        self.trust_domain = agent.trust_domain
        self.configuration["trust_domain"] = agent.trust_domain
        self.configuration["local"] = {"workload_api": {"address": agent.workload_socket}}
        self.configuration["entries"] = []

    def published(self):
        """ETag and document, as a peer gets them; who answers is tested elsewhere."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with urllib.request.urlopen(self.url, timeout=10, context=context) as answer:
            return answer.headers["ETag"], json.loads(answer.read())

    def source(self):
        return self.json("bundle", "show")["source"]


def agent_for(scenario, *identities):
    """An issuer without an endpoint, whose workloads are this user's."""
    agent = Host(scenario, "a.test")
    for identity in identities:
        agent.configuration["entries"].append({"spiffe_id": identity, "selectors": [f"unix:uid:{os.getuid()}"]})
    return agent


def keys(document):
    return sorted(json.dumps(key, sort_keys=True) for key in document["keys"])


class InFrontOfAnAgent(Scenario):
    def test_the_edge_publishes_the_agents_bundle_and_survives_without_it(self):
        agent = agent_for(self, "spiffe://a.test/entente").start_run()
        edge = Edge(self, agent).serve_https_spiffe().start_run()
        peer = Host(self, "c.test").federate_with(edge, edge.write_bundle()).start_run()
        peer.wait_until_current("a.test")
        self.assertEqual(keys(edge.published()[1]), keys(agent.bundle()))
        source = edge.source()
        self.assertEqual((source["address"], source["problem"]), (agent.workload_socket, None))
        self.assertIsNotNone(source["last_confirmed"])

        agent.command("bundle", "rotate")
        eventually(lambda: keys(edge.published()[1]) == keys(agent.bundle()), "the prepared authority published")
        etag, document = edge.published()
        self.assertEqual(len(document["keys"]), 4)

        kill(agent.process)
        edge.wait_for_log("event=source_unavailable")
        away = eventually(lambda: edge.source() if edge.source()["problem"] else None, "the loss in the status")
        self.assertRegex(away["last_confirmed"], r"^20\d\d-")
        self.assertEqual(edge.metrics()["entente_source_connected"], 0)
        doctor = edge.try_command("doctor")
        self.assertIn("local_source", doctor.stdout)
        self.assertEqual(edge.published()[0], etag)

        edge.stop()
        edge.start_run()
        self.assertEqual(edge.published(), (etag, document))
        self.assertIsNone(edge.source()["last_confirmed"])
        agent.start_run()
        edge.wait_for_log("event=source_available", deadline=60)
        self.assertEqual(edge.published(), (etag, document))
        self.assertIsNone(edge.source()["problem"])

    def test_an_edge_that_starts_before_its_agent_waits_for_it_and_says_so(self):
        agent = agent_for(self, "spiffe://a.test/entente")
        edge = Edge(self, agent).serve_https_spiffe()
        edge.process = edge.launch("run")
        edge.wait_for_log("entente runs")
        status, reasons = eventually(lambda: edge.health() if "nothing answers" in edge.health()[1] else None, "the reason")
        self.assertEqual(status, 503)
        self.assertIn("own bundle", reasons)
        shown = edge.try_command("bundle", "show")
        self.assertEqual(shown.returncode, 1)
        self.assertIn(agent.workload_socket, shown.stderr)

        agent.start_run()

        eventually(lambda: edge.health()[0] == 200, lambda: f"ready: {edge.health()}", deadline=60)
        self.assertEqual(keys(edge.published()[1]), keys(agent.bundle()))

    def test_another_domains_agent_is_named_and_nothing_of_it_is_published(self):
        agent = agent_for(self).start_run()
        edge = Edge(self, agent).serve_https_web()
        edge.configuration["trust_domain"] = edge.trust_domain = "other.test"
        edge.process = edge.launch("run")

        complaint = edge.wait_for_log("event=source_unavailable")

        self.assertIn("bundles of a.test and none of other.test", complaint)
        self.assertEqual(edge.health()[0], 503)
        self.assertFalse((edge.folder / "data" / "publish" / "other.test.json").exists())
