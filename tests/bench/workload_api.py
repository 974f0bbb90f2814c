"""What workloads ask: Entente's Workload API against a SPIRE agent's own handlers, by one client for both."""

import json
import os

from bench import Unavailable
from measure import Pairs, alternate, cpu_seconds, pss_bytes
from table import at_most
from waiting import eventually

TRUST_DOMAIN = "bench.test"
WORKLOAD = f"spiffe://{TRUST_DOMAIN}/workload"


class Ours:
    """The syncer with its issuer and one entry, which fits the load."""

    def __init__(self, stage):
        self.stage = stage
        folder = stage.folder / "entente"
        folder.mkdir()
        self.socket = folder / "workload.sock"
        configuration = {
            "trust_domain": TRUST_DOMAIN, "data_dir": str(folder / "data"), "log": {"level": "warning"},
            "local": {"issuer": {"key_type": "ec-p256"}},
            "workload_api": {"listen": f"unix://{self.socket}"},
            "entries": [{"spiffe_id": WORKLOAD, "selectors": [f"unix:uid:{os.getuid()}"]}],
        }
        (folder / "entente.yaml").write_text(json.dumps(configuration))
        self.child = stage.under_test([stage.bench.entente, "syncer", "-c", folder / "entente.yaml"], name="entente")
        eventually(self.socket.exists, lambda: f"the socket {self.socket}\n{self.child.log()}")


class Agent:
    """SPIRE's agent with the same one entry."""

    def __init__(self, stage):
        program = stage.bench.go_folder / "spireagent"
        stage.bench.go_program()
        if not program.exists():
            raise Unavailable(f"SPIRE's agent: {program} is not built")
        self.stage = stage
        self.socket = stage.folder / "agent.sock"
        self.child = stage.under_test([program, "-socket", self.socket, "-trust-domain", TRUST_DOMAIN,
                                       "-entry", f"{WORKLOAD}=unix:uid:{os.getuid()}"], {"GOMAXPROCS": "1"}, name="spireagent")
        self.child.wait_for_event("listening")


def load(server, mode, operations, connections):
    stage = server.stage
    child = stage.beside([stage.bench.go_program(), "workload-load", "-socket", f"unix://{server.socket}", "-mode", mode,
                          "-operations", operations, "-connections", connections], {"GOMAXPROCS": "1"}, name="load")
    child.wait_for_event("ready", deadline=60)
    return child


def go(child):
    child.send("go")
    done = child.wait_for_event("done", deadline=120)
    if done["errors"]:
        raise AssertionError(f"{done['errors']} operations failed: {done['first_error']}")
    return done


def cost(server, mode, operations):
    """CPU time of the server for one operation, in microseconds."""
    child = load(server, mode, operations, 4)
    before = cpu_seconds(server.child.pid)
    done = go(child)
    used = cpu_seconds(server.child.pid) - before
    server.stage.stop(child)
    return used * 1e6 / done["operations"]


def call(work, mode, share, text):
    def compare(bench):
        operations = bench.count(1500, 20)
        with bench.stage() as stage:
            agent = Agent(stage)
            ours = Ours(stage)
            takes = [lambda server=server: cost(server, mode, operations) for server in (ours, agent)]
            for take in takes:
                take()  # not counted: caches and allocators are warm from here on
            [pairs] = alternate(bench.pairs, *takes)
        return [at_most(work, "us", "SPIRE's agent", pairs, share, text)]
    return compare


def stream_memory(bench):
    """Growth of Pss over the open streams; each pair has processes of its own."""
    count = bench.count(900, 40)  # of one user we let no more than 1,000 be open
    connections = bench.count(90, 4)
    costs = {Ours: [], Agent: []}
    for _ in range(bench.count(3, 1)):
        with bench.stage() as stage:
            for kind, values in reversed(costs.items()):
                server = kind(stage)
                warm = load(server, "hold-x509", 10, 1)
                go(warm)
                before = pss_bytes(server.child.pid)
                go(load(server, "hold-x509", count, connections))
                values.append((pss_bytes(server.child.pid) - before) / count / 1000)
    work = f"memory per open stream, {count} on {connections} connections"
    return [at_most(work, "KB", "SPIRE's agent", Pairs(costs[Ours], costs[Agent]), 1 / 3, "1/3")]


COMPARISONS = {
    "fetch-x509": call("FetchX509SVID, first answer", "fetch-x509", 1 / 5, "1/5"),
    "fetch-jwt": call("FetchJWTSVID, cached", "fetch-jwt", 1 / 5, "1/5"),
    "validate-new": call("ValidateJWTSVID, never seen", "validate-new", 1 / 4, "1/4"),
    "validate-seen": call("ValidateJWTSVID, seen before", "validate-seen", 1 / 6, "1/6"),
    "stream-memory": stream_memory,
}
