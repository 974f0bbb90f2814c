"""`entente helper`: files and a child process kept current, and what happens when something fails."""

import base64
import grp
import json
import os
import pathlib
import pwd
import re
import resource
import shutil
import signal
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from domain import ENTENTE, federated_pair
from host import Host, is_root, kill
from processes import run
from scenario import Scenario
from waiting import eventually, free_port

PEM_FILES = [{"name": "svid.pem", "content": "certificate"}, {"name": "svid.key", "content": "key"},
             {"name": "bundle.pem", "content": "bundle"}]
# Says what it is told, until SIGTERM.
LISTENING_CHILD = ["sh", "-c", "trap 'echo told' HUP; trap 'echo user' USR1; echo up; while :; do sleep 0.05; done"]


def certificates(path):
    blocks = re.findall(b"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", path.read_bytes(), re.DOTALL)
    return [x509.load_pem_x509_certificate(block) for block in blocks]


def public_key(key):
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


class Helped(Scenario):
    """A domain, and a helper of its workload."""

    def setUp(self):
        super().setUp()
        self.directory = self.folder / "tls"
        self.configuration = {"directory": str(self.directory), "files": list(PEM_FILES)}
        self.program = []

    def domain(self, **issuer):
        self.host = Host(self)
        self.host.configuration["local"]["issuer"].update(issuer)
        return self.host

    def write(self):
        path = self.folder / "helper.yaml"
        path.write_text(json.dumps(self.configuration))
        return path

    def environment(self):
        return {"SPIFFE_ENDPOINT_SOCKET": self.host.workload_socket}

    def help(self, *arguments, wrapped=()):
        self.helper = self.start([*wrapped, ENTENTE, "helper", "-c", self.write(), *arguments], self.environment(), name="helper")
        return self.helper

    def help_until_written(self, **options):
        self.help(**options)
        self.wait_for_set()
        return self.helper

    def wait_for_set(self):
        eventually(lambda: (self.directory / "svid.key").exists(), "the first set")

    def wait_for_log(self, pattern, times=1):
        return eventually(lambda: [line for line in list(self.helper.messages) if re.search(pattern, line)][times - 1:],
                          lambda: f"{times} log lines like {pattern!r}")[0]

    def wait_for_line(self, line, times=1):
        eventually(lambda: self.helper.lines.count(line) >= times, lambda: f"{times} times {line!r}: {self.helper.lines}")

    def health(self):
        port = re.search(r"port=(\d+)", self.wait_for_log("health listens")).group(1)
        done = run([ENTENTE, "health", "--url", f"http://127.0.0.1:{port}"])
        return done.returncode, done.stdout + done.stderr

    def serial(self):
        return certificates(self.directory / "svid.pem")[0].serial_number

    def check_pair(self, folder=None):
        folder = folder or self.directory
        key = serialization.load_pem_private_key((folder / "svid.key").read_bytes(), None)
        self.assertEqual(public_key(key.public_key()), public_key(certificates(folder / "svid.pem")[0].public_key()))


