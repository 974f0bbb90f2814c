"""/metrics: the names that dashboards are built on."""

import re

from foreign_authority import ForeignAuthority
from host import Host
from scenario import Scenario
from scripted_peer import ScriptedPeer, answer
from waiting import free_port

LINE = re.compile(r'^[a-z_]+(\{([a-z_0-9]+="[^"]*",?)+\})? [-+0-9.eEInfNa]+$')


class Metrics(Scenario):
    def test_each_relationship_is_exposed_under_its_trust_domain(self):
        authority = ForeignAuthority(self.folder, "peer.test")
        peer = ScriptedPeer(authority.web_certificate(), answer(authority.document(sequence=10)))
        self.addCleanup(peer.close)
        host = Host(self).serve_https_spiffe().federate("peer.test", peer.url, roots=authority.root)
        host.federate("absent.test", f"https://127.0.0.1:{free_port()}/", roots=authority.root).start_run()
        host.wait_until_current("peer.test")
        host.wait_for_status("absent.test", lambda seen: seen["last_error"], "an error")

        metrics = host.metrics()

        peers = {name.split("{")[0] for name in metrics if 'trust_domain="peer.test"' in name}
        for name in ("state", "warning", "sequence", "refresh_hint_seconds", "x509_authorities", "jwt_authorities",
                     "earliest_expiry_timestamp_seconds", "last_success_timestamp_seconds", "last_attempt_timestamp_seconds",
                     "last_change_timestamp_seconds", "consecutive_failures", "polls_total"):
            self.assertIn(f"entente_federation_{name}", peers)
        self.assertEqual(metrics['entente_federation_sequence{trust_domain="peer.test"}'], 10)
        self.assertEqual(metrics['entente_federation_state{state="current",trust_domain="peer.test"}'], 1)
        self.assertEqual(metrics['entente_federation_state{state="pending",trust_domain="absent.test"}'], 1)
        self.assertGreaterEqual(metrics['entente_federation_consecutive_failures{trust_domain="absent.test"}'], 1)
        self.assertNotIn('entente_federation_last_success_timestamp_seconds{trust_domain="absent.test"}', metrics)
        self.assertEqual(metrics["entente_store_unwritten"], 0)
        self.assertEqual(metrics["entente_bundle_sequence"], host.bundle()["spiffe_sequence"])

    def test_the_text_is_well_formed_and_every_family_has_help_and_type(self):
        host = Host(self).serve_https_spiffe().start_run()
        status, text = host.telemetry("/metrics")
        self.assertEqual(status, 200)
        described = set()
        for line in text.splitlines():
            if line.startswith("# "):
                described.add(tuple(line.split(" ")[1:3]))
                continue
            self.assertRegex(line, LINE)
            name = re.sub(r"_(bucket|count|sum)$", "", re.split(r"[{ ]", line)[0])
            for kind in ("HELP", "TYPE"):
                self.assertTrue((kind, name) in described or (kind, line.split("{")[0].split(" ")[0]) in described, line)

    def test_live_and_ready_answer_and_another_path_does_not(self):
        host = Host(self).start_run()
        self.assertEqual(host.telemetry("/live")[0], 200)
        self.assertEqual(host.telemetry("/ready")[0], 200)
        self.assertEqual(host.telemetry("/elsewhere")[0], 404)
