"""Federated bundles pushed into a SPIRE server: its own services on its SQL datastore, behind the admin socket."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import go_side  # noqa: E402
from domain import ENTENTE  # noqa: E402
from foreign_authority import ForeignAuthority  # noqa: E402
from host import Host  # noqa: E402
from processes import run  # noqa: E402
from scenario import Scenario  # noqa: E402
from scripted_peer import ScriptedPeer, answer  # noqa: E402
from waiting import eventually  # noqa: E402


class PushToSpire(Scenario):
    def setUp(self):
        super().setUp()
        go_side.program(self)
        self.socket = self.folder / "spire.sock"
        self.server = go_side.start_spire_server(self, self.socket, self.folder)
        self.authority = ForeignAuthority(self.folder, "peer.test")
        self.peer = ScriptedPeer(self.authority.web_certificate(), answer(self.authority.document(sequence=10)))
        self.addCleanup(self.peer.close)
        self.host = Host(self, "spire.test").federate("peer.test", self.peer.url, roots=self.authority.root)
        self.target = {"address": f"unix://{self.socket}", "check": "1s"}
        self.host.configuration["push"] = [{"spire_server": self.target}]

    def publish(self, sequence, keys=None):
        self.peer.change(answer(self.authority.document(sequence=sequence, keys=keys)))

    def in_spire(self, *arguments):
        """Our command line against the SPIRE server itself: what an operator there does."""
        done = run([ENTENTE, *arguments], {"ENTENTE_ADMIN_SOCKET": f"unix://{self.socket}"})
        self.assertEqual(done.returncode, 0, f"{arguments}: {done.stdout}{done.stderr}")
        return done.stdout

    def spire(self, *arguments):
        """SPIRE's own command line."""
        done = go_side.attempt(self, "spire-server", *arguments, "-socketPath", str(self.socket), "-output", "json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def bundles(self):
        """{trust domain: (sequence, X.509 authorities, JWT keys)} as SPIRE lists them."""
        return {bundle["trust_domain"]: (int(bundle.get("sequence_number", 0)), len(bundle.get("x509_authorities", [])),
                                         len(bundle.get("jwt_authorities", [])))
                for bundle in self.spire("bundle", "list").get("bundles", [])}

    def sees(self, **bundles):
        wanted = {name.replace("_", "."): seen for name, seen in bundles.items()}
        eventually(lambda: self.bundles() == wanted, lambda: f"{wanted} in the SPIRE server; there is {self.bundles()}")

    def create_entry(self):
        self.in_spire("entry", "create", "--parent-id", "spiffe://spire.test/agent", "--spiffe-id",
                      "spiffe://spire.test/web", "--selector", "unix:uid:1000", "--federates-with", "peer.test")

    def federates_with(self):
        [entry] = self.spire("entry", "show")["entries"]
        return entry.get("federates_with", [])

    def targets(self):
        [target] = self.host.json("push", "list")
        return target

    def end_relationship(self):
        self.host.configuration["federation"] = []
        self.host.reload()

    def test_a_peers_bundle_comes_is_kept_right_and_goes(self):
        self.host.start_run()
        self.sees(peer_test=(10, 1, 1))
        self.create_entry()

        self.publish(11, [self.authority.x509_key()])
        self.sees(peer_test=(11, 1, 0))
        self.in_spire("bundle", "set", "peer.test", str(self.authority.bundle_file(99)))
        self.sees(peer_test=(11, 1, 0))  # repaired
        eventually(lambda: self.targets()["state"] == "current", self.targets)
        self.assertEqual((self.targets()["trust_domains"], self.targets()["pending"]), (1, 0))

        self.publish(12, [])  # revoked: nobody is trusted, and the entries' link stays
        self.sees(peer_test=(12, 0, 0))
        self.assertEqual(self.federates_with(), ["peer.test"])
        self.publish(13)
        self.sees(peer_test=(13, 1, 1))

        self.end_relationship()
        self.sees()
        self.assertEqual(self.federates_with(), [])

    def test_what_ends_while_it_is_down_goes_and_what_others_put_there_stays(self):
        other = ForeignAuthority(self.folder, "other.test")
        self.in_spire("bundle", "set", "other.test", str(other.bundle_file(5)))
        self.host.start_run()
        self.sees(peer_test=(10, 1, 1), other_test=(5, 1, 1))
        self.host.stop()

        self.host.configuration["federation"] = []
        self.server.stop()
        self.host.start_run()
        eventually(lambda: self.targets()["state"] == "failing", self.targets)
        self.assertIn(str(self.socket), self.targets()["last_error"]["message"])
        self.server = go_side.start_spire_server(self, self.socket, self.folder)

        self.sees(other_test=(5, 1, 1))

    def test_restrict_empties_what_entries_still_name(self):
        self.target["on_end"] = "restrict"
        self.host.start_run()
        self.sees(peer_test=(10, 1, 1))
        self.create_entry()

        self.end_relationship()

        self.sees(peer_test=(0, 0, 0))
        eventually(lambda: self.targets()["state"] == "incomplete", self.targets)
        [problem] = self.targets()["problems"]
        self.assertIn("registration entries", problem["error"]["message"])
        self.in_spire("entry", "delete", self.spire("entry", "show")["entries"][0]["id"])
        self.sees()

    def test_what_the_server_federates_with_by_itself_is_left_to_it(self):
        self.in_spire("federation", "create", "peer.test", "--url", self.peer.url, "--https-spiffe", "--endpoint-id",
                      "spiffe://peer.test/endpoint", "--bundle", str(self.authority.bundle_file(3)))

        self.host.start_run()
        self.host.wait_until_current("peer.test")

        eventually(lambda: self.targets()["state"] == "current", self.targets)
        self.assertEqual([left["trust_domain"] for left in self.targets()["not_ours"]], ["peer.test"])
        self.assertEqual(self.bundles(), {"peer.test": (3, 1, 1)})
