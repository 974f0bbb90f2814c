"""The Go program of tests/interop/go: go-spiffe's and SPIRE's own clients and servers."""

import json
import os
import pathlib

from processes import run
from waiting import accepts, eventually, free_port

FOLDER = pathlib.Path(os.environ.get("ENTENTE_GO_FOLDER", "build/go"))


def program(scenario):
    """The built program; skips the test, and says why, where build.sh found that Go cannot be had."""
    why = FOLDER / "skipped"
    if why.exists():
        scenario.skipTest(f"*** not tested against go-spiffe and SPIRE: {why.read_text().strip()} ***")
    if not (FOLDER / "interop").exists():
        scenario.fail(f"{FOLDER}/interop is not built: run tests/interop/go/build.sh {FOLDER}")
    return FOLDER / "interop"


def start_spire_server(scenario, socket, folder, trust_domain="spire.test", hint=300):
    """SPIRE's own trustdomain, bundle and entry services, on that socket's path. Started again it has what it had."""
    program(scenario)
    socket.unlink(missing_ok=True)
    child = scenario.start([FOLDER / "spireapi", "-socket", socket, "-folder", folder, "-trust-domain", trust_domain,
                            "-refresh-hint", hint], name="spireapi")
    child.wait_for_event("listening")
    return child


def start_spire_agent(scenario, socket, admin, delegate, entries, trust_domain="a.test"):
    """SPIRE's own Workload API and Delegated Identity API handlers, on those sockets' paths, with new keys at each start.
    `entries`: each ID=SELECTOR or ID=SELECTOR=FEDERATED TRUST DOMAIN, with SPIRE's unix selectors, unix:path among them."""
    program(scenario)
    given = [argument for entry in entries for argument in ("-entry", entry)]
    child = scenario.start([FOLDER / "spireagent", "-socket", socket, "-admin", admin, "-trust-domain", trust_domain,
                            "-delegate", delegate, "-unix", "discover_workload_path = true\nworkload_size_limit = -1", *given],
                           name="spireagent")
    child.wait_for_event("listening")
    return child


def start(scenario, *arguments, environment=None):
    """A Go command that runs until its standard input ends or the test does."""
    return scenario.start([program(scenario), *arguments], environment, name=f"go {arguments[0]}")


def attempt(scenario, *arguments, environment=None):
    """Runs a Go command to its end, whatever that is."""
    return run([program(scenario), *arguments], environment)


def ask(scenario, *arguments, environment=None):
    """Runs a Go command that must succeed; the JSON lines it printed."""
    done = attempt(scenario, *arguments, environment=environment)
    if done.returncode != 0:
        scenario.fail(f"go {arguments[0]}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


class Peer:
    """A trust domain whose bundle go-spiffe's handler or SPIRE's bundle server serves."""

    def __init__(self, scenario, server, trust_domain="peer.test", certificate=None, key=None):
        self.trust_domain = trust_domain
        self.endpoint_id = f"spiffe://{trust_domain}/endpoint"
        self.bootstrap = scenario.folder / f"{trust_domain}.bootstrap.json"
        self.profile = ["--certificate", certificate, "--key", key] if certificate else []
        port = free_port()
        self.process = start(scenario, "serve-bundle", "--server", server, "--endpoint-id", self.endpoint_id,
                             "--bundle-out", self.bootstrap, "--listen", f"127.0.0.1:{port}", *self.profile)
        listening = self.process.wait_for_event("listening")
        self.url = listening["url"]
        self.held = listening["bundle"]
        eventually(lambda: accepts(port), f"{server} listening on {port}")

    def prepare(self):
        """Publishes a further authority and JWT key; what the bundle then holds."""
        return self._step("prepare")

    def activate(self):
        """Has the newest authority sign the endpoint's SVID."""
        return self._step("activate")

    def _step(self, step):
        done = len(self.process.events(step))
        self.process.send(step)
        eventually(lambda: len(self.process.events(step)) > done, f"{self.trust_domain}: {step}")
        self.held = self.process.events(step)[-1]
        return self.held
