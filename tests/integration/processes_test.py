"""Syncer and server as two processes: any order of starts, each without the other, each under its own user."""

import contextlib
import json
import os
import pathlib
import pwd
import socket
import ssl

from host import SERVER_USER, STRANGER, SYNCER_USER, Host, as_user, is_root, kill
from processes import run
from scenario import Scenario
from waiting import accepts, eventually


def get_bundle(host):
    """What the endpoint serves, and the certificate it shows; None where it does not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    port = int(host.url.rsplit(":", 1)[1].rstrip("/"))
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as plain, context.wrap_socket(plain) as stream:
            stream.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            received = b""
            while more := stream.recv(65536):
                received += more
            head, _, body = received.partition(b"\r\n\r\n")
            return (int(head.split()[1]), body, stream.getpeercert(binary_form=True))
    except OSError:
        return None


class Processes(Scenario):
    def setUp(self):
        super().setUp()
        self.host = Host(self).serve_https_spiffe().split()

    def test_a_server_that_starts_first_waits_and_says_for_what(self):
        self.host.start_server(ready=False)
        self.host.wait_for_log("bundle endpoint listens", self.host.server)
        port = int(self.host.url.rsplit(":", 1)[1].rstrip("/"))
        self.assertTrue(accepts(port))
        status, reasons = self.host.health(self.host.server)
        self.assertEqual(status, 503)
        self.assertIn("certificate", reasons)
        self.assertIn("publication", reasons)
        self.assertEqual(self.host.telemetry("/live", self.host.server)[0], 200)
        line = self.host.wait_for_log("telemetry listens", self.host.server)
        url = "http://127.0.0.1:" + line.split("port=")[1].split()[0]
        told = self.host.try_command("health", "--ready", "--url", url, "--output", "json")
        self.assertEqual(told.returncode, 1)
        view = json.loads(told.stdout)
        self.assertFalse(view["ready"])
        self.assertIn("certificate", "\n".join(view["reasons"]))
        self.assertEqual(self.host.try_command("health", "--live", "--url", url).returncode, 0)

        self.host.start_syncer()

        eventually(lambda: self.host.health(self.host.server)[0] == 200, "the server ready")
        self.assertEqual(self.host.try_command("health", "--ready", "--url", url).returncode, 0)
        status, body, _ = get_bundle(self.host)
        self.assertEqual((status, json.loads(body)), (200, self.host.bundle()))

    def test_a_rotation_reaches_the_server_without_a_restart_or_a_gap(self):
        self.host.start_syncer()
        self.host.start_server()
        _, _, before = get_bundle(self.host)
        self.host.rotate()
        expected = self.host.bundle()

        def served():
            answered = get_bundle(self.host)
            self.assertIsNotNone(answered, "a gap in serving")
            self.assertEqual(answered[0], 200)
            return json.loads(answered[1]) == expected and answered[2] != before
        eventually(served, "the new bundle and certificate")

    def test_a_server_restarted_while_the_syncer_is_away_serves_with_what_it_kept(self):
        self.host.start_syncer()
        self.host.start_server()
        _, body, certificate = get_bundle(self.host)
        kept = [path for path in (self.host.folder / "server" / "state").rglob("*") if path.is_file()]
        self.assertTrue(kept)
        for path in kept:
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)
        kill(self.host.process)
        self.assertEqual(get_bundle(self.host), (200, body, certificate))  # the syncer's end is nothing to it

        kill(self.host.server)
        self.host.start_server()

        self.assertEqual(get_bundle(self.host), (200, body, certificate))
        self.host.start_syncer()
        self.host.rotate()
        eventually(lambda: get_bundle(self.host)[2] != certificate, "a new certificate from the syncer that came back")

    def test_the_publication_is_public_and_exact(self):
        self.host.start_syncer()
        self.host.start_server()
        path = self.host.folder / "public" / "a.test.json"
        self.assertEqual(path.stat().st_mode & 0o777, 0o644)
        self.assertEqual(get_bundle(self.host)[1], path.read_bytes())

    def test_killed_at_any_moment_the_server_starts_again(self):
        self.host.start_syncer()
        for turn in range(4):
            self.host.server = self.host.launch("server")
            if turn >= 1:
                eventually(lambda: self.host.server.messages, "a first line")
            if turn >= 2:
                self.host.wait_for_log("SVID is in use", self.host.server)
            kill(self.host.server)
        self.host.start_server()
        self.assertEqual(get_bundle(self.host)[0], 200)


class Users(Scenario):
    def setUp(self):
        super().setUp()
        if not is_root():
            self.skipTest("different users take root: as anybody else there is only one")
        self.host = Host(self).serve_https_spiffe().split().under_users()
        self.host.start_syncer()
        self.host.start_server()

    def test_the_server_serves_under_its_own_user_with_the_implied_entry(self):
        for child, user in ((self.host.process, SYNCER_USER), (self.host.server, SERVER_USER)):
            self.assertEqual(pathlib.Path(f"/proc/{child.pid}").stat().st_uid, pwd.getpwnam(user).pw_uid)
        self.assertEqual(get_bundle(self.host)[0], 200)
        fetched = self.host.try_command("svid", "fetch", "--output", "json", user=SERVER_USER)
        self.assertEqual([svid["spiffe_id"] for svid in json.loads(fetched.stdout)["svids"]], ["spiffe://a.test/entente"])

    def test_the_server_can_read_the_publication_and_nothing_of_the_syncers(self):
        folder = self.host.folder
        self.assertEqual((folder / "data").stat().st_mode & 0o777, 0o700)
        allowed = run(as_user(SERVER_USER, ["cat", folder / "public" / "a.test.json"]))
        self.assertEqual(allowed.returncode, 0, allowed.stderr)
        for command in (["ls", folder / "data"], ["cat", folder / "data" / "entente.db"],
                        ["touch", folder / "public" / "b.test.json"], ["rm", "-f", folder / "public" / "a.test.json"]):
            denied = run(as_user(SERVER_USER, command))
            self.assertNotEqual(denied.returncode, 0, command)
            self.assertIn("ermission denied", denied.stderr)
        self.assertNotEqual(run(as_user(SYNCER_USER, ["ls", folder / "server" / "state"])).returncode, 0)

    def test_the_server_has_neither_database_nor_issuing_key_open(self):
        def opened(child):
            paths = []
            for link in pathlib.Path(f"/proc/{child.pid}/fd").iterdir():
                with contextlib.suppress(FileNotFoundError):  # closed since it was listed
                    paths.append(os.readlink(link))
            return paths
        self.assertTrue(any("entente.db" in path for path in opened(self.host.process)))
        for path in opened(self.host.server):
            self.assertFalse(path.startswith(str(self.host.folder / "data")), path)

    def test_the_admin_socket_is_its_owners_alone(self):
        self.assertEqual(self.host.try_command("health", user=SYNCER_USER).returncode, 0)
        for user in (SERVER_USER, STRANGER):
            denied = self.host.try_command("federation", "list", "--timeout", "5s", user=user)
            self.assertEqual(denied.returncode, 1)
            self.assertIn("admin.sock", denied.stderr)

    def test_a_rotation_reaches_the_server_of_the_other_user(self):
        _, _, before = get_bundle(self.host)
        self.host.rotate()
        eventually(lambda: get_bundle(self.host)[2] != before, "a new certificate")
