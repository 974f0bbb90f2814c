"""A changed bundle on its way to many FetchX509Bundles streams, against gRPC alone sending as many bytes to as many."""

import json
import os
import time

import documents
from measure import Pairs, cpu_seconds
from processes import run
from table import Missing, at_most, at_most_cost
from waiting import eventually

PEER = "peer.test"
STREAMS_OF_ONE_USER = 500  # we let one have 1,000 calls open
STREAMS_OF_A_CONNECTION = 10
FIRST_USER = 20000
# From a refresh in SPIRE's server to its agent's streams: 2.2 s in the median, measured beforehand. A twentieth, in ms.
LATEST = 110


class Watchers:
    """Streams to one server, some for each process; as root each process becomes a user of its own."""

    def __init__(self, stage, socket, count, become):
        self._children = []
        while count > 0:
            streams = min(count, STREAMS_OF_ONE_USER if become else count)
            arguments = ["watch-bundles", "-socket", f"unix://{socket}", "-streams", streams,
                         "-connections", max(1, streams // STREAMS_OF_A_CONNECTION)]
            if become:
                arguments += ["-uid", FIRST_USER + len(self._children)]
            self._children.append(
                stage.beside([stage.bench.go_program(), *arguments], {"GOMAXPROCS": "1"}, name="watch-bundles"))
            count -= streams
        for child in self._children:
            child.wait_for_event("ready", deadline=120)

    def changes(self):
        return min(len(child.events("changed")) for child in self._children)

    def wait_for_change(self, number):
        """What the processes tell of their change of that number."""
        eventually(lambda: self.changes() >= number, f"change {number} on all streams", deadline=60, interval=0.02)
        if any(len(child.events("changed")) != number for child in self._children):
            raise AssertionError("a change came more than once")
        return [child.events("changed")[number - 1] for child in self._children]


class Ours:
    def __init__(self, stage, count):
        self.stage = stage
        folder = stage.folder / "entente"
        folder.mkdir()
        folder.chmod(0o711)
        socket = folder / "workload.sock"
        self._admin = f"unix://{folder}/admin.sock"
        configuration = {
            "trust_domain": "bench.test", "data_dir": str(folder / "data"), "log": {"level": "warning"},
            "local": {"issuer": {"key_type": "ec-p256"}},
            "workload_api": {"listen": f"unix://{socket}", "allow_unauthenticated_verifiers": True},
            "admin": {"listen": self._admin},
        }
        (folder / "entente.yaml").write_text(json.dumps(configuration))
        self.child = stage.under_test([stage.bench.entente, "syncer", "-c", folder / "entente.yaml"], name="entente")
        eventually(socket.exists, lambda: f"the socket {socket}\n{self.child.log()}")
        self._rotation = documents.Rotation(PEER, 300)
        self._file = folder / "bundle.json"
        self._generation = 0
        eventually(lambda: self.change(check=False), "the first bundle")
        self.watchers = Watchers(stage, socket, count, os.geteuid() == 0)

    def change(self, check=True):
        self._generation += 1
        self._file.write_text(self._rotation.document(self._generation))
        done = run([self.stage.bench.entente, "bundle", "set", PEER, self._file], {"ENTENTE_ADMIN_SOCKET": self._admin})
        if check and done.returncode != 0:
            raise AssertionError(f"bundle set: {done.stderr}")
        return done.returncode == 0


class Bare:
    def __init__(self, stage, count, size):
        socket = stage.folder / "bare.sock"
        self._size = size
        self.child = stage.under_test([stage.bench.bare_fan_out, f"unix://{socket}", size], name="bare_fan_out")
        self.child.wait_for_event("listening")
        self.watchers = Watchers(stage, socket, count, False)

    def change(self):
        self.child.send(str(self._size))


def one_change(server):
    """CPU milliseconds of the server, and milliseconds until nearly all (99 %) of its streams have it."""
    number = server.watchers.changes() + 1
    before, begun = cpu_seconds(server.child.pid), time.time_ns()
    server.change()
    seen = server.watchers.wait_for_change(number)
    used = cpu_seconds(server.child.pid) - before
    return used * 1e3, (max(each["p99"] for each in seen) - begun) / 1e6, seen[0]["bytes"]


def deliver(streams):
    def compare(bench):
        count = bench.count(streams, streams // 50)
        if os.geteuid() != 0 and count > 900:
            return [Missing(f"a changed bundle to {count} streams",
                            "only root can open them as several users, and one has no more than 1,000")]
        with bench.stage() as stage:
            stage.folder.chmod(0o711)
            ours = Ours(stage, count)
            _, _, size = one_change(ours)
            bare = Bare(stage, count, size)
            one_change(bare)
            taken = {ours: [], bare: []}
            for turn in range(bench.pairs):
                for server in (ours, bare) if turn % 2 == 0 else (bare, ours):
                    taken[server].append(one_change(server))
        cpu, late = ([[each[i] for each in taken[server]] for server in (ours, bare)] for i in (0, 1))
        work = f"a changed bundle ({size / 1000:.1f} KB) to {count} streams on {count // STREAMS_OF_A_CONNECTION} connections"
        return [at_most(f"{work}: CPU", "ms", "bare gRPC", Pairs(*cpu), 1.5),
                at_most_cost(f"{work}: until 99 %", "ms", "bare gRPC", Pairs(*late), LATEST)]
    return compare


COMPARISONS = {"fan-out": deliver(1000), "fan-out-10k": deliver(10000)}
