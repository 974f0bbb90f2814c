"""Beginning and end: signals, kills, restarts, and what systemd is told."""

import os
import signal
import socket
import sqlite3
import ssl
import time

from foreign_authority import ForeignAuthority
from host import Host, kill, trust_domains, updates
from scenario import Scenario
from scripted_peer import ScriptedPeer, answer, silence
from waiting import eventually

STOP_LIMIT = 10.0  # seconds, of the contract
STOP_WELL = 3.0    # seconds; with open streams and connections it takes far less on an idle machine


class Stop(Scenario):
    def stop_seconds(self, child, number):
        began = time.monotonic()
        child.signal(number)
        status = child.wait(STOP_LIMIT)
        self.assertEqual(status, 0, child.log())
        return time.monotonic() - began

    def open_endpoint_connection(self, host, request=b""):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        port = int(host.url.rsplit(":", 1)[1].rstrip("/"))
        stream = context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=30))
        self.addCleanup(stream.close)
        stream.sendall(request)
        stream.settimeout(30)
        return stream

    def test_both_signals_end_it_soon_whatever_is_open(self):
        authority = ForeignAuthority(self.folder, "stalling.test")
        stalling = ScriptedPeer(authority.web_certificate(), silence)
        self.addCleanup(stalling.close)
        for number, name in ((signal.SIGTERM, "t.test"), (signal.SIGINT, "i.test")):
            host = Host(self, name).serve_https_spiffe()
            host.federate("stalling.test", stalling.url, roots=authority.root).start_run()
            watches = [host.watch() for _ in range(3)]
            self.open_endpoint_connection(host)
            idle = self.open_endpoint_connection(host, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertTrue(idle.recv(100).startswith(b"HTTP/1.1 200"))
            silent = socket.create_connection(("127.0.0.1", int(host.url.rsplit(":", 1)[1].rstrip("/"))))
            self.addCleanup(silent.close)

            self.assertLess(self.stop_seconds(host.process, number), STOP_WELL)

            self.assertFalse((host.folder / "workload.sock").exists())
            self.assertIn("entente has stopped", host.process.messages[-1])
            for watch in watches:
                self.assertTrue(watch.running())  # a watch outlives a restart
                watch.stop()

    def test_a_request_under_way_is_answered_first_and_one_that_stalls_is_not_waited_for_long(self):
        host = Host(self).serve_https_web().start_run()
        half = b"GET / HTTP/1.1\r\nHost: x\r\n"
        finished, stalled = self.open_endpoint_connection(host, half), self.open_endpoint_connection(host, half)
        whole = self.open_endpoint_connection(host, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertTrue(whole.recv(100))  # the halves came before it, and have been read
        began = time.monotonic()
        host.process.signal(signal.SIGTERM)
        host.wait_for_log("entente stops")

        finished.sendall(b"\r\n")

        answered = finished.recv(10000)
        self.assertTrue(answered.startswith(b"HTTP/1.1 200"), answered)
        self.assertIn(b"connection: close", answered.lower())
        self.assertEqual(host.process.wait(STOP_LIMIT), 0)
        self.assertLess(time.monotonic() - began, 6.0)
        self.assertEqual(stalled.recv(100), b"")

    def test_it_ends_soon_after_a_successful_poll_and_alone(self):
        peer = Host(self, "b.test").serve_https_web().start_run()
        host = Host(self, "a.test").serve_https_web().federate_with(peer).start_run()
        host.wait_until_current("b.test")

        self.assertLess(self.stop_seconds(host.process, signal.SIGTERM), STOP_WELL)
        self.assertLess(self.stop_seconds(peer.process, signal.SIGTERM), STOP_WELL)

    def test_a_server_process_ends_soon_with_and_without_a_certificate(self):
        host = Host(self).serve_https_spiffe().split()
        host.start_server(ready=False)
        host.wait_for_log("bundle endpoint listens", host.server)
        self.assertLess(self.stop_seconds(host.server, signal.SIGTERM), STOP_WELL)
        host.start_syncer()
        host.start_server()
        self.open_endpoint_connection(host)
        self.assertLess(self.stop_seconds(host.server, signal.SIGTERM), STOP_WELL)


class Kill(Scenario):
    def setUp(self):
        super().setUp()
        self.authority = ForeignAuthority(self.folder, "peer.test")
        self.peer = ScriptedPeer(self.authority.web_certificate(), answer(self.authority.document(sequence=10)))
        self.addCleanup(self.peer.close)
        self.host = Host(self).serve_https_spiffe()
        self.host.federate("peer.test", self.peer.url, roots=self.authority.root)

    def test_after_a_kill_the_last_good_bundle_of_a_peer_that_is_down_is_in_use_at_once(self):
        self.host.start_run()
        self.host.wait_until_current("peer.test")
        token = self.authority.token("a")
        own = self.host.bundle()
        self.peer.close()
        kill(self.host.process)

        self.host.start_run()

        # At once: with the first answer, before any poll could have brought it.
        self.assertIn("peer.test", trust_domains(self.host.json("svid", "fetch")))
        self.assertEqual(self.host.try_command("jwt", "validate", "--audience", "a", token).returncode, 0)
        self.assertEqual(self.host.bundle(), own)  # our keys and our sequence too
        status = self.host.wait_for_status("peer.test", lambda seen: seen["last_error"], "an error")
        self.assertEqual((status["state"], status["sequence"], status["last_success"]), ("failing", 10, None))

    def test_an_older_sequence_is_refused_after_a_kill_as_well(self):
        self.host.start_run()
        self.host.wait_until_current("peer.test")
        kill(self.host.process)
        self.peer.change(answer(self.authority.document(sequence=9)))
        self.host.start_run()
        status = self.host.wait_for_status("peer.test", lambda seen: seen["last_error"], "an error")
        self.assertEqual((status["last_error"]["code"], status["sequence"]), ("sequence_older", 10))

    def test_killed_at_any_moment_it_starts_again_with_what_it_had(self):
        for turn in range(8):
            self.peer.change(answer(self.authority.document(sequence=20 + turn)))
            self.host.process = self.host.launch("run")
            # Later in its life each time: while it starts, while it writes, while it polls.
            if turn >= 2:
                eventually(lambda: self.host.process.messages, "a first line")
            if turn >= 4:
                self.host.wait_for_log("entente runs")
            if turn >= 6:
                eventually(lambda: self.host.try_command("bundle", "rotate", "--now").returncode == 0, "a rotation")
            kill(self.host.process)
            database = self.host.folder / "data" / "entente.db"
            if database.exists():
                with sqlite3.connect(database) as connection:
                    self.assertEqual(connection.execute("pragma integrity_check").fetchone(), ("ok",))
                connection.close()

        self.host.start_run()
        self.host.wait_until_current("peer.test")
        svid = self.host.json("svid", "fetch")["svids"][0]
        self.assertEqual(svid["spiffe_id"], "spiffe://a.test/workload")

    def test_our_own_sequence_never_falls_over_kills_and_rotations(self):
        last = 0
        for _ in range(4):
            self.host.start_run()
            self.host.rotate()
            sequence = self.host.bundle()["spiffe_sequence"]
            self.assertGreater(sequence, last)
            last = sequence
            kill(self.host.process)

    def test_an_open_watch_reconnects_after_a_kill(self):
        self.host.start_run()
        watch = self.host.watch()
        kill(self.host.process)
        self.host.start_run()
        self.host.rotate()
        rotated = self.host.json("svid", "fetch")["svids"][0]["fingerprint"]
        eventually(lambda: any(update["svids"][0]["fingerprint"] == rotated for update in updates(watch)),
                   "an update after the restart")

    def test_issuer_keys_are_private_and_never_logged(self):
        self.host.configuration["log"] = {"level": "debug"}
        self.host.start_run()
        self.host.rotate()
        self.host.try_command("svid", "fetch")
        data = self.host.folder / "data"
        self.assertEqual(data.stat().st_mode & 0o777, 0o700)
        for path in data.rglob("*"):
            if path.is_file() and "publish" not in path.parts:
                self.assertEqual(path.stat().st_mode & 0o077, 0, path)
        self.assertNotIn("PRIVATE KEY", "\n".join(self.host.process.messages))


class ServiceManager(Scenario):
    """systemd's side of sd_notify."""

    def setUp(self):
        super().setUp()
        self.path = str(self.folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.socket.bind(self.path)
        self.socket.settimeout(30)
        self.host = Host(self).serve_https_spiffe()

    def next_message(self, but=None):
        while True:
            message = self.socket.recv(4096).decode()
            if message != but:
                return message

    def test_ready_reloading_and_stopping_are_told(self):
        self.host.start_run(environment={"NOTIFY_SOCKET": self.path})
        self.assertEqual(self.next_message(), "READY=1")
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000

        self.host.reload()

        lines = self.next_message().splitlines()
        self.assertEqual(lines[0], "RELOADING=1")
        self.assertGreaterEqual(int(lines[1].removeprefix("MONOTONIC_USEC=")), before)
        self.assertEqual(self.next_message(), "READY=1")
        self.host.process.signal(signal.SIGTERM)
        self.assertEqual(self.next_message(), "STOPPING=1")
        self.assertEqual(self.host.process.wait(), 0)

    def test_the_watchdog_is_fed_in_time(self):
        self.host.start_run(environment={"NOTIFY_SOCKET": self.path, "WATCHDOG_USEC": "1000000"})
        self.assertEqual(self.next_message(but="WATCHDOG=1"), "READY=1")
        self.socket.settimeout(5)  # half a second each, were it not for a loaded machine
        for _ in range(3):
            self.assertEqual(self.next_message(), "WATCHDOG=1")

    def test_an_abstract_socket_works_and_a_failed_start_never_tells_ready(self):
        name = f"\0entente-test-{os.getpid()}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as abstract:
            abstract.bind(name)
            abstract.settimeout(30)
            self.host.configuration["telemetry"]["listen"] = "192.0.2.1:1"  # an address of nobody
            self.host.refuses_to_start(environment={"NOTIFY_SOCKET": "@" + name[1:]})
            self.host.configuration["telemetry"]["listen"] = "127.0.0.1:0"
            self.host.start_run(environment={"NOTIFY_SOCKET": "@" + name[1:]})
            self.assertEqual(abstract.recv(4096), b"READY=1")