class Files(Helped):
    # spiffe-helper#89, #217: a bundle for each trust domain, merged only where that is asked for by name
    def test_every_kind_of_file_and_what_becomes_of_a_withdrawn_federation(self):
        self.host, peer = federated_pair(self)
        (self.folder / "password").write_text("geheim\n")
        self.configuration["files"] += [
            {"name": "{trust_domain}.pem", "content": "federated_bundles"},
            {"name": "map.json", "content": "bundle_map"},
            {"name": "all.pem", "content": "merged_bundles"},
            {"name": "store.p12", "content": "key_and_certificate", "format": "pkcs12", "password_file": "password"},
            {"name": "trust.p12", "content": "bundle", "format": "pkcs12"},
            {"name": "token", "content": "jwt_svid", "audience": "db"},
            {"name": "{trust_domain}.jwks", "content": "federated_jwt_bundles"},
        ]
        self.help_until_written()

        own, theirs = certificates(self.directory / "bundle.pem"), certificates(self.directory / "b.test.pem")
        self.assertEqual([one.serial_number for one in theirs],
                         [key.serial_number for key in self.x509_of(peer.bundle())])
        self.assertEqual(len(certificates(self.directory / "all.pem")), len(own) + len(theirs))
        domains = json.loads((self.directory / "map.json").read_text())["trust_domains"]
        self.assertEqual({name: len(bundle["keys"]) for name, bundle in domains.items()}, {"a.test": 1, "b.test": 1})
        self.assertIn("keys", json.loads((self.directory / "b.test.jwks").read_text()))
        self.check_pair()
        self.check_stores()
        token = (self.directory / "token").read_text()
        self.host.command("jwt", "validate", "--audience", "db", token)
        self.assertEqual({name: os.stat(self.directory / name).st_mode & 0o777 for name in ("svid.key", "svid.pem", "token", "store.p12")},
                         {"svid.key": 0o600, "svid.pem": 0o644, "token": 0o600, "store.p12": 0o600})
        self.wait_for_log("merges the authorities of all trust domains")  # asked for by name, and warned of

        self.host.configuration["federation"] = []
        self.host.reload()

        eventually(lambda: not os.path.lexists(self.directory / "b.test.pem"), "b.test.pem gone")
        self.assertFalse(os.path.lexists(self.directory / "b.test.jwks"))
        self.assertEqual(list(json.loads((self.directory / "map.json").read_text())["trust_domains"]), ["a.test"])
        self.assertEqual(len(certificates(self.directory / "all.pem")), len(own))

    @staticmethod
    def x509_of(document):
        return [x509.load_der_x509_certificate(base64.b64decode(key["x5c"][0])) for key in document["keys"] if key["use"] == "x509-svid"]

    def check_stores(self):
        for name, password in (("store.p12", "geheim"), ("trust.p12", "")):
            shown = run(["openssl", "pkcs12", "-in", self.directory / name, "-passin", f"pass:{password}", "-nodes"])
            self.assertEqual(shown.returncode, 0, shown.stderr)
            self.assertEqual(shown.stdout.count("BEGIN CERTIFICATE"), 1)
            self.assertEqual(shown.stdout.count("BEGIN PRIVATE KEY"), 1 if name == "store.p12" else 0)

    # spiffe-helper#422
    def test_a_rotation_arrives_as_one_set_and_readers_of_the_old_one_keep_it(self):
        self.domain().start()
        self.help_until_written()
        before = self.serial()
        old = os.open(self.directory / "..data", os.O_RDONLY)
        self.addCleanup(os.close, old)

        self.host.rotate()

        eventually(lambda: self.serial() != before, "the new SVID")
        self.check_pair()
        self.check_pair(pathlib.Path(f"/proc/self/fd/{old}"))  # who reads the set before reads it to its end

    def test_owner_group_and_mode_for_each_file(self):
        if not is_root():
            self.skipTest("only root gives files away")
        self.domain().start()
        self.configuration.update(owner="daemon", group="daemon")
        self.configuration["files"][1] = {"name": "svid.key", "content": "key", "mode": "0640", "group": "mail"}
        self.help_until_written()
        key, svid = os.stat(self.directory / "svid.key"), os.stat(self.directory / "svid.pem")
        self.assertEqual((key.st_uid, key.st_gid, key.st_mode & 0o777), (pwd.getpwnam("daemon").pw_uid, grp.getgrnam("mail").gr_gid, 0o640))
        self.assertEqual((svid.st_uid, svid.st_gid), (pwd.getpwnam("daemon").pw_uid, grp.getgrnam("daemon").gr_gid))

    def test_files_that_vanish_are_written_again_and_others_stay(self):
        self.domain().start()
        self.configuration["at_exit"] = "remove"
        self.help_until_written()
        (self.directory / "svid.key").unlink()
        eventually(lambda: (self.directory / "svid.key").exists(), "the key again")

        shutil.rmtree(self.directory)

        eventually(lambda: (self.directory / "svid.key").exists(), "the directory again")
        self.check_pair()
        (self.directory / "theirs").write_text("stays")
        self.assertEqual(self.helper.stop(), 0)
        self.assertEqual(os.listdir(self.directory), ["theirs"])

    def test_a_full_disk_leaves_the_set_before_in_use(self):
        self.domain().start()
        self.configuration["health"] = {"listen": "127.0.0.1:0"}
        self.help_until_written()
        before = self.serial()
        _, hard = resource.prlimit(self.helper.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.helper.pid, resource.RLIMIT_FSIZE, (1, hard))

        self.host.rotate()

        self.wait_for_log("the files stay as they are.*File too large")
        self.assertEqual(self.serial(), before)
        self.check_pair()
        eventually(lambda: self.health()[0] != 0, "not ready")
        self.assertIn("File too large", self.health()[1])
        resource.prlimit(self.helper.pid, resource.RLIMIT_FSIZE, (hard, hard))
        eventually(lambda: self.serial() != before, "written once there is room")
        self.check_pair()
        eventually(lambda: self.health()[0] == 0, "ready")

    def test_a_disk_that_is_full(self):
        if not is_root() or run(["unshare", "--mount", "true"]).returncode != 0:
            self.skipTest("a small disk of the test's own takes the right to mount")
        self.domain().start()
        self.directory.mkdir()
        mount = 'mount -t tmpfs -o size=128k tmpfs "$0" && exec "$@"'
        self.help(wrapped=["unshare", "--mount", "sh", "-c", mount, self.directory])
        inside = pathlib.Path(f"/proc/{self.helper.pid}/root{self.directory}")
        eventually(lambda: (inside / "svid.key").exists(), "the first set")
        before = (inside / "svid.pem").read_bytes()
        with open(inside / "filler", "wb", buffering=0) as filler, self.assertRaises(OSError):
            while True:
                filler.write(b"x" * os.sysconf("SC_PAGE_SIZE"))

        self.host.rotate()

        self.wait_for_log("No space left on device")
        self.assertEqual((inside / "svid.pem").read_bytes(), before)
        (inside / "filler").unlink()
        eventually(lambda: (inside / "svid.pem").read_bytes() != before, "written once there is room")


