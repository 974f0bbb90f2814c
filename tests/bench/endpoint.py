"""What faces the pollers: `entente server` against nginx with the same file and against SPIRE's bundle endpoint."""

import documents
from bench import Unavailable
from certificates import PrivateRoot
from measure import Pairs, alternate, cpu_seconds, pss_bytes
from servers import TRUST_DOMAIN, Endpoint, Nginx, SpireEndpoint, get
from table import Missing, at_least, at_most

SOURCES = 50  # loopback addresses that the load comes from


class Contest:
    """Ours, nginx and, where it is wanted and can be had, SPIRE's endpoint, all serving one document."""

    def __init__(self, stage, document, spire=False):
        self.stage = stage
        identity = PrivateRoot(stage.folder).issue()
        self.ours = Endpoint(stage, identity, document)
        self.nginx = Nginx(stage, identity, stage.bench.test_core)
        (self.nginx.public / "bundle.json").write_text(document)
        self.nginx.start()
        self.spire, self.why_no_spire = None, None
        if spire:
            try:
                self.spire = SpireEndpoint(stage, identity, document)
            except Unavailable as why:
                self.why_no_spire = str(why)
        self.etags = {server: get(server.port)[1].get("ETag") for server in self.servers()}

    def servers(self):
        return [server for server in (self.ours, self.nginx, self.spire) if server]

    def load(self, server, mode, operations, connections, conditional=False):
        flags = ["--port", server.port, "--mode", mode, "--operations", operations, "--connections", connections,
                 "--sources", SOURCES]
        if conditional:
            flags += ["--if-none-match", self.etags[server], "--status", "304"]
        child = self.stage.beside([self.stage.bench.load, *flags], name="https_load")
        child.wait_for_event("ready", deadline=60)
        return child

    def go(self, child):
        """Has it do its operations; what it reports."""
        child.send("go")
        done = child.wait_for_event("done", deadline=180)
        if done["errors"]:
            raise AssertionError(f"{done['errors']} operations failed: {done['first_error']}")
        return done

    def cost(self, server, mode, operations, connections, conditional=False):
        """CPU time of the server for one operation, in microseconds."""
        child = self.load(server, mode, operations, connections, conditional)
        before = cpu_seconds(server.pid)
        done = self.go(child)
        used = cpu_seconds(server.pid) - before
        self.stage.stop(child)
        return used * 1e6 / done["operations"]

    def compare(self, mode, operations, connections, conditional=False):
        """Pairs with nginx and, or None, with SPIRE."""
        takes = [lambda server=server: self.cost(server, mode, operations, connections, conditional)
                 for server in self.servers()]
        for take in takes:
            take()  # not counted: caches and allocators are warm from here on
        pairs = alternate(self.stage.bench.pairs, *takes)
        return pairs[0], pairs[1] if self.spire else None

    def without_spire(self, work):
        return [Missing(f"{work}, against SPIRE", self.why_no_spire)] if self.why_no_spire else []


def keep_alive(bench):
    with bench.stage() as stage:
        document = documents.small(TRUST_DOMAIN)
        contest = Contest(stage, document, spire=True)
        nginx, spire = contest.compare("get", bench.count(12000, 200), 16)
    work = f"keep-alive GET, {len(document) / 1000:.1f} KB"
    rows = [at_least(work, "us", "nginx", nginx, 1.4)]
    if spire:
        rows.append(at_least(work, "us", "SPIRE", spire, 6))
    return rows + contest.without_spire(work)


def not_modified(bench):
    with bench.stage() as stage:
        contest = Contest(stage, documents.small(TRUST_DOMAIN))
        nginx, _ = contest.compare("get", bench.count(12000, 200), 16, conditional=True)
    return [at_least("answer 304", "us", "nginx", nginx, 0.97)]


def body_of(size, name, operations):
    def compare(bench):
        with bench.stage() as stage:
            contest = Contest(stage, documents.large(TRUST_DOMAIN, size))
            nginx, _ = contest.compare("get", bench.count(operations, 20), 8)
        return [at_least(f"keep-alive GET, {name}", "us", "nginx", nginx, 0.97)]
    return compare


def full_handshake(bench):
    with bench.stage() as stage:
        contest = Contest(stage, documents.small(TRUST_DOMAIN), spire=True)
        nginx, spire = contest.compare("handshake", bench.count(800, 40), 8)
    rows = [at_least("full handshake", "us", "nginx", nginx, 1.0)]
    if spire:
        rows.append(at_least("full handshake", "us", "SPIRE", spire, 1.0))
    return rows + contest.without_spire("full handshake")


def resumed_handshake(bench):
    with bench.stage() as stage:
        contest = Contest(stage, documents.small(TRUST_DOMAIN))
        nginx, _ = contest.compare("resume", bench.count(800, 40), 8)
    return [at_least("resumed handshake", "us", "nginx", nginx, 1.0)]


def idle_memory(bench):
    """Each pair has processes of its own: memory that was once had is seldom given back."""
    count = bench.count(5000, 50)

    def grown(contest, server):
        # The first connection pays for what all share.
        warm = contest.load(server, "hold", 10, 8)
        contest.go(warm)
        before = pss_bytes(server.pid)
        child = contest.load(server, "hold", count, 32)
        contest.go(child)
        growth = (pss_bytes(server.pid) - before) / count
        stage.stop(child)
        stage.stop(warm)
        return growth / 1000

    costs = {"ours": [], "nginx": [], "spire": []}
    for _ in range(bench.count(3, 1)):
        with bench.stage() as stage:
            contest = Contest(stage, documents.small(TRUST_DOMAIN), spire=True)
            for name, server in zip(costs, contest.servers()):
                costs[name].append(grown(contest, server))
    pairs = {name: Pairs(costs["ours"], costs[name]) for name in ("nginx", "spire") if costs[name]}
    work = f"memory per idle connection, of {count}"
    rows = [at_most(work, "KB", "nginx", pairs["nginx"], 1.05)]
    if "spire" in pairs:
        rows.append(at_most(work, "KB", "Go (SPIRE)", pairs["spire"], 0.45))
    return rows + contest.without_spire(work)


COMPARISONS = {
    "get": keep_alive,
    "not-modified": not_modified,
    "get-100k": body_of(100_000, "100 KB", 2500),
    "get-1m": body_of(1_000_000, "1 MB", 300),
    "handshake": full_handshake,
    "resumed": resumed_handshake,
    "idle-memory": idle_memory,
}
