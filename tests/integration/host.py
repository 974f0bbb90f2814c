"""A domain run as on a host: `run`, or `syncer` and `server` as processes of their own, each under its own user."""

import contextlib
import json
import os
import pathlib
import pwd
import re
import signal
import urllib.error
import urllib.request

from domain import ENTENTE, Domain
from processes import run
from waiting import eventually

# Users that every Debian has, and nobody logs in as.
SYNCER_USER, SERVER_USER, WORKLOAD_USER, STRANGER = "daemon", "www-data", "news", "mail"


def is_root():
    return os.getuid() == 0


def as_user(name, arguments):
    """The command as that user, with its group alone; only root can."""
    user = pwd.getpwnam(name)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--", *arguments]


def visible_program(folder):
    """The program where every user may read it: a build folder may be one user's alone."""
    path = folder / "entente"
    if not path.exists():
        path.write_bytes(pathlib.Path(ENTENTE).read_bytes())
        path.chmod(0o755)
    return path


class Host(Domain):
    """`telemetry` is served. Start its parts with start_run(), start_syncer(), start_server()."""

    def __init__(self, scenario, trust_domain="a.test"):
        super().__init__(scenario, trust_domain)
        self.configuration["telemetry"] = {"listen": "127.0.0.1:0"}
        self.server = None
        self.program = ENTENTE
        self.syncer_user = self.server_user = None

    # -- configuration

    def split(self):
        """Two processes: they share the publication, and each keeps its own folder."""
        self.configuration["bundle_endpoint"]["publish_dir"] = str(self.folder / "public")
        self.configuration["server"] = {"state_dir": str(self.folder / "server" / "state"), "telemetry": "127.0.0.1:0"}
        (self.folder / "server").mkdir()
        return self

    def under_users(self):
        """Syncer and server under users of their own. For root."""
        self.scenario.folder.chmod(0o755)
        self.program = visible_program(self.scenario.folder)
        self.syncer_user, self.server_user = SYNCER_USER, SERVER_USER
        self.configuration["bundle_endpoint"]["https_spiffe"]["run_as"] = SERVER_USER
        os.chown(self.folder, pwd.getpwnam(SYNCER_USER).pw_uid, -1)
        os.chown(self.folder / "server", pwd.getpwnam(SERVER_USER).pw_uid, -1)
        return self

    def write(self):
        return self._write()

    # -- life

    def launch(self, kind, user=None, environment=None, wrapped=()):
        """The process alone, without waiting for anything."""
        command = [*wrapped, self.program, kind, "-c", self._write()]
        command = as_user(user, command) if user else command
        return self.scenario.start(command, environment, name=f"{self.trust_domain} {kind}")

    def start_run(self, **options):
        self.process = self.launch("run", **options)
        eventually(self._ready, f"{self.trust_domain} ready")
        return self

    def start_syncer(self, **options):
        self.process = self.launch("syncer", user=self.syncer_user, **options)
        eventually(self._ready, f"{self.trust_domain} syncer ready")
        return self

    def start_server(self, ready=True, **options):
        self.server = self.launch("server", user=self.server_user, **options)
        if ready:
            eventually(lambda: self.health(self.server)[0] == 200, lambda: f"server ready: {self.health(self.server)}")
        return self

    def refuses_to_start(self, kind="run", **options):
        """Runs it to its end; what it said."""
        child = self.launch(kind, **options)
        self.scenario.assertEqual(child.wait(), 2, child.log())
        return "\n".join(child.messages)

    # -- observation

    def wait_for_log(self, pattern, child=None, deadline=30.0):
        child = child or self.process
        return eventually(lambda: next((line for line in list(child.messages) if re.search(pattern, line)), None),
                          lambda: f"a log line like {pattern!r}", deadline)

    def telemetry(self, path, child=None):
        """Status and body. (0, why) where nothing answers."""
        line = self.wait_for_log("telemetry listens", child)
        port = re.search(r"port=(\d+)", line).group(1)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def health(self, child=None):
        return self.telemetry("/ready", child)

    def metrics(self, child=None):
        """{'name{labels}': value}"""
        found = {}
        for line in self.telemetry("/metrics", child)[1].splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                found[name] = float(value)
        return found

    def try_command(self, *arguments, environment=None, user=None):
        command = [self.program, *arguments]
        command = as_user(user, command) if user else command
        return run(command, {"ENTENTE_ADMIN_SOCKET": self.admin_socket,
                             "SPIFFE_ENDPOINT_SOCKET": self.workload_socket, **(environment or {})})

    def wait_for_held(self, peer):
        """The status once a change awaits approval, which commands say by exit code 3."""
        def held():
            done = self.try_command("federation", "show", peer, "--output", "json")
            return json.loads(done.stdout) if done.returncode == 3 else None
        return eventually(held, lambda: f"a held bundle of {peer}")

    def watch(self, *arguments):
        """`svid watch`: its events are the updates."""
        child = self.scenario.start([self.program, "svid", "watch", "--output", "json", *arguments],
                                    {"SPIFFE_ENDPOINT_SOCKET": self.workload_socket})
        eventually(lambda: child.lines, "the first update")
        return child


def updates(watch):
    return [json.loads(line) for line in list(watch.lines)]


def trust_domains(update):
    return {bundle["trust_domain"] for bundle in update["bundles"]}


def kill(child):
    with contextlib.suppress(ProcessLookupError):
        child.signal(signal.SIGKILL)
    child.wait()
