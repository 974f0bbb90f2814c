"""Our own bundle from a SPIRE server's bundle API: its services on its SQL datastore, behind the admin socket."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import go_side  # noqa: E402
from host import Host  # noqa: E402
from scenario import Scenario  # noqa: E402
from waiting import eventually  # noqa: E402


class SpireServerSource(Scenario):
    def setUp(self):
        super().setUp()
        go_side.program(self)
        self.socket = self.folder / "spire.sock"
        self.host = Host(self, "spire.test").serve_https_web()
        self.host.configuration["entries"] = []
        self.host.configuration["local"] = {"spire_server": {"address": f"unix://{self.socket}"}}

    def start_server(self, trust_domain="spire.test"):
        return go_side.start_spire_server(self, self.socket, self.folder, trust_domain, hint=10)

    def authorities(self):
        return len(self.host.bundle()["keys"])

    def test_the_servers_bundle_is_published_and_followed_through_a_rotation(self):
        server = self.start_server()
        self.host.start_run()
        first = self.host.bundle()
        self.assertEqual((len(first["keys"]), first["spiffe_refresh_hint"]), (1, 10))

        server.send("prepare")
        self.assertEqual(server.wait_for_event("prepared")["sequence"], 2)

        eventually(lambda: self.authorities() == 2, "the new authority in our bundle")
        second = self.host.bundle()
        self.assertIn(first["keys"][0], second["keys"])
        self.assertGreater(second["spiffe_sequence"], first["spiffe_sequence"])
        published = (self.host.folder / "data" / "publish" / "spire.test.json").read_text()
        self.assertEqual(published, self.host.bundle_text().rstrip("\n"))

    def test_without_the_server_it_is_not_ready_and_with_it_it_is_and_stays_so(self):
        self.host.process = self.host.launch("run")
        eventually(lambda: "own bundle: SPIRE server at unix://" in self.host.health()[1], lambda: self.host.health())

        server = self.start_server()
        eventually(lambda: self.host.health()[0] == 200, lambda: self.host.health())
        server.stop()
        self.host.wait_for_log("event=source_unavailable.*")
        self.host.stop()
        self.host.start_run()

        self.assertEqual(self.authorities(), 1)
        self.host.wait_for_log("the last good one stays")

    def test_the_server_of_another_trust_domain_is_named(self):
        self.start_server("other.test")
        said = self.host.refuses_to_start()
        self.assertIn("other.test", said)
        self.assertIn(str(self.socket), said)
