"""A trust domain served by the program under test: its configuration, its process, and its command line."""

import json
import os
import pathlib
import shutil
import signal

from certificates import PrivateRoot
from processes import run
from waiting import eventually, free_port

ENTENTE = os.environ.get("ENTENTE", "")


class Domain:
    """One `entente run`, with the embedded issuer and an entry /workload for whoever runs the test.

    `configuration` is the file's content; JSON is YAML, so it is written as JSON. Change it before start() or reload().
    """

    def __init__(self, scenario, trust_domain):
        self.scenario = scenario
        self.trust_domain = trust_domain
        self.folder = scenario.folder / trust_domain.split(".")[0]
        self.folder.mkdir()
        self.process = None
        self.root = None
        self.url = None
        self.endpoint_id = None
        self.workload_socket = f"unix://{self.folder}/workload.sock"
        self.admin_socket = f"unix://{self.folder}/admin.sock"
        self.workload_id = f"spiffe://{trust_domain}/workload"
        self.configuration = {
            "trust_domain": trust_domain,
            "data_dir": str(self.folder / "data"),
            "local": {"issuer": {"key_type": "ec-p256"}},
            "workload_api": {"listen": self.workload_socket},
            "admin": {"listen": self.admin_socket},
            "polling": {"floor": "1s"},
            "entries": [{"spiffe_id": self.workload_id, "selectors": [f"unix:uid:{os.getuid()}"], "hint": "internal"}],
            "federation": [],
        }

    # -- configuration

    def _serve(self, profile):
        port = free_port()
        self.url = f"https://127.0.0.1:{port}/"
        self.configuration["bundle_endpoint"] = {"listen": f"127.0.0.1:{port}", "path": "/", "refresh_hint": "1s", **profile}
        return self

    def serve_https_spiffe(self):
        self.endpoint_id = f"spiffe://{self.trust_domain}/entente"
        return self._serve({"https_spiffe": {"spiffe_id": self.endpoint_id}})

    def serve_https_web(self):
        authority = PrivateRoot(self.folder, f"{self.trust_domain} web root")
        self.root = authority.root
        certificate, key = authority.issue()
        return self._serve({"https_web": {"certificate": str(certificate), "key": str(key)}})

    def federate(self, trust_domain, url, roots=None, endpoint_id=None, bootstrap=None):
        """https_web with the roots, or https_spiffe with the endpoint's ID and a bootstrap bundle."""
        relationship = {"trust_domain": trust_domain, "endpoint_url": url}
        if roots:
            relationship["https_web"] = {"roots": str(roots)}
        else:
            relationship["https_spiffe"] = {"endpoint_spiffe_id": endpoint_id}
            relationship["bootstrap_bundle"] = str(bootstrap)
        self.configuration["federation"].append(relationship)
        return self

    def federate_with(self, peer, bootstrap=None):
        return self.federate(peer.trust_domain, peer.url, peer.root, peer.endpoint_id, bootstrap)

    # -- life

    def _write(self):
        path = self.folder / "entente.yaml"
        path.write_text(json.dumps(self.configuration, indent=2))
        return path

    def start(self):
        if not ENTENTE:
            self.scenario.fail("the environment variable ENTENTE must name the program under test")
        path = self._write()
        self.process = self.scenario.start([ENTENTE, "run", "-c", path], name=self.trust_domain)
        self.scenario.addCleanup(self.stop)
        eventually(self._ready, f"{self.trust_domain} ready")
        return self

    def _ready(self):
        if not self.process.running():
            self.scenario.fail(f"{self.trust_domain} ended with {self.process.wait()}")
        return self.command("health", "--ready", check=False).returncode == 0

    def stop(self):
        """SIGTERM, and the clean end that it promises; a sanitizer's finding at exit would show here too."""
        if self.process:
            self.scenario.assertEqual(self.process.stop(), 0, f"{self.trust_domain}: exit status after SIGTERM")

    def kill(self):
        self.process.signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def reload(self):
        self._write()
        self.process.signal(signal.SIGHUP)

    # -- command line

    def command(self, *arguments, check=True):
        done = run([ENTENTE, *arguments], {"ENTENTE_ADMIN_SOCKET": self.admin_socket,
                                          "SPIFFE_ENDPOINT_SOCKET": self.workload_socket})
        if check and done.returncode != 0:
            self.scenario.fail(f"entente {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def json(self, *arguments):
        return json.loads(self.command(*arguments, "--output", "json").stdout)

    def bundle_text(self, trust_domain=None):
        which = [trust_domain] if trust_domain else []
        return self.command("bundle", "show", *which, "--format", "spiffe").stdout

    def bundle(self, trust_domain=None):
        return json.loads(self.bundle_text(trust_domain))

    def write_bundle(self):
        """A file with this domain's bundle as it is now, for a peer's bootstrap."""
        path = self.scenario.folder / f"{self.trust_domain}.bundle.json"
        path.write_text(self.bundle_text())
        return path

    def rotate(self):
        """A new authority and a new JWT key, signing at once."""
        self.command("bundle", "rotate", "--now")

    def status(self, peer):
        return self.json("federation", "show", peer)

    def wait_for_status(self, peer, matches, what, deadline=30.0):
        seen = {}

        def fits():
            seen.update(self.status(peer))
            return dict(seen) if matches(seen) else None
        return eventually(fits, lambda: f"{self.trust_domain} on {peer}: {what}; status {seen}", deadline, interval=0.2)

    def wait_until_current(self, peer):
        return self.wait_for_status(peer, lambda status: status["state"] == "current", "current")


def federated_pair(scenario):
    """a.test serves https_spiffe and b.test https_web; both run, and each holds the other's bundle."""
    a = Domain(scenario, "a.test").serve_https_spiffe()
    b = Domain(scenario, "b.test").serve_https_web()
    a.federate_with(b).start()
    b.federate_with(a, a.write_bundle()).start()
    a.wait_until_current("b.test")
    b.wait_until_current("a.test")
    return a, b


def tool(scenario, name):
    """The path of a program that the test needs."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")
    if not found:
        scenario.fail(f"{name} is not installed: run deploy/install-packages.sh --tests")
    return pathlib.Path(found)
