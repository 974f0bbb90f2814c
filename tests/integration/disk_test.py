"""A disk that takes no more: what was accepted is in use all the same, and is written when it can be."""

import os
import pathlib
import resource

from foreign_authority import ForeignAuthority
from host import Host, is_root, kill
from processes import run
from scenario import Scenario
from scripted_peer import ScriptedPeer, answer


class FullDisk(Scenario):
    def setUp(self):
        super().setUp()
        self.peers, self.authorities = {}, {}
        self.host = Host(self)
        for trust_domain in ("changing.test", "revoked.test"):
            authority = ForeignAuthority(self.folder, trust_domain)
            peer = ScriptedPeer(authority.web_certificate(), answer(authority.document(sequence=10)))
            self.addCleanup(peer.close)
            self.host.federate(trust_domain, peer.url, roots=authority.root)
            self.peers[trust_domain], self.authorities[trust_domain] = peer, authority

    def wait_until_all_is_well(self):
        for trust_domain in self.peers:
            self.host.wait_until_current(trust_domain)
        self.assertEqual(self.host.metrics()["entente_store_unwritten"], 0)

    def change_both(self):
        """One peer changes its keys, the other revokes all of them."""
        self.successor = ForeignAuthority(self.folder, "successor.test")
        self.revoked_token = self.authorities["revoked.test"].token("a")
        self.assertTrue(self.validates(self.revoked_token))
        self.peers["changing.test"].change(answer(self.successor.document(sequence=11)))
        self.peers["revoked.test"].change(answer(b'{"spiffe_sequence": 11, "spiffe_refresh_hint": 1, "keys": []}'))

    def validates(self, token):
        return self.host.try_command("jwt", "validate", "--audience", "a", token).returncode == 0

    def check_in_use_though_unwritten(self):
        for trust_domain in self.peers:
            status = self.host.wait_for_status(
                trust_domain, lambda seen: seen["sequence"] == 11 and seen["warnings"], "the change in use, with a warning")
            self.assertEqual(status["warnings"], ["not_persisted"])
            self.assertEqual(status["last_error"]["code"], "store")
        self.assertEqual(self.host.status("revoked.test")["state"], "revoked")
        self.assertFalse(self.validates(self.revoked_token))
        self.assertEqual(self.host.bundle("changing.test")["keys"][0]["x"], self.successor.x509_key()["x"])
        self.assertEqual(self.host.metrics()["entente_store_unwritten"], 2)
        # Keys are the exception: never used before they are safely on disk.
        before = self.host.bundle()
        refused = self.host.try_command("bundle", "rotate", "--now")
        self.assertEqual((refused.returncode, refused.stdout), (1, ""))
        self.assertEqual(self.host.bundle(), before)
        self.assertEqual(self.host.try_command("svid", "fetch").returncode, 0)

    def check_written_and_kept_over_a_kill(self, start):
        for trust_domain in self.peers:
            status = self.host.wait_for_status(trust_domain, lambda seen: not seen["warnings"], "written")
            self.assertIsNone(status["last_error"])
        self.assertEqual(self.host.metrics()["entente_store_unwritten"], 0)
        for peer in self.peers.values():
            peer.close()
        kill(self.host.process)
        start()
        self.assertEqual(self.host.status("revoked.test")["sequence"], 11)
        self.assertEqual(self.host.bundle("changing.test")["keys"][0]["x"], self.successor.x509_key()["x"])
        self.assertFalse(self.validates(self.revoked_token))

    def test_a_store_that_may_not_grow(self):
        self.host.start_run()
        self.wait_until_all_is_well()
        _, hard = resource.prlimit(self.host.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.host.process.pid, resource.RLIMIT_FSIZE, (1, hard))

        self.change_both()
        self.check_in_use_though_unwritten()

        resource.prlimit(self.host.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        self.check_written_and_kept_over_a_kill(self.host.start_run)

    def test_a_disk_that_is_full(self):
        if not is_root():
            self.skipTest("a small disk of the test's own takes root")
        if run(["unshare", "--mount", "true"]).returncode != 0:
            self.skipTest("a small disk of the test's own takes the right to mount")
        data = self.host.folder / "data"
        data.mkdir(mode=0o700)
        mount = 'mount -t tmpfs -o size=2m,mode=700 tmpfs "$0" && exec "$@"'
        self.host.start_run(wrapped=["unshare", "--mount", "sh", "-c", mount, data])
        self.wait_until_all_is_well()
        filler = pathlib.Path(f"/proc/{self.host.process.pid}/root{data}/filler")
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * os.sysconf("SC_PAGE_SIZE"))
            except OSError as error:
                self.assertEqual(error.strerror, "No space left on device")

        self.change_both()
        self.check_in_use_though_unwritten()

        filler.unlink()
        for trust_domain in self.peers:
            self.host.wait_for_status(trust_domain, lambda seen: not seen["warnings"], "written")
        self.assertEqual(self.host.metrics()["entente_store_unwritten"], 0)
