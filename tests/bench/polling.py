"""What polls: Entente's syncer against SPIRE's bundle client manager and go-spiffe's WatchBundle.

All three poll the same peers at nginx at the same time and at one pace, SPIRE's fastest: every 15 s. Their CPU time over
a window is divided by the polls that nginx's log counts of each in that window.
"""

import json
import os
import sqlite3
import time

import documents
from bench import Unavailable
from certificates import PrivateRoot
from measure import Pairs, cpu_seconds, pss_bytes
from processes import run
from servers import Nginx
from table import Missing, at_most, at_most_cost
from waiting import eventually

PACE = 15  # seconds
HINT = 1   # seconds: every poller is then at its fastest


class Peers:
    """Trust domains whose documents nginx serves, for every poller under a path of its own."""

    def __init__(self, stage, count, **nginx):
        self.stage = stage
        self.names = [f"peer{i}.test" for i in range(count)]
        self._rotations = {name: documents.Rotation(name, HINT) for name in self.names}
        self._generation = -1
        self.authority = PrivateRoot(stage.folder)
        self.nginx = Nginx(stage, self.authority.issue(), stage.bench.load_core, counts=True, **nginx)
        self._documents = stage.folder / "documents"
        self._documents.mkdir()
        self.rotate()
        self.nginx.start()

    def rotate(self):
        """Replaces every document by its next generation."""
        self._generation += 1
        for name, rotation in self._rotations.items():
            fresh = self._documents / "fresh"
            fresh.write_text(rotation.document(self._generation))
            os.replace(fresh, self._documents / f"{name}.json")

    def urls(self, poller, count):
        link = self.nginx.public / poller
        if not link.exists():
            link.symlink_to(self._documents)
        return {name: f"https://127.0.0.1:{self.nginx.port}/{poller}/{name}.json" for name in self.names[:count]}

    def answers(self, poller):
        return [answer for answer in self.nginx.answers() if answer.uri.startswith(f"/{poller}/")]


class Poller:
    """A process that polls the first `count` of the peers."""

    name = ""

    def __init__(self, peers, count):
        self.peers, self.count, self.stage = peers, count, peers.stage
        self.folder = self.stage.folder / f"{self.name}{count}"
        self.folder.mkdir()
        self.urls = peers.urls(self.name, count)
        self._answers_before = len(self.answers())
        self.child = self.launch()

    def answers(self):
        return self.peers.answers(self.name)

    def wait_for_polls(self, each):
        """Until all peers have been polled so often since the start."""
        wanted = self._answers_before + self.count * each

        def polled():
            if not self.child.running():
                raise AssertionError(f"{self.name} ended: {self.child.log()}")
            return len(self.answers()) >= wanted
        eventually(polled, lambda: f"{wanted} polls of {self.name}; so far {len(self.answers())}",
                   deadline=60 + each * 2 * PACE, interval=0.5)

    def stop(self):
        self.stage.stop(self.child)

    def write_lines(self):
        path = self.folder / "peers"
        path.write_text("".join(f"{name} {url}\n" for name, url in self.urls.items()))
        return path


class Ours(Poller):
    name = "entente"

    def launch(self):
        self.admin = f"unix://{self.folder}/admin.sock"
        configuration = {
            "data_dir": str(self.folder / "data"),
            "local": {"none": {}},
            "log": {"level": "warning"},
            "workload_api": {"listen": f"unix://{self.folder}/workload.sock"},
            "admin": {"listen": self.admin},
            "polling": {"floor": f"{PACE}s"},
            "federation": [{"trust_domain": name, "endpoint_url": url,
                            "https_web": {"roots": str(self.peers.authority.root)}} for name, url in self.urls.items()],
        }
        path = self.folder / "entente.yaml"
        path.write_text(json.dumps(configuration))
        return self.stage.under_test([self.stage.bench.entente, "syncer", "-c", path], name="entente")

    def check(self):
        """Every peer is current."""
        done = run([self.stage.bench.entente, "federation", "list", "--output", "json"],
                   {"ENTENTE_ADMIN_SOCKET": self.admin})
        states = [each["state"] for each in json.loads(done.stdout)]
        if states != ["current"] * self.count:
            raise AssertionError(f"entente's peers are {states}")


class Spire(Poller):
    name = "spire"

    def launch(self):
        return self.stage.under_test(
            [self.stage.bench.go_program(), "poll-spire", "-peers", self.write_lines(), "-folder", self.folder],
            {"GOMAXPROCS": "1", "SSL_CERT_FILE": str(self.peers.authority.root)}, name="spire")

    def check(self):
        """Every peer's bundle is stored."""
        with sqlite3.connect(f"file:{self.folder}/spire.db?mode=ro", uri=True, timeout=10) as database:
            [(stored,)] = database.execute("select count(*) from bundles")
        database.close()
        if stored != self.count:
            raise AssertionError(f"SPIRE has {stored} bundles of {self.count}")


class Watch(Poller):
    name = "watch"

    def launch(self):
        return self.stage.under_test(
            [self.stage.bench.go_program(), "poll-watch", "-peers", self.write_lines(), "-every", f"{PACE}s",
             "-roots", self.peers.authority.root], {"GOMAXPROCS": "1"}, name="watch")

    def check(self):
        """It tells of every failed poll."""
        if self.child.messages:
            raise AssertionError(f"WatchBundle: {self.child.messages[0]}")


