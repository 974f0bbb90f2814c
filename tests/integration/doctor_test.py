"""`entente doctor` as an operator uses it: a good relationship, broken ones, and what each finding says."""

import json

from foreign_authority import ForeignAuthority
from host import Host
from scenario import Scenario
from scripted_peer import ScriptedPeer, answer
from waiting import eventually, free_port


class Doctor(Scenario):
    def peer(self, host, trust_domain, behaviour=None, certificate=None, roots=True, **document):
        """A web peer of the host's; wrong where the test says so."""
        authority = ForeignAuthority(self.folder, trust_domain)
        peer = ScriptedPeer(certificate or authority.web_certificate(),
                            behaviour or answer(authority.document(**{"sequence": 10, "hint": 60, **document})))
        self.addCleanup(peer.close)
        host.federate(trust_domain, peer.url, roots=authority.root if roots else self.folder / "other.pem")
        peer.authority = authority
        return peer

    def examine(self, host, *arguments):
        done = host.try_command("doctor", *arguments, "--output", "json")
        self.assertIn(done.returncode, (0, 1), done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(done.returncode, 1 if report["problems"] + report["warnings"] else 0)
        return report

    def complaints(self, report):
        return sorted({(finding["trust_domain"], finding["check"]) for finding in report["findings"]
                       if finding["severity"] in ("problem", "warning")}, key=str)

    def open_folder(self, host):
        """The sockets must be reachable for the host's workloads."""
        for folder in (self.folder, host.folder):
            folder.chmod(0o755)
        return ["-c", str(host.folder / "entente.yaml")]

    def test_a_good_relationship_has_no_findings(self):
        host = Host(self).serve_https_spiffe()
        host.configuration["telemetry"] = {"listen": f"127.0.0.1:{free_port()}"}
        self.peer(host, "good.test")
        host.start_run().wait_until_current("good.test")
        configuration = self.open_folder(host)

        report = self.examine(host, *configuration)

        self.assertEqual(self.complaints(report), [])
        checks = {finding["check"] for finding in report["findings"]}
        for check in ("admin_api", "admin_socket", "workload_socket", "data_dir", "own_endpoint", "state", "tcp", "tls",
                      "certificate_expiry", "authority_expiry", "sequence", "refresh_hint", "peer_holds_us"):
            self.assertIn(check, checks)

    def test_each_broken_relationship_is_found_with_what_to_do(self):
        host = Host(self).serve_https_spiffe()
        (self.folder / "other.pem").write_bytes(ForeignAuthority(self.folder, "other.test").root.read_bytes())
        self.peer(host, "good.test")
        page = self.peer(host, "page.test", answer(b"<html>Sign in</html>"))
        self.peer(host, "broken.test", answer(b"", status="500 Internal Server Error"))
        self.peer(host, "untrusted.test", roots=False)
        host.federate("silent.test", f"https://127.0.0.1:{free_port()}/", roots=page.authority.root)
        expired = ForeignAuthority(self.folder, "expired.test")
        ended = ScriptedPeer(expired.web_certificate(days=-1), answer(expired.document()))
        self.addCleanup(ended.close)
        host.federate("expired.test", ended.url, roots=expired.root)
        host.start_run().wait_until_current("good.test")
        broken = ("page.test", "broken.test", "untrusted.test", "silent.test", "expired.test")
        for name in broken:
            host.wait_for_status(name, lambda seen: seen["last_error"], "an error")

        found = self.complaints(self.examine(host))

        self.assertNotIn("good.test", {name for name, _ in found})
        for name, check in zip(broken, ("document", "http_status", "tls", "tcp", "certificate_expiry")):
            self.assertIn((name, check), found)
            self.assertIn((name, "state"), found)

    def test_what_a_good_peer_turned_into_is_found(self):
        host = Host(self).serve_https_spiffe()
        older = self.peer(host, "older.test")
        skewed = self.peer(host, "skewed.test")
        revoked = self.peer(host, "revoked.test")
        host.start_run()
        for name in ("older.test", "skewed.test", "revoked.test"):
            host.wait_until_current(name)
        older.change(answer(older.authority.document(sequence=9, hint=60)))
        skewed.change(answer(skewed.authority.document(sequence=10, hint=60), headers=["Date: Sun, 06 Nov 1994 08:49:37 GMT"]))
        revoked.change(answer(revoked.authority.document(sequence=11, hint=60, keys=[])))

        found = self.complaints(self.examine(host))

        self.assertEqual([check for name, check in found if name == "older.test"], ["sequence"])
        self.assertEqual([check for name, check in found if name == "skewed.test"], ["clock_skew"])
        self.assertEqual([check for name, check in found if name == "revoked.test"], ["revoked"])

    def test_a_change_that_waits_is_found_with_the_command_that_approves_it(self):
        host = Host(self)
        self.peer(host, "held.test")
        host.configuration["federation"][-1]["policy"] = "approve"
        host.start_run()
        # A status that awaits approval has an exit code of its own.
        digest = eventually(lambda: self.held_digest(host), "a held bundle")

        report = self.examine(host, "held.test")

        [held] = [finding for finding in report["findings"] if finding["check"] == "held"]
        self.assertIn(f"entente federation approve held.test --digest {digest}", held["what_to_do"])
        host.command("federation", "approve", "held.test", "--digest", digest)
        self.assertEqual(self.complaints(self.examine(host, "held.test")), [])

    def held_digest(self, host):
        held = json.loads(host.try_command("federation", "show", "held.test", "--output", "json").stdout)["held"]
        return held and held["digest"]

    def test_what_was_refused_is_told_from_the_history(self):
        host = Host(self)
        peer = self.peer(host, "older.test")
        host.start_run().wait_until_current("older.test")
        peer.change(answer(peer.authority.document(sequence=9, hint=60)))
        host.command("federation", "refresh", "older.test", check=False)

        report = self.examine(host, "older.test")

        self.assertEqual(self.complaints(report),
                         [("older.test", "refused_lately"), ("older.test", "sequence"), ("older.test", "state")])

    def test_the_text_names_problem_and_remedy_and_has_no_colour_in_a_pipe(self):
        host = Host(self)
        self.peer(host, "broken.test", answer(b"", status="404 Not Found"))
        host.start_run().wait_for_status("broken.test", lambda seen: seen["last_error"], "an error")

        done = host.try_command("doctor", "broken.test")

        self.assertEqual(done.returncode, 1)
        self.assertIn("broken.test: ", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^  problem http_status: .*404 Not Found")
        self.assertIn("to do: check the path", done.stdout)
        self.assertNotIn("\x1b", done.stdout)

    def test_a_daemon_that_does_not_run_is_a_finding(self):
        host = Host(self)
        done = host.try_command("doctor", "--output", "json")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.complaints(json.loads(done.stdout)), [(None, "admin_api"), (None, "admin_socket")])

    def test_without_the_configuration_it_says_what_it_did_not_look_at(self):
        host = Host(self).start_run()

        good = host.try_command("doctor")

        self.assertEqual(good.returncode, 0, good.stdout)
        self.assertRegex(good.stdout, r"(?m)^  note +own_endpoint: not looked at: our own endpoint.* still ask us$")
        self.assertIn("entente doctor -c FILE", good.stdout)
        # The one file that is known all the same.
        (host.folder / "admin.sock").chmod(0o666)
        self.assertEqual(self.complaints(self.examine(host)), [(None, "admin_socket")])

    def test_an_unknown_trust_domain_is_a_finding_and_a_malformed_one_a_mistake_of_usage(self):
        host = Host(self).start_run()
        self.assertEqual(self.complaints(self.examine(host, "unknown.test")), [(None, "relationship")])
        self.assertEqual(host.try_command("doctor", "NOT A DOMAIN").returncode, 2)
        self.assertEqual(host.try_command("doctor", "-c", "/nonexistent").returncode, 2)

    def test_local_permissions_are_looked_at_with_the_configuration(self):
        host = Host(self).serve_https_spiffe().start_run()
        configuration = self.open_folder(host)
        (host.folder / "admin.sock").chmod(0o666)
        (host.folder / "workload.sock").chmod(0o600)

        found = self.complaints(self.examine(host, *configuration))

        self.assertEqual(found, [(None, "admin_socket"), (None, "workload_socket")])

    def test_a_host_of_the_server_alone_is_looked_at_by_its_configuration(self):
        host = Host(self).serve_https_web().split()
        for key in ("data_dir", "local", "entries", "federation", "workload_api", "admin", "polling", "telemetry"):
            del host.configuration[key]
        self.folder.chmod(0o755)

        found = self.complaints(self.examine(host, "-c", str(host.write())))

        # Neither the syncer nor the server runs.
        self.assertEqual(found, [(None, "publication"), (None, "tcp")])

    def test_nothing_is_disturbed_by_it(self):
        host = Host(self).serve_https_spiffe()
        host.configuration["polling"]["floor"] = "1h"
        peer = self.peer(host, "good.test")
        host.start_run().wait_until_current("good.test")
        before, asked = host.status("good.test"), len(peer.asked)

        self.examine(host, "good.test")

        self.assertEqual(host.status("good.test"), before)
        self.assertEqual(len(peer.asked), asked + 1)
