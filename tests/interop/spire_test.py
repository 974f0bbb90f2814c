"""SPIRE's bundle endpoint server and bundle client, and its agent's Workload API commands."""

import json

import go_side
from certificates import PrivateRoot
from documents import key_ids, serials
from domain import Domain, federated_pair, tool
from processes import run
from scenario import Scenario
from waiting import eventually


class SpireBundles(Scenario):
    def assert_holds(self, domain, peer):
        def same(status):
            return status["state"] == "current" and status["x509_authorities"] == len(peer.held["x509"])
        domain.wait_for_status(peer.trust_domain, same, f"{len(peer.held['x509'])} authorities")
        document = domain.bundle(peer.trust_domain)
        self.assertEqual(serials(document), peer.held["x509"])
        self.assertEqual(key_ids(document), peer.held["jwt"])

    def test_our_syncer_polls_the_bundle_server_over_https_spiffe(self):
        peer = go_side.Peer(self, "spire")
        domain = Domain(self, "a.test")
        domain.federate(peer.trust_domain, peer.url, endpoint_id=peer.endpoint_id, bootstrap=peer.bootstrap).start()
        self.assert_holds(domain, peer)

        peer.prepare()
        self.assert_holds(domain, peer)
        peer.activate()
        peer.prepare()

        self.assert_holds(domain, peer)

    def test_our_syncer_polls_the_bundle_server_over_https_web(self):
        certificate, key = PrivateRoot(self.folder).issue()
        peer = go_side.Peer(self, "spire", certificate=certificate, key=key)
        domain = Domain(self, "a.test").federate(peer.trust_domain, peer.url, roots=self.folder / "root.pem").start()
        self.assert_holds(domain, peer)

        peer.prepare()

        self.assert_holds(domain, peer)

    def test_our_syncer_sees_no_change_in_the_order_of_the_bundle_servers_keys(self):
        peer = go_side.Peer(self, "spire")
        for _ in range(4):
            peer.prepare()
        domain = Domain(self, "a.test")
        domain.federate(peer.trust_domain, peer.url, endpoint_id=peer.endpoint_id, bootstrap=peer.bootstrap).start()
        self.assert_holds(domain, peer)
        first = domain.status(peer.trust_domain)

        # SPIRE writes its JWT keys in a random order at every answer.
        for _ in range(5):
            domain.command("federation", "refresh", peer.trust_domain)

        later = domain.wait_for_status(peer.trust_domain, lambda status: status["last_success"] > first["last_success"],
                                       "a later success")
        self.assertEqual(later["last_change"], first["last_change"])
        self.assertEqual(later["warnings"], [])

    def test_the_bundle_client_reads_our_https_spiffe_endpoint(self):
        domain = Domain(self, "a.test").serve_https_spiffe().start()
        flags = ["fetch-bundle", "--client", "spire", "--trust-domain", "a.test", "--url", domain.url,
                 "--endpoint-id", domain.endpoint_id, "--bundle", domain.write_bundle()]
        [before] = go_side.ask(self, *flags)

        domain.rotate()
        [after] = go_side.ask(self, *flags)

        self.assertLess(set(before["x509"]), set(after["x509"]))
        self.assertEqual(after["x509"], serials(domain.bundle()))
        self.assertEqual(after["jwt"], key_ids(domain.bundle()))

    def test_the_bundle_client_reads_our_https_web_endpoint(self):
        domain = Domain(self, "b.test").serve_https_web().start()

        [fetched] = go_side.ask(self, "fetch-bundle", "--client", "spire", "--trust-domain", "b.test", "--url", domain.url,
                                environment={"SSL_CERT_FILE": str(domain.root)})

        self.assertEqual(fetched["x509"], serials(domain.bundle()))


class SpireAgentCommands(Scenario):
    def setUp(self):
        super().setUp()
        self.a, self.b = federated_pair(self)

    def agent(self, domain, command, *arguments):
        socket = domain.workload_socket.removeprefix("unix://")
        done = go_side.attempt(self, "spire-agent", "api", *command.split(), "-socketPath", socket, *arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def token(self, domain, audience):
        [response, bundles] = json.loads(self.agent(domain, "fetch jwt", "-audience", audience, "-output", "json"))
        return response["svids"][0], bundles["bundles"]

    def verify(self, leaf, *authorities):
        joined = self.folder / "authorities.pem"
        joined.write_text("".join(path.read_text() for path in authorities))
        return run([tool(self, "openssl"), "verify", "-no_check_time", "-CAfile", joined, "-untrusted", leaf, leaf])

    def test_fetch_x509_writes_svids_and_bundles_that_verify(self):
        folders = {}
        for domain in (self.a, self.b):
            folders[domain] = self.folder / f"written.{domain.trust_domain}"
            folders[domain].mkdir()
            printed = self.agent(domain, "fetch x509", "-write", folders[domain])
            self.assertIn(domain.workload_id, printed)

        mine, theirs = folders[self.a], folders[self.b]
        own = self.verify(mine / "svid.0.pem", mine / "bundle.0.pem")
        federated = self.verify(mine / "svid.0.pem", theirs / "federated_bundle.0.0.pem")
        stranger = self.verify(mine / "svid.0.pem", theirs / "bundle.0.pem")

        self.assertEqual(own.returncode, 0, own.stderr)
        self.assertEqual(federated.returncode, 0, federated.stderr)
        self.assertNotEqual(stranger.returncode, 0)
        self.assertIn("PRIVATE KEY", (mine / "svid.0.key").read_text())

    def test_fetch_jwt_gives_a_token_that_validate_jwt_accepts_in_both_domains(self):
        svid, bundles = self.token(self.a, "spiffe://b.test/workload")

        here = self.agent(self.a, "validate jwt", "-audience", "spiffe://b.test/workload", "-svid", svid["svid"])
        there = self.agent(self.b, "validate jwt", "-audience", "spiffe://b.test/workload", "-svid", svid["svid"])

        self.assertEqual(svid["spiffe_id"], self.a.workload_id)
        self.assertEqual(svid["hint"], "internal")
        self.assertEqual(set(bundles), {"spiffe://a.test", "spiffe://b.test"})
        for output in (here, there):
            self.assertIn("SVID is valid", output)
            self.assertIn(self.a.workload_id, output)

    def test_validate_jwt_refuses_another_audience(self):
        svid, _ = self.token(self.a, "one")
        socket = self.b.workload_socket.removeprefix("unix://")

        done = go_side.attempt(self, "spire-agent", "api", "validate", "jwt", "-socketPath", socket, "-audience", "two",
                               "-svid", svid["svid"])

        self.assertNotEqual(done.returncode, 0)
        self.assertNotIn("SVID is valid", done.stdout)

    def test_watch_prints_every_update_of_a_rotation(self):
        socket = self.a.workload_socket.removeprefix("unix://")
        watching = go_side.start(self, "spire-agent", "api", "watch", "-socketPath", socket)
        self.wait_for_updates(watching, 1)

        self.a.rotate()

        self.wait_for_updates(watching, 2)
        self.assertTrue(watching.running(), watching.log())

    def wait_for_updates(self, watching, count):
        eventually(lambda: sum(line.startswith("Received") for line in watching.lines) >= count,
                   lambda: f"{count} updates\n{watching.log()}")