class WorkloadApi(Helped):
    def test_once_writes_one_set_and_ends_or_says_what_was_missing(self):
        self.domain()
        failed = run([ENTENTE, "helper", "-c", self.write(), "--once", "--timeout", "1s"], self.environment())
        self.assertEqual(failed.returncode, 1, failed.stderr)
        self.assertIn("nothing answers", failed.stderr)
        self.assertIn("--timeout", failed.stderr)
        self.assertFalse(self.directory.exists())
        self.host.start()

        done = run([ENTENTE, "helper", "-c", self.write(), "--once"], self.environment())

        self.assertEqual(done.returncode, 0, done.stderr)
        self.check_pair()

    def test_an_agent_that_comes_late_goes_and_comes_back(self):
        self.domain()
        self.configuration["health"] = {"listen": "127.0.0.1:0"}
        self.help()
        self.wait_for_log("waiting for the Workload API.*workload.sock")
        self.assertNotEqual(self.health()[0], 0)
        self.host.start()
        self.wait_for_set()
        eventually(lambda: self.health()[0] == 0, "ready")
        before = self.serial()

        self.host.kill()

        self.wait_for_log("waiting for the Workload API", times=2)
        self.check_pair()
        self.assertEqual(self.health()[0], 0)  # the SVID is still good
        self.host.start()
        self.host.rotate()
        eventually(lambda: self.serial() != before, "the new SVID")

    def test_an_svid_that_ends_while_the_agent_is_away_stays_and_is_not_ready(self):
        self.domain(x509_svid_ttl="3s").start()
        self.configuration["health"] = {"listen": "127.0.0.1:0"}
        self.help_until_written()
        self.host.kill()
        eventually(lambda: "svid: expired at" in self.health()[1], lambda: f"not ready: {self.health()}")
        self.check_pair()

    def test_a_denied_identity_is_taken_back_and_comes_again(self):
        self.domain().start()
        self.configuration.update(remove_when_denied="1s", child={"command": LISTENING_CHILD},
                                  renewal={"signal": "SIGHUP"}, health={"listen": "127.0.0.1:0"})
        self.help_until_written()
        self.wait_for_line("up")
        entries, self.host.configuration["entries"] = self.host.configuration["entries"], []

        self.host.reload()

        eventually(lambda: os.listdir(self.directory) == [], lambda: f"nothing left: {os.listdir(self.directory)}")
        self.wait_for_line("told")
        self.assertIn("denied since", self.health()[1])
        self.host.configuration["entries"] = entries
        self.host.reload()
        self.wait_for_set()
        self.wait_for_line("told", times=2)


