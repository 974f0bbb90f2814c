"""SIGHUP: what it applies, what it refuses, what it names as needing a restart."""

import json
import signal
import socket
import ssl

from foreign_authority import ForeignAuthority
from host import Host, trust_domains, updates
from scenario import Scenario
from scripted_peer import ScriptedPeer, answer
from waiting import eventually, free_port


class Reload(Scenario):
    def setUp(self):
        super().setUp()
        self.authority = ForeignAuthority(self.folder, "peer.test")
        self.peer = ScriptedPeer(self.authority.web_certificate(), answer(self.authority.document(sequence=10)))
        self.addCleanup(self.peer.close)
        self.host = Host(self).serve_https_web()

    def federate(self):
        self.host.federate("peer.test", self.peer.url, roots=self.authority.root)

    def reload(self):
        """Sends SIGHUP and waits until it is applied or refused."""
        before = len(self.host.process.messages)
        self.host.reload()

        def done():
            return [line for line in self.host.process.messages[before:] if "configuration" in line]
        eventually(done, "the end of the reload")
        return self.host.process.messages[before:]

    def test_a_relationship_comes_and_goes_without_a_restart(self):
        self.host.start_run()
        watch = self.host.watch()
        token = self.authority.token("a")
        self.assertEqual(trust_domains(updates(watch)[-1]), {"a.test"})

        self.federate()
        self.reload()

        self.host.wait_until_current("peer.test")
        eventually(lambda: trust_domains(updates(watch)[-1]) == {"a.test", "peer.test"}, "the new bundle", deadline=10)
        self.assertEqual(self.host.try_command("jwt", "validate", "--audience", "a", token).returncode, 0)
        self.assertTrue(any('trust_domain="peer.test"' in name for name in self.host.metrics()))

        self.host.configuration["federation"] = []
        self.reload()

        eventually(lambda: trust_domains(updates(watch)[-1]) == {"a.test"}, "the withdrawal", deadline=10)
        self.assertEqual(self.host.try_command("jwt", "validate", "--audience", "a", token).returncode, 1)
        self.assertEqual(self.host.json("federation", "list"), [])
        self.assertEqual(self.host.try_command("bundle", "show", "peer.test").returncode, 1)
        self.assertFalse(any('trust_domain="peer.test"' in name for name in self.host.metrics()))

    def test_entries_come_change_and_go_in_open_streams(self):
        self.host.start_run()
        watch = self.host.watch()

        def identities():
            return [svid["spiffe_id"] for svid in updates(watch)[-1]["svids"]]
        entries = self.host.configuration["entries"]
        entries.append({**entries[0], "spiffe_id": "spiffe://a.test/second", "hint": "second"})
        self.reload()
        eventually(lambda: identities() == ["spiffe://a.test/workload", "spiffe://a.test/second"], "both", deadline=10)

        entries.reverse()
        entries[0]["x509_svid_ttl"] = "5m"
        self.reload()
        eventually(lambda: identities() == ["spiffe://a.test/second", "spiffe://a.test/workload"], "the new order", deadline=10)
        shorter, longer = updates(watch)[-1]["svids"]
        self.assertLess(shorter["not_after"], longer["not_after"])

        del entries[1]
        self.reload()
        eventually(lambda: identities() == ["spiffe://a.test/second"], "the rest", deadline=10)

    def test_a_file_with_mistakes_is_refused_whole_and_each_is_logged(self):
        self.federate()
        self.host.start_run()
        self.host.wait_until_current("peer.test")
        good = json.dumps(self.host.configuration)
        self.host.configuration["federation"] = []
        self.host.configuration["colour"] = "red"
        self.host.configuration["polling"]["floor"] = "never"

        said = "\n".join(self.reload())

        self.assertIn("refused whole", said)
        eventually(lambda: "never" in "\n".join(self.host.process.messages), "the second mistake")
        said = "\n".join(self.host.process.messages)
        self.assertRegex(said, r"entente\.yaml:\d+:\d+: [^\n]*colour")
        self.assertRegex(said, r"entente\.yaml:\d+:\d+: [^\n]*never")
        self.assertEqual(self.host.status("peer.test")["state"], "current")  # nothing of it was applied
        self.host.configuration = json.loads(good)
        self.assertIn("is applied", "\n".join(self.reload()))

    def test_a_file_that_is_gone_changes_nothing(self):
        self.federate()
        self.host.start_run()
        (self.host.folder / "entente.yaml").unlink()
        self.host.process.signal(signal.SIGHUP)
        self.host.wait_for_log("mistake in the configuration")
        self.host.wait_until_current("peer.test")

    def test_what_needs_a_restart_is_named_and_the_rest_applied(self):
        self.host.start_run()
        self.federate()
        self.host.configuration["data_dir"] = str(self.host.folder / "elsewhere")
        self.host.configuration["telemetry"]["listen"] = f"127.0.0.1:{free_port()}"
        self.host.configuration["bundle_endpoint"]["path"] = "/elsewhere"

        said = "\n".join(self.reload())

        for setting in ("data_dir", "telemetry", "bundle_endpoint.path"):
            self.assertRegex(said, rf"event=restart_needed setting={setting}\b")
        self.assertNotRegex(said, r"event=restart_needed setting=(federation|polling|entries|log)")
        self.host.wait_until_current("peer.test")
        self.assertFalse((self.host.folder / "elsewhere").exists())

    def test_the_log_changes_its_level_and_format(self):
        self.host.start_run()
        self.host.configuration["log"] = {"level": "debug", "format": "json"}
        self.reload()
        line = json.loads(self.host.wait_for_log("is applied"))
        self.assertIn("the configuration is applied", line.values())

    def test_the_change_policy_holds_from_the_next_poll_on(self):
        self.federate()
        self.host.start_run()
        self.host.wait_until_current("peer.test")
        other = ForeignAuthority(self.folder, "added.test")

        self.host.configuration["change_policy"] = "approve"
        self.reload()
        self.peer.change(answer(self.authority.document(sequence=11, keys=[self.authority.x509_key(), other.x509_key()])))
        self.host.try_command("federation", "refresh")

        held = self.host.wait_for_held("peer.test")
        self.assertEqual((held["policy"], held["sequence"], held["held"]["sequence"]), ("approve", 10, 11))

        self.host.configuration["change_policy"] = "accept"
        self.reload()
        self.host.try_command("federation", "refresh")
        taken = self.host.wait_for_status("peer.test", lambda seen: seen["sequence"] == 11, "the bundle that was held")
        self.assertEqual((taken["policy"], taken["state"]), ("accept", "current"))

    def test_narrower_limits_of_the_history_apply_at_once(self):
        self.federate()
        self.host.start_run()
        self.host.wait_until_current("peer.test")
        for sequence in (11, 12):
            self.peer.change(answer(self.authority.document(sequence=sequence)))
            self.host.try_command("federation", "refresh")
            self.host.wait_for_status("peer.test", lambda seen: seen["sequence"] == sequence, f"sequence {sequence}")

        def numbers():
            return [entry["number"] for entry in self.host.json("federation", "history", "peer.test")]
        self.assertEqual(numbers(), [1, 2, 3])

        self.host.configuration["history"] = {"entries": 2}
        self.reload()
        eventually(lambda: numbers() == [2, 3], "the oldest gone")
        self.host.configuration["history"] = {"entries": 1}
        self.reload()
        eventually(lambda: numbers() == [3], "all but the newest gone")

    def test_the_refresh_hint_reaches_the_peers(self):
        self.host.start_run()
        self.host.configuration["bundle_endpoint"]["refresh_hint"] = "77s"
        self.reload()
        eventually(lambda: self.host.bundle()["spiffe_refresh_hint"] == 77, "the new hint")

    def test_certificate_files_are_replaced_in_place_and_by_others(self):
        self.host.start_run()
        address = ("127.0.0.1", int(self.host.url.rsplit(":", 1)[1].rstrip("/")))

        def served():
            try:
                return ssl.get_server_certificate(address, timeout=10)
            except OSError:
                return None

        def serves(certificate):
            expected = ssl.PEM_cert_to_DER_cert(certificate.read_text())
            eventually(lambda: (now := served()) and ssl.PEM_cert_to_DER_cert(now) == expected, f"{certificate} served")
        profile = self.host.configuration["bundle_endpoint"]["https_web"]
        one, key = self.authority.certificate("one", "DNS:localhost,IP:127.0.0.1")
        in_place = self.host.folder / "tls.pem"
        (self.host.folder / "tls.key").write_bytes(key.read_bytes())
        in_place.write_bytes(one.read_bytes())
        serves(in_place)

        other, other_key = self.authority.certificate("other", "DNS:localhost,IP:127.0.0.1")
        profile.update({"certificate": str(other), "key": str(other_key)})
        said = self.reload()

        self.assertNotIn("needs a restart", "\n".join(said))
        serves(other)

    def test_a_bootstrap_bundle_that_the_operator_changed_is_taken(self):
        endpoint = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(endpoint.close)
        url = f"https://127.0.0.1:{endpoint.getsockname()[1]}/"  # never answers
        bootstrap = self.folder / "bootstrap.json"
        bootstrap.write_bytes(self.authority.document(sequence=10))
        self.host.federate("peer.test", url, endpoint_id="spiffe://peer.test/endpoint", bootstrap=bootstrap)
        self.host.start_run()
        self.assertEqual(self.host.status("peer.test")["sequence"], 10)
        other = ForeignAuthority(self.folder, "rebuilt.test")

        bootstrap.write_bytes(other.document(sequence=3))
        self.reload()

        self.host.wait_for_status("peer.test", lambda seen: seen["sequence"] == 3, "the operator's word")