def start_all(peers, count):
    """The pollers that can be had, ours first; and why there are no others."""
    pollers = [Ours(peers, count)]
    try:
        return [*pollers, Spire(peers, count), Watch(peers, count)], None
    except Unavailable as why:
        return pollers, str(why)


def costs_in_windows(bench, peers, pollers, turnover):
    """CPU microseconds a poll of each poller, window by window. `turnover`: seconds after which all documents change."""
    costs = {poller.name: [] for poller in pollers}
    for _ in range(bench.count(4, 1)):
        before = [(cpu_seconds(poller.child.pid), len(poller.answers())) for poller in pollers]
        let_pass(PACE + 1, peers, turnover)
        for poller, (used, polled) in zip(pollers, before):
            used, polled = cpu_seconds(poller.child.pid) - used, len(poller.answers()) - polled
            if polled < poller.count / 2:
                raise AssertionError(f"{poller.name}: only {polled} polls in a window")
            costs[poller.name].append(used * 1e6 / polled)
    return costs


def let_pass(seconds, peers, turnover):
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if turnover:
            peers.rotate()
        time.sleep(min(left, turnover or left))


def warm_up(bench, peers, pollers, turnover):
    """Two polls of each peer, so that the last was an ordinary one; a short pass is content with the first."""
    for _ in range(1 if bench.short else 2):
        for poller in pollers:
            poller.wait_for_polls(1)
        if not bench.short:
            let_pass(PACE + 1, peers, turnover)


def rows_of(work, costs, share_of_spire, share_of_watch, why):
    if why:
        return [Missing(work, why)]
    return [at_most(work, "us", "SPIRE", Pairs(costs["entente"], costs["spire"]), *share_of_spire),
            at_most(work, "us", "WatchBundle", Pairs(costs["entente"], costs["watch"]), *share_of_watch)]


def poll(work, nature, share_of_spire, share_of_watch=(None,), turnover=None, **nginx):
    """`nature` must hold of nearly all of our polls, or something else was measured."""
    def compare(bench):
        with bench.stage() as stage:
            count = bench.count(1000, 4)
            peers = Peers(stage, count, **nginx)
            pollers, why = start_all(peers, count)
            warm_up(bench, peers, pollers, turnover)
            already = len(pollers[0].answers())
            costs = costs_in_windows(bench, peers, pollers, turnover)
            for poller in pollers:
                poller.check()
            ours = pollers[0].answers()[already:]
            fitting = sum(map(nature, ours))
            if fitting < 0.95 * len(ours):
                raise AssertionError(f"{work}: only {fitting} of {len(ours)} polls were that; the last: {ours[-1]}")
        return rows_of(work, costs, share_of_spire, share_of_watch, why)
    return compare


def memory(work, limit, **nginx):
    """Growth of Pss from a few peers to many, all polled at least once."""
    def compare(bench):
        few, many = bench.count(10, 2), bench.count(1010, 12)
        held = {}
        with bench.stage() as stage:
            peers = Peers(stage, many, **nginx)
            for count in (few, many):
                pollers, why = start_all(peers, count)
                warm_up(bench, peers, pollers, None)
                for poller in pollers:
                    poller.check()
                    held.setdefault(poller.name, []).append(pss_bytes(poller.child.pid))
                    poller.stop()
        costs = {name: [(large - small) / (many - few) / 1000] for name, (small, large) in held.items()}
        if why:
            return [Missing(work, why)]
        return [at_most_cost(work, "KB", "SPIRE", Pairs(costs["entente"], costs["spire"]), limit),
                at_most_cost(work, "KB", "WatchBundle", Pairs(costs["entente"], costs["watch"]), limit)]
    return compare


KEPT, CLOSED = "20s", "0"  # nginx's keepalive_timeout; SPIRE leaves its connections behind, so this must not be long
COMPARISONS = {
    "poll-kept": poll("unchanged poll, connection kept", lambda answer: answer.kept and answer.status == 304,
                      (1 / 20, "1/20"), (1 / 10, "1/10"), keepalive=KEPT),
    "poll-untagged": poll("unchanged poll, kept, no ETag", lambda answer: answer.kept and answer.status == 200,
                          (None,), keepalive=KEPT, etag=False),
    "poll-resumed": poll("unchanged poll, session resumed", lambda answer: answer.resumed and answer.status == 304,
                         (1 / 7, "1/7"), keepalive=CLOSED),
    "poll-new": poll("unchanged poll, new handshake",
                     lambda answer: not answer.kept and not answer.resumed and answer.status == 304,
                     (1 / 4, "1/4"), keepalive=CLOSED, tickets=False),
    "poll-changed": poll("changed poll, connection kept", lambda answer: answer.kept and answer.status == 200,
                         (1 / 8, "1/8"), keepalive=KEPT, turnover=5),
    "peer-memory": memory("memory per peer, connection kept", 40, keepalive=KEPT),
    "peer-memory-closed": memory("memory per peer, no connection", 8, keepalive=CLOSED),
}