class Children(Helped):
    def test_a_child_begins_after_the_first_set_hears_of_each_and_gives_its_exit_code(self):
        self.domain().start()
        script = f"test -s {self.directory}/svid.key && trap 'exit 7' TERM && {LISTENING_CHILD[-1]}"
        self.configuration.update(child={"command": ["sh", "-c", script]}, renewal={"signal": "SIGHUP"})
        self.help()
        self.wait_for_line("up")
        self.host.rotate()
        self.wait_for_line("told")
        self.helper.signal(signal.SIGUSR1)  # passed on
        self.wait_for_line("user")

        self.helper.signal(signal.SIGTERM)

        self.assertEqual(self.helper.wait(), 7)

    # spiffe-helper tells nobody of a new JWT-SVID
    def test_a_renewed_token_alone_is_told_of_too(self):
        self.domain(jwt_svid_ttl="4s").start()
        self.configuration["files"] = [{"name": "token", "content": "jwt_svid", "audience": ["db"]}]
        self.configuration.update(child={"command": LISTENING_CHILD}, renewal={"signal": "SIGHUP"})
        self.help()
        self.wait_for_line("up")
        first = (self.directory / "token").read_text()
        self.wait_for_line("told")
        self.assertNotEqual((self.directory / "token").read_text(), first)

    def test_a_child_that_ends_is_started_again_where_asked(self):
        self.domain().start()
        self.configuration["child"] = {"command": ["sh", "-c", "echo up; exit 3"], "restart": "on_failure", "first_pause": "50ms"}
        self.help()
        self.wait_for_line("up", times=3)
        self.assertEqual(self.helper.stop(), 3)

        self.configuration["child"]["restart"] = "never"
        self.assertEqual(self.help().wait(), 3)

    def test_a_child_that_ignores_the_signal_is_killed_after_its_grace(self):
        self.domain().start()
        self.configuration["child"] = {"command": ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.05; done"], "grace": "300ms"}
        self.help()
        self.wait_for_line("up")
        self.assertEqual(self.helper.stop(), 128 + signal.SIGKILL)

    # spiffe-helper#249
    def test_a_child_given_behind_dashes_and_a_program_that_is_not_there(self):
        self.domain().start()
        self.assertEqual(self.help("--", "sh", "-c", "echo given \"$1\"; exit 5", "sh", "a b").wait(), 5)
        self.assertIn("given a b", self.helper.lines)
        self.assertEqual(self.help("--", "/no/such/program").wait(), 127)
        self.assertTrue(any("/no/such/program" in line for line in self.helper.messages))

    def test_a_command_is_run_after_each_set_and_retried_until_it_works(self):
        self.domain().start()
        marker = self.folder / "works"
        self.configuration["renewal"] = {"command": ["sh", "-c", f"echo ran; test -e {marker}"]}
        self.help()
        self.wait_for_line("ran", times=2)
        marker.touch()
        self.wait_for_log("command at renewal has run")
        ran = self.helper.lines.count("ran")
        self.host.rotate()
        self.wait_for_line("ran", times=ran + 1)

    # spiffe-helper#250, #251
    def test_the_process_of_a_pid_file_is_told_also_where_it_comes_late(self):
        self.domain().start()
        pid_file = self.folder / "other.pid"
        self.configuration["renewal"] = {"signal": "SIGHUP", "pid_file": str(pid_file)}
        other = self.start(LISTENING_CHILD, name="other")
        eventually(lambda: other.lines == ["up"], "the other process")
        self.help_until_written()
        self.wait_for_log("info +no process to tell yet")

        pid_file.write_text(f"{other.pid}\n")  # it began before the set: it may have read what was there before

        eventually(lambda: "told" in other.lines, "told")
        self.host.rotate()
        eventually(lambda: other.lines.count("told") == 2, "told again")

    def test_pid_1_reaps_orphans(self):
        if not is_root() or run(["unshare", "--pid", "--fork", "true"]).returncode != 0:
            self.skipTest("a process tree of the test's own takes root")
        self.domain().start()
        self.configuration["child"] = {"command": ["sh", "-c", "(sh -c 'exit 0' &); (sh -c 'exit 0' &); echo up; exec sleep 1000"]}
        self.configuration["log"] = {"level": "debug"}
        self.help(wrapped=["unshare", "--pid", "--fork", "--kill-child"])
        self.wait_for_line("up")
        self.wait_for_log("an orphan has ended", times=2)
        [inside] = pathlib.Path(f"/proc/{self.helper.pid}/task/{self.helper.pid}/children").read_text().split()
        os.kill(int(inside), signal.SIGTERM)
        self.assertEqual(self.helper.wait(), 128 + signal.SIGTERM)  # the child's

    def test_a_configuration_of_spiffe_helper_runs_unchanged(self):
        self.host, _ = federated_pair(self)
        conf = self.folder / "helper.conf"
        # A short-lived command, as for a database that is told to reload: it is run again by the next renewal.
        conf.write_text(f"""
            cert_dir = "{self.directory}" # where others look
            cmd = "sh"
            cmd_args = "-c \\"echo ran \\"\\"$0\\"\\"\\" \\"two words\\""
            svid_file_name = "svid.pem"
            svid_key_file_name = "svid.key"
            svid_bundle_file_name = "bundle.pem"
            jwt_svids = [{{jwt_audience="db", jwt_extra_audiences=["backup"], jwt_svid_file_name="db.token"}}]
            jwt_bundle_file_name = "jwt.json"
            hint = "internal"
            key_file_mode = 0400
            health_checks {{
              listener_enabled = true
              bind_port = {(port := free_port())}
              liveness_path = "/healthz"
              readiness_path = "/readyz"
            }}
        """)
        once = run([ENTENTE, "helper", "-config", conf, "-daemon-mode=false"], self.environment())
        self.assertEqual(once.returncode, 0, once.stderr)
        self.assertEqual(len(certificates(self.directory / "bundle.pem")), 1)  # federated ones are never merged in
        self.assertEqual(os.stat(self.directory / "svid.key").st_mode & 0o777, 0o400)
        jwt = json.loads((self.directory / "jwt.json").read_text())
        self.assertEqual(sorted(jwt), ["a.test", "b.test"])
        self.assertIn("keys", json.loads(base64.b64decode(jwt["b.test"])))
        for audience in ("db", "backup"):
            self.host.command("jwt", "validate", "--audience", audience, (self.directory / "db.token").read_text())

        self.helper = self.start([ENTENTE, "helper", "-c", conf], self.environment(), name="helper")

        self.wait_for_line("ran two words")
        self.host.rotate()
        self.wait_for_line("ran two words", times=2)
        for path in ("healthz", "readyz"):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=10) as answer:
                self.assertEqual(answer.status, 200)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            self.assertRegex(answer.read().decode(), r"(?m)^entente_helper_sets_total [2-9]")
        self.assertEqual(self.helper.stop(), 0)


class Usage(Helped):
    def test_mistakes_are_said_at_once_with_their_places(self):
        self.domain()
        self.configuration["filse"] = self.configuration.pop("files")
        for arguments in (["--check"], []):
            done = run([ENTENTE, "helper", "-c", self.write(), *arguments], self.environment())
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, r'helper.yaml:1:1: files is missing')
            self.assertRegex(done.stderr, r'helper.yaml:1:\d+: unknown key "filse"; did you mean "files"\?')

    def test_a_health_port_in_use_stops_the_start(self):
        self.domain().start()
        port = free_port()
        self.configuration["health"] = {"listen": f"127.0.0.1:{port}"}
        self.help_until_written()
        second = run([ENTENTE, "helper", "-c", self.write()], self.environment())
        self.assertEqual(second.returncode, 2)
        self.assertIn(str(port), second.stderr)
