"""go-spiffe's Workload API sources, watchers, mTLS and JWT-SVID validation, between workloads of two federated domains."""

import go_side
from domain import federated_pair
from scenario import Scenario

# docs/design.md, The interface: `bundle rotate --now` reaches open streams within 5 s; the rest is the test machine's own slowness.
SOON = 15.0


class Sources(Scenario):
    def setUp(self):
        super().setUp()
        self.a, self.b = federated_pair(self)

    def test_sources_and_watchers_follow_our_own_rotation(self):
        sources = go_side.start(self, "sources", "--socket", self.a.workload_socket, "--trust-domain", "a.test")
        svid = sources.wait_for_event("x509_source")
        keys = set(sources.wait_for_event("jwt_source")["keys"])
        bundle = sources.wait_for_event("bundle_source")
        context = sources.wait_for_event("x509_context")
        sources.wait_for_event("x509_bundles")
        sources.wait_for_event("jwt_bundles")
        self.assertEqual(svid["id"], self.a.workload_id)
        self.assertEqual(svid["hint"], "internal")
        self.assertEqual(context["svids"][0]["id"], self.a.workload_id)

        self.a.rotate()

        authorities = set(svid["authorities"])
        renewed = sources.wait_for_event("x509_source", lambda event: event["serial"] != svid["serial"], SOON)
        self.assertLess(authorities, set(renewed["authorities"]))
        sources.wait_for_event("jwt_source", lambda event: keys < set(event["keys"]), SOON)
        sources.wait_for_event("bundle_source", lambda event: set(bundle["x509"]) < set(event["x509"])
                               and set(bundle["jwt"]) < set(event["jwt"]), SOON)
        sources.wait_for_event("x509_context", lambda event: event["svids"][0]["serial"] == renewed["serial"], SOON)
        sources.wait_for_event("x509_bundles", lambda event: authorities < set(event["bundles"]["a.test"]), SOON)
        sources.wait_for_event("jwt_bundles", lambda event: keys < set(event["bundles"]["a.test"]), SOON)
        self.assertEqual(sources.events("error") + sources.events("ended"), [])

    def test_sources_and_watchers_follow_a_peers_rotation(self):
        sources = go_side.start(self, "sources", "--socket", self.a.workload_socket, "--trust-domain", "b.test")
        bundle = sources.wait_for_event("bundle_source")
        x509, jwt = set(bundle["x509"]), set(bundle["jwt"])
        own = sources.wait_for_event("x509_source")["serial"]

        self.b.rotate()

        sources.wait_for_event("bundle_source", lambda event: x509 < set(event["x509"]) and jwt < set(event["jwt"]))
        sources.wait_for_event("x509_source", lambda event: x509 < set(event["authorities"]))
        sources.wait_for_event("jwt_source", lambda event: jwt < set(event["keys"]))
        sources.wait_for_event("x509_bundles", lambda event: x509 < set(event["bundles"]["b.test"]))
        sources.wait_for_event("jwt_bundles", lambda event: jwt < set(event["bundles"]["b.test"]))
        self.assertEqual({event["serial"] for event in sources.events("x509_source")}, {own})
        self.assertEqual(sources.events("error") + sources.events("ended"), [])


