"""go-spiffe's federation package: its clients against our bundle endpoint, and our syncer against its handler."""

import json

import go_side
from certificates import PrivateRoot
from documents import key_ids, serials
from domain import Domain
from scenario import Scenario
from waiting import eventually


class GoSpiffeFetchesFromUs(Scenario):
    def assert_same(self, fetched, document):
        self.assertEqual(fetched["x509"], serials(document))
        self.assertEqual(fetched["jwt"], key_ids(document))
        self.assertEqual(fetched["sequence"], document["spiffe_sequence"])
        self.assertEqual(fetched["refresh_hint"], document["spiffe_refresh_hint"])

    def endpoint_flags(self, domain):
        flags = ["--trust-domain", domain.trust_domain, "--url", domain.url]
        if domain.root:
            return [*flags, "--roots", domain.root]
        return [*flags, "--endpoint-id", domain.endpoint_id, "--bundle", domain.write_bundle()]

    def test_fetch_bundle_reads_our_https_spiffe_endpoint(self):
        domain = Domain(self, "a.test").serve_https_spiffe().start()

        [fetched] = go_side.ask(self, "fetch-bundle", *self.endpoint_flags(domain))

        self.assert_same(fetched, domain.bundle())

    def test_fetch_bundle_reads_our_https_web_endpoint(self):
        domain = Domain(self, "b.test").serve_https_web().start()

        [fetched] = go_side.ask(self, "fetch-bundle", *self.endpoint_flags(domain))

        self.assert_same(fetched, domain.bundle())

    def test_fetch_bundle_refuses_us_under_another_endpoint_id(self):
        domain = Domain(self, "a.test").serve_https_spiffe().start()
        domain.endpoint_id = "spiffe://a.test/somebody-else"

        done = go_side.attempt(self, "fetch-bundle", *self.endpoint_flags(domain))

        self.assertEqual(done.returncode, 1)
        self.assertIn("unexpected ID", done.stderr)
        self.assertIn("spiffe://a.test/entente", done.stderr)

    def watch_through_a_rotation(self, domain):
        watching = go_side.start(self, "watch-bundle", *self.endpoint_flags(domain))
        first = watching.wait_for_event("bundle")
        self.assert_same(first, domain.bundle())

        domain.rotate()

        changed = watching.wait_for_event("bundle", lambda event: event["sequence"] > first["sequence"])
        self.assertLess(set(first["x509"]), set(changed["x509"]))
        self.assertLess(set(first["jwt"]), set(changed["jwt"]))
        self.assert_same(watching.events("bundle")[-1], domain.bundle())
        self.assertEqual(watching.events("error"), [])

    def test_watch_bundle_follows_our_rotation_over_https_spiffe(self):
        self.watch_through_a_rotation(Domain(self, "a.test").serve_https_spiffe().start())

    def test_watch_bundle_follows_our_rotation_over_https_web(self):
        self.watch_through_a_rotation(Domain(self, "b.test").serve_https_web().start())

    def test_the_endpoint_changes_to_a_forced_authority_once_peers_can_know_it(self):
        domain = Domain(self, "a.test").serve_https_spiffe().start()
        old = domain.bundle()
        flags = self.endpoint_flags(domain)

        domain.rotate()

        # At once, a peer that has only the old authority is still served: it could learn of the new one nowhere else.
        [fetched] = go_side.ask(self, "fetch-bundle", *flags)
        self.assertLess(set(serials(old)), set(fetched["x509"]))
        # Later, one that has only the new authority is.
        document = domain.bundle()
        document["keys"] = [key for key in document["keys"] if key not in old["keys"]]
        fresh = self.folder / "fresh.json"
        fresh.write_text(json.dumps(document))
        eventually(lambda: go_side.attempt(self, "fetch-bundle", *flags[:-1], fresh).returncode == 0,
                   "an SVID of the new authority", interval=0.5)


class WePollGoSpiffe(Scenario):
    def assert_holds(self, domain, peer):
        """Waits until the domain holds exactly what the peer serves."""
        def same(status):
            return status["state"] == "current" and status["sequence"] == peer.held["sequence"]
        status = domain.wait_for_status(peer.trust_domain, same, f"sequence {peer.held['sequence']}")
        document = domain.bundle(peer.trust_domain)
        self.assertEqual(serials(document), peer.held["x509"])
        self.assertEqual(key_ids(document), peer.held["jwt"])
        self.assertEqual(status["x509_authorities"], len(peer.held["x509"]))
        self.assertEqual(status["jwt_authorities"], len(peer.held["jwt"]))
        self.assertEqual(status["refresh_hint"], 1)
        return status

    def test_our_syncer_polls_the_handler_over_https_web(self):
        certificate, key = PrivateRoot(self.folder).issue()
        peer = go_side.Peer(self, "go-spiffe", certificate=certificate, key=key)
        domain = Domain(self, "a.test").federate(peer.trust_domain, peer.url, roots=self.folder / "root.pem").start()
        self.assert_holds(domain, peer)

        peer.prepare()

        status = self.assert_holds(domain, peer)
        self.assertEqual(status["endpoint_profile"], "https_web")

    def test_our_syncer_polls_the_handler_over_https_spiffe_through_a_rotation(self):
        peer = go_side.Peer(self, "go-spiffe")
        domain = Domain(self, "a.test")
        domain.federate(peer.trust_domain, peer.url, endpoint_id=peer.endpoint_id, bootstrap=peer.bootstrap).start()
        self.assert_holds(domain, peer)

        peer.prepare()
        self.assert_holds(domain, peer)
        # The endpoint's SVID now hangs from an authority that only the fetched bundle knows.
        peer.activate()
        peer.prepare()

        status = self.assert_holds(domain, peer)
        self.assertEqual(status["endpoint_spiffe_id"], peer.endpoint_id)

    def test_our_syncer_refuses_the_handler_under_another_endpoint_id(self):
        peer = go_side.Peer(self, "go-spiffe")
        domain = Domain(self, "a.test")
        domain.federate(peer.trust_domain, peer.url, endpoint_id="spiffe://peer.test/else", bootstrap=peer.bootstrap).start()

        status = domain.wait_for_status(peer.trust_domain, lambda status: status["last_error"], "a failed attempt")

        self.assertEqual(status["last_error"]["code"], "wrong_spiffe_id")
        self.assertEqual(status["state"], "pending")
