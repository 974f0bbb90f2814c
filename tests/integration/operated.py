"""A host under test and a peer of the test's own making: what an operator does with the one about the other."""

import json

from foreign_authority import ForeignAuthority
from host import Host, trust_domains, updates
from scenario import Scenario
from scripted_peer import ScriptedPeer, answer
from waiting import eventually


class Operated(Scenario):
    """`host` is not started yet. `peer` serves peer.test as https_web; publish() says what."""

    def setUp(self):
        super().setUp()
        self.authority = self.new_authority("first")
        self.keys = [self.authority.x509_key(), self.authority.jwt_key()]
        self.peer = self.new_peer()
        self.host = Host(self)
        self.publish(10, self.keys)

    def new_authority(self, name, trust_domain="peer.test"):
        folder = self.folder / name
        folder.mkdir()
        return ForeignAuthority(folder, trust_domain)

    def new_peer(self):
        peer = ScriptedPeer(self.authority.web_certificate(), answer(b""))
        self.addCleanup(peer.close)
        return peer

    def publish(self, sequence, keys, peer=None):
        (peer or self.peer).change(answer(self.authority.document(sequence, keys=keys)))

    def created_by(self, *more):
        """The arguments that create the relationship with the peer."""
        return ["federation", "create", "peer.test", "--url", self.peer.url, "--https-web", "--roots", self.authority.root, *more]

    # -- commands

    def good(self, *arguments, code=0):
        done = self.host.try_command(*arguments)
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout}{done.stderr}")
        return done.stdout

    def json(self, *arguments, code=0):
        return json.loads(self.good(*arguments, "--output", "json", code=code))

    def bad(self, *arguments, code=1):
        done = self.host.try_command(*arguments)
        self.assertEqual((done.returncode, done.stdout), (code, ""), f"{arguments}\n{done.stderr}")
        self.assertTrue(done.stderr.startswith("entente: "), done.stderr)
        return done.stderr

    def show(self, code=0):
        return self.json("federation", "show", "peer.test", code=code)

    # -- what workloads see

    def sees(self, watch, *expected, deadline=10.0):
        wanted = {"a.test", *expected}
        eventually(lambda: trust_domains(updates(watch)[-1]) == wanted,
                   lambda: f"bundles of {wanted}; last seen {trust_domains(updates(watch)[-1])}", deadline, interval=0.01)