class MutualTls(Scenario):
    def setUp(self):
        super().setUp()
        self.a, self.b = federated_pair(self)

    def serve(self, domain, authorize):
        server = go_side.start(self, "mtls-serve", "--socket", domain.workload_socket, "--authorize", authorize)
        return server, server.wait_for_event("listening")["address"]

    def dial(self, domain, address, peer_id, way="spiffetls"):
        return ["mtls-dial", "--socket", domain.workload_socket, "--address", address, "--authorize-id", peer_id, "--with", way]

    def connect(self, client, server, way):
        serving, address = self.serve(server, client.trust_domain)
        [connected] = go_side.ask(self, *self.dial(client, address, server.workload_id, way))
        self.assertEqual(connected["peer"], server.workload_id)
        self.assertEqual(connected["greeting"], f"hello {client.workload_id}\n")
        serving.wait_for_event("accepted", lambda event: event["peer"] == client.workload_id)

    def test_a_workload_of_each_domain_authenticates_the_other_by_spiffetls(self):
        self.connect(self.a, self.b, "spiffetls")
        self.connect(self.b, self.a, "spiffetls")

    def test_a_workload_of_each_domain_authenticates_the_other_by_tlsconfig(self):
        self.connect(self.a, self.b, "tlsconfig")
        self.connect(self.b, self.a, "tlsconfig")

    def test_mutual_tls_works_on_after_both_domains_rotated(self):
        before = {domain: domain.bundle()["spiffe_sequence"] for domain in (self.a, self.b)}
        for domain, peer in ((self.a, self.b), (self.b, self.a)):
            domain.rotate()
            peer.wait_for_status(domain.trust_domain, lambda status, held=before[domain]: status["sequence"] > held,
                                 "the rotated bundle")

        self.connect(self.a, self.b, "spiffetls")
        self.connect(self.b, self.a, "tlsconfig")

    def test_a_client_refuses_a_server_of_another_identity(self):
        _, address = self.serve(self.b, "a.test")

        done = go_side.attempt(self, *self.dial(self.a, address, "spiffe://b.test/somebody-else"))

        self.assertEqual(done.returncode, 1)
        self.assertIn("unexpected ID", done.stderr)

    def test_a_server_refuses_clients_of_a_domain_it_did_not_authorize(self):
        serving, address = self.serve(self.b, "b.test")

        done = go_side.attempt(self, *self.dial(self.a, address, self.b.workload_id))

        self.assertEqual(done.returncode, 1)
        refused = serving.wait_for_event("error", lambda event: event["where"] == "handshake")
        self.assertIn("a.test", refused["message"])
        self.assertEqual(serving.events("accepted"), [])


class JwtSvids(Scenario):
    def setUp(self):
        super().setUp()
        self.a, self.b = federated_pair(self)

    def fetch(self, domain, audience):
        return go_side.ask(self, "jwt-fetch", "--socket", domain.workload_socket, "--audience", audience)[0]

    def validate(self, domain, token, audience, *more):
        return go_side.attempt(self, "jwt-validate", "--socket", domain.workload_socket, "--audience", audience,
                               "--token", token, *more)

    def test_parse_and_validate_accepts_our_tokens_in_the_other_domain(self):
        for issuer, verifier in ((self.a, self.b), (self.b, self.a)):
            svid = self.fetch(issuer, verifier.workload_id)

            for where in ([], ["--remote"]):
                done = self.validate(verifier, svid["token"], verifier.workload_id, *where)

                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(f'"id":"{issuer.workload_id}"', done.stdout)

    def test_parse_and_validate_accepts_a_token_of_a_rotated_key(self):
        old = self.fetch(self.a, "anyone")
        sequence = self.a.bundle()["spiffe_sequence"]

        self.a.rotate()
        self.b.wait_for_status("a.test", lambda status: status["sequence"] > sequence, "the rotated bundle")
        new = self.fetch(self.a, "anyone")

        self.assertNotEqual(old["token"].split(".")[0], new["token"].split(".")[0], "the header names the new key")
        for svid in (old, new):
            done = self.validate(self.b, svid["token"], "anyone")
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_parse_and_validate_refuses_another_audience_and_an_altered_token(self):
        token = self.fetch(self.a, "one")["token"]
        header, _, signature = token.split(".")
        other_claims = self.fetch(self.a, "two")["token"].split(".")[1]

        for where in ([], ["--remote"]):
            self.assertEqual(self.validate(self.b, token, "two", *where).returncode, 1)
            self.assertEqual(self.validate(self.b, f"{header}.{other_claims}.{signature}", "two", *where).returncode, 1)
