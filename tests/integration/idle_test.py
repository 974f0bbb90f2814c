"""A process with nothing to do does nothing: what wakes its threads in ten seconds is counted by the kernel."""

import pathlib
import socket
import ssl
import time

from foreign_authority import ForeignAuthority
from host import Host
from scenario import Scenario
from scripted_peer import ScriptedPeer, answer
from waiting import eventually

SECONDS = 10


def wakeups(child):
    """{thread's name and number: how often it went to sleep of its own accord}"""
    found = {}
    for task in pathlib.Path(f"/proc/{child.pid}/task").iterdir():
        try:
            status = (task / "status").read_text()
        except (FileNotFoundError, ProcessLookupError):  # ended since it was listed
            continue
        fields = dict(line.split(":", 1) for line in status.splitlines())
        found[f"{fields['Name'].strip()} {task.name}"] = int(fields["voluntary_ctxt_switches"])
    return found


def settled(child):
    """The counts, once a second has passed with hardly any."""
    def quiet():
        before = wakeups(child)
        time.sleep(1)
        after = wakeups(child)
        return after if sum(after.values()) - sum(before.values()) <= 40 else None
    return eventually(quiet, lambda: f"a quiet second: {wakeups(child)}")


def wakeups_in_ten_seconds(child):
    """Those that woke, and how often."""
    before = settled(child)
    time.sleep(SECONDS)
    return {name: count - before.get(name, 0) for name, count in wakeups(child).items() if count != before.get(name, 0)}


class Idle(Scenario):
    def serve(self):
        authority = ForeignAuthority(self.folder, "peer.test")
        peer = ScriptedPeer(authority.web_certificate(), answer(authority.document(sequence=10, hint=300)))
        self.addCleanup(peer.close)
        host = Host(self).serve_https_spiffe().federate("peer.test", peer.url, roots=authority.root)
        host.configuration["polling"]["floor"] = "5m"
        host.start_run()
        host.wait_until_current("peer.test")
        host.watch()
        return host

    def connect(self, host):
        """A poller's connection to the endpoint that has asked once and is kept."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        port = int(host.url.rsplit(":", 1)[1].rstrip("/"))
        stream = context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=30))
        self.addCleanup(stream.close)
        stream.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertTrue(stream.recv(100).startswith(b"HTTP/1.1 200"))

    def assert_asleep(self, woken):
        """gRPC's threads wake some twice a second each; ours only for what is due."""
        ours = {name: count for name, count in woken.items() if name.startswith("entente ")}
        self.assertTrue(woken, "something always wakes within ten seconds, or nothing is counted")
        self.assertLessEqual(sum(ours.values()), 10, woken)
        self.assertLessEqual(sum(woken.values()), 150, woken)

    def test_an_idle_process_hardly_wakes(self):
        host = self.serve()
        self.assert_asleep(wakeups_in_ten_seconds(host.process))

    def test_an_idle_connection_to_the_endpoint_wakes_nobody(self):
        host = self.serve()
        self.connect(host)
        self.assert_asleep(wakeups_in_ten_seconds(host.process))
