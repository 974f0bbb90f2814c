"""A rotation at a peer domain, all the way to a service that nobody restarts: SPIRE's agent issues for a.test, an Entente
publishes a.test's bundle, b.test's Entente polls it, and go-spiffe's X509Source in a service of b.test follows."""

import os
import pathlib

import go_side
from domain import ENTENTE, Domain
from processes import run
from scenario import Scenario
from waiting import eventually

DELEGATE, CLIENT = "spiffe://a.test/entente", "spiffe://a.test/workload"


def certificate(kept):
    return pathlib.Path(f"{kept}.pem").read_text()


class Service(Scenario):
    def setUp(self):
        super().setUp()
        go_side.program(self)
        self.agent = go_side.start_spire_agent(
            self, self.folder / "agent.sock", self.folder / "admin.sock", DELEGATE,
            [f"{DELEGATE}=unix:path:{os.path.realpath(ENTENTE)}", f"{CLIENT}=unix:uid:{os.getuid()}=b.test"])
        self.a = Domain(self, "a.test").serve_https_web()
        self.a.configuration["local"] = {"workload_api": {"address": f"unix://{self.folder}/agent.sock",
                                                          "delegated": {"address": f"unix://{self.folder}/admin.sock"}}}
        self.a.configuration["entries"] = []
        self.b = Domain(self, "b.test").serve_https_web()
        self.a.federate_with(self.b)
        self.b.federate_with(self.a)
        for domain in (self.a, self.b):
            domain.start()
        self.a.wait_until_current("b.test")
        self.b.wait_until_current("a.test")
        self.service = go_side.start(self, "mtls-serve", "--socket", self.b.workload_socket, "--authorize", "a.test")
        self.address = self.service.wait_for_event("listening")["address"]

    def keep(self, name):
        """The client's SVID as it is now, in files: their path but for .pem and .key."""
        kept = self.folder / name
        done = run([ENTENTE, "svid", "fetch", "--write", kept], {"SPIFFE_ENDPOINT_SOCKET": self.a.workload_socket})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return f"{kept}/svid.1"  # svid.0 is the delegate's own, for the command line is Entente's program

    def keep_if_renewed(self, name, old):
        kept = self.keep(name)
        return kept if certificate(kept) != certificate(old) else None

    def call(self, kept):
        """What a client with that SVID hears from the service."""
        return go_side.attempt(self, "mtls-dial", "--socket", self.a.workload_socket, "--address", self.address,
                               "--authorize-id", self.b.workload_id, "--svid", kept)

    def assert_welcome(self, kept):
        done = self.call(kept)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"hello {CLIENT}", done.stdout)

    def tell_agent(self, word):
        self.agent.send(word)
        self.agent.wait_for_event(word)

    def refusals(self):
        return [event["message"] for event in self.service.events("error") if event["where"] == "handshake"]

    def test_through_a_peers_rotation_it_accepts_the_new_authority_and_then_refuses_the_old_one(self):
        old = self.keep("old")
        self.assert_welcome(old)
        self.assertEqual(self.refusals(), [])

        self.tell_agent("rotate")

        new = eventually(lambda: self.keep_if_renewed("new", old), "a renewed SVID")
        eventually(lambda: self.call(new).returncode == 0, lambda: f"the new one welcome; {self.call(new).stderr}")
        self.assert_welcome(old)
        before = len(self.refusals())

        self.tell_agent("retire")

        eventually(lambda: self.call(old).returncode == 1, "the old one refused")
        refused = eventually(lambda: self.refusals()[before:], "the service's own word on it")
        self.assertIn("certificate signed by unknown authority", refused[0])
        self.assert_welcome(new)
        self.assertEqual(self.call(old).returncode, 1)
