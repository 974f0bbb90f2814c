"""Federated bundles pushed into a folder, a file for each trust domain."""

import json
import stat

from foreign_authority import ForeignAuthority
from host import Host
from scenario import Scenario
from scripted_peer import ScriptedPeer, answer
from waiting import eventually


class PushFiles(Scenario):
    def setUp(self):
        super().setUp()
        self.authority = ForeignAuthority(self.folder, "peer.test")
        self.peer = ScriptedPeer(self.authority.web_certificate(), answer(self.authority.document(sequence=10)))
        self.addCleanup(self.peer.close)
        self.out = self.folder / "out"
        self.host = Host(self).federate("peer.test", self.peer.url, roots=self.authority.root)
        self.host.configuration["push"] = [{"file": {"dir": str(self.out), "check": "1s"}},
                                           {"file": {"dir": str(self.out), "format": "pem", "check": "1s"}}]

    def sequence(self):
        path = self.out / "peer.test.json"
        return json.loads(path.read_text())["spiffe_sequence"] if path.exists() else None

    def pem(self):
        path = self.out / "peer.test.pem"
        return path.read_text().split() if path.exists() else None

    def publish(self, sequence, keys=None):
        self.peer.change(answer(self.authority.document(sequence=sequence, keys=keys)))

    def test_files_follow_the_peer_are_repaired_and_go_with_the_relationship(self):
        self.host.start_run()
        eventually(lambda: self.sequence() == 10 and self.pem(), "both files")
        self.assertEqual(self.pem(), self.authority.root.read_text().split())
        self.assertEqual(stat.S_IMODE((self.out / "peer.test.json").stat().st_mode), 0o644)
        (self.out / "strangers.pem").write_text("not ours")

        self.publish(11)
        eventually(lambda: self.sequence() == 11, "the next bundle")
        (self.out / "peer.test.pem").write_text("broken")
        eventually(lambda: self.pem() == self.authority.root.read_text().split(), "the file repaired")
        self.publish(12, [])
        eventually(lambda: self.sequence() == 12 and self.pem() == [], "nothing to be trusted")

        # It ends while nobody is there to see it.
        self.host.stop()
        self.host.configuration["federation"] = []
        self.host.start_run()
        eventually(lambda: self.sequence() is None and self.pem() is None, "the files gone")
        self.assertEqual([file.name for file in self.out.iterdir()], ["strangers.pem"])

    def test_a_folder_that_cannot_be_written_is_told_and_holds_up_no_other(self):
        (self.folder / "file").write_text("no folder")
        self.host.configuration["push"].insert(0, {"file": {"dir": str(self.folder / "file" / "x")}})
        self.host.start_run()

        eventually(lambda: self.sequence() == 10, "the sound target")
        broken, sound, _ = self.host.json("push", "list")

        self.assertEqual((broken["state"], sound["state"]), ("failing", "current"))
        self.assertIn(str(self.folder / "file"), broken["last_error"]["message"])
        metrics = self.host.metrics()
        self.assertGreater(metrics[f'entente_push_failures_total{{target="{broken["target"]}"}}'], 0)
        self.assertEqual(metrics[f'entente_push_pending{{target="{sound["target"]}"}}'], 0)
        self.assertIn(broken["target"], self.host.command("push", "list").stdout)
