"""Where a domain's own bundle comes from when Entente is not its issuer: a file, or nowhere."""

import json

from foreign_authority import ForeignAuthority
from host import Host
from scenario import Scenario
from scripted_peer import ScriptedPeer, answer
from waiting import eventually


class FileSource(Scenario):
    def setUp(self):
        super().setUp()
        self.first = ForeignAuthority(self.folder, "a.test")
        self.second = ForeignAuthority(self.folder, "next.a.test")
        self.path = self.folder / "own-bundle"
        self.host = Host(self).serve_https_web()
        self.host.configuration["entries"] = []

    def begin(self, content, form, **options):
        self.path.write_bytes(content)
        self.host.configuration["local"] = {"file": {"path": str(self.path), "format": form}}
        self.host.start_run(**options)

    def replace(self, content):
        new = self.folder / "own-bundle.new"
        new.write_bytes(content)
        new.rename(self.path)

    def published(self):
        return json.loads((self.host.folder / "data" / "publish" / "a.test.json").read_text())

    def test_a_spiffe_file_is_published_and_followed(self):
        self.begin(self.first.document(sequence=2_000_000_000), "spiffe")
        self.assertEqual([key["x"] for key in self.host.bundle()["keys"]], [self.first.x509_key()["x"], self.first.jwt_key()["x"]])
        self.assertEqual(self.published()["spiffe_sequence"], 2_000_000_000)  # the source's own, which is larger
        token = self.first.token("x")
        self.assertEqual(self.host.try_command("jwt", "validate", "--audience", "x", token).returncode, 0)

        self.replace(self.second.document(sequence=2_000_000_001))

        eventually(lambda: [key["x"] for key in self.published()["keys"]] == [self.second.x509_key()["x"], self.second.jwt_key()["x"]],
                   "the new bundle published")
        self.assertEqual(self.published()["spiffe_sequence"], 2_000_000_001)
        self.assertEqual(self.host.try_command("jwt", "validate", "--audience", "x", token).returncode, 1)

    def test_a_broken_file_changes_nothing_and_is_complained_about(self):
        self.begin(self.first.document(), "spiffe")
        good = self.published()

        self.replace(b"<html>not a bundle</html>")

        complaint = self.host.wait_for_log("the last good bundle stays")
        self.assertIn(str(self.path), complaint)
        self.assertEqual(self.published(), good)
        self.path.unlink()
        self.replace(self.second.document())
        eventually(lambda: self.published() != good, "the cured file")
        self.assertGreater(self.published()["spiffe_sequence"], good["spiffe_sequence"])

    def test_a_pem_file_is_published_and_followed(self):
        self.begin(self.first.root.read_bytes(), "pem")
        shown = self.host.command("bundle", "show", "--format", "pem").stdout
        self.assertEqual(shown.split(), self.first.root.read_text().split())
        sequence = self.published()["spiffe_sequence"]

        self.replace(self.first.root.read_bytes() + self.second.root.read_bytes())

        eventually(lambda: len(self.published()["keys"]) == 2, "both authorities published")
        self.assertGreater(self.published()["spiffe_sequence"], sequence)

    def test_there_is_no_issuer_to_rotate_or_to_give_identities(self):
        self.begin(self.first.document(), "spiffe")
        rotated = self.host.try_command("bundle", "rotate")
        self.assertEqual((rotated.returncode, rotated.stdout), (1, ""))
        self.assertIn("no embedded issuer", rotated.stderr)
        self.assertEqual(self.host.try_command("svid", "fetch").returncode, 1)

    def test_a_file_that_is_missing_or_broken_at_the_start_is_named(self):
        self.host.configuration["local"] = {"file": {"path": str(self.path), "format": "spiffe"}}
        self.assertIn(str(self.path), self.host.refuses_to_start())
        self.path.write_text("{}")
        self.assertIn(str(self.path), self.host.refuses_to_start())


class NoSource(Scenario):
    def test_without_a_domain_of_its_own_it_delivers_peers_and_validates_their_tokens(self):
        authority = ForeignAuthority(self.folder, "peer.test")
        peer = ScriptedPeer(authority.web_certificate(), answer(authority.document(sequence=10)))
        self.addCleanup(peer.close)
        host = Host(self)
        del host.configuration["trust_domain"]
        host.configuration["local"] = {"none": {}}
        host.configuration["entries"] = []
        host.federate("peer.test", peer.url, roots=authority.root).start_run()
        host.wait_until_current("peer.test")

        valid = host.json("jwt", "validate", "--audience", "x", authority.token("x"))
        self.assertEqual(valid["spiffe_id"], "spiffe://peer.test/client")
        self.assertEqual(host.bundle("peer.test")["spiffe_sequence"], 10)
        own = host.try_command("bundle", "show")
        self.assertEqual(own.returncode, 1)
        self.assertIn("no trust domain of its own", own.stderr)
        self.assertEqual(host.try_command("svid", "fetch").returncode, 1)
        stranger = ForeignAuthority(self.folder, "stranger.test").token("x")
        self.assertEqual(host.try_command("jwt", "validate", "--audience", "x", stranger).returncode, 1)
