"""Configurations that cannot be used: what `check` says of them, and how a start with them ends."""

import json
import re
import socket

from domain import ENTENTE
from host import Host
from processes import run
from scenario import Scenario

MISTAKEN = """trust_domain: A.test
data_dir: data
colour: red
local:
  issuer: {ca_ttl: 24}
workload_api: {listen: "/run/x.sock"}
polling:
  floor: 10ms
federation:
  - trust_domain: b.test
    endpoint_url: http://b.example/
    https_web: {}
  - trust_domain: b.test
    endpoint_url: https://b.example/
    https_web: {roots: missing.pem}
"""


class Configuration(Scenario):
    def check(self, text):
        path = self.folder / "entente.yaml"
        path.write_text(text)
        return path, run([ENTENTE, "check", "-c", path])

    def test_check_names_every_mistake_at_its_line_and_column(self):
        path, done = self.check(MISTAKEN)

        self.assertEqual((done.returncode, done.stdout), (2, ""))
        found = [re.match(rf"^{re.escape(str(path))}:(\d+):(\d+): (.+)$", line) for line in done.stderr.splitlines()]
        self.assertTrue(all(found), done.stderr)
        places = [(int(mistake.group(1)), int(mistake.group(2))) for mistake in found]
        self.assertEqual(places, sorted(places))
        by_line = {int(mistake.group(1)): mistake.group(3) for mistake in found}
        for line, words in ((1, "lower case"), (3, "colour"), (5, "24"), (6, "unix://"), (8, "1s"), (11, "https"),
                            (13, "b.test"), (15, "missing.pem")):
            self.assertIn(words, by_line.get(line, ""), done.stderr)

    def test_check_of_broken_yaml_and_of_no_file_says_where(self):
        path, broken = self.check("trust_domain: [a.test\n")
        self.assertEqual(broken.returncode, 2)
        self.assertRegex(broken.stderr, rf"^{re.escape(str(path))}:\d+:\d+: ")

        absent = run([ENTENTE, "check", "-c", self.folder / "absent.yaml"])
        self.assertEqual(absent.returncode, 2)
        self.assertIn("absent.yaml", absent.stderr)

    def test_check_of_a_good_file_is_silent_and_starts_nothing(self):
        host = Host(self).serve_https_spiffe()

        done = run([ENTENTE, "check", "-c", host.write()])

        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertFalse((host.folder / "data").exists())

    def test_run_with_mistakes_prints_them_and_exits_2(self):
        path, _ = self.check(MISTAKEN)
        for command in ("run", "syncer", "server"):
            done = run([ENTENTE, command, "-c", path])
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"{path}:3:1: ", done.stderr)
        self.assertFalse((self.folder / "data").exists())

    def test_a_part_that_is_not_configured_is_named(self):
        host = Host(self)
        message = host.refuses_to_start("server")
        self.assertIn("bundle_endpoint", message)
        host.serve_https_spiffe()
        self.assertIn("bundle_endpoint.publish_dir", host.refuses_to_start("server"))
        self.assertIn("server.state_dir", host.refuses_to_start("server"))
        self.assertIn("bundle_endpoint.publish_dir", host.refuses_to_start("syncer"))


class Start(Scenario):
    def setUp(self):
        super().setUp()
        self.host = Host(self).serve_https_spiffe()

    def listening(self, family, address):
        taken = socket.socket(family)
        self.addCleanup(taken.close)
        taken.bind(address)
        taken.listen()
        return taken

    def test_a_taken_port_is_named(self):
        port = self.listening(socket.AF_INET, ("127.0.0.1", 0)).getsockname()[1]
        good = json.dumps(self.host.configuration)
        for section in ("bundle_endpoint", "telemetry"):
            self.host.configuration = json.loads(good)
            self.host.configuration[section]["listen"] = f"127.0.0.1:{port}"
            message = self.host.refuses_to_start()
            self.assertIn(f"127.0.0.1:{port}", message)
            self.assertIn(section, message)

    def test_a_live_socket_is_not_replaced(self):
        for section in ("workload_api", "admin"):
            path = self.host.configuration[section]["listen"].removeprefix("unix://")
            live = self.listening(socket.AF_UNIX, path)
            message = self.host.refuses_to_start()
            self.assertIn(path, message)
            self.assertIn(section, message)
            with socket.socket(socket.AF_UNIX) as caller:  # it still answers
                caller.connect(path)
                live.accept()[0].close()
            live.close()

    def test_a_file_in_the_place_of_a_socket_is_not_replaced(self):
        path = self.host.folder / "workload.sock"
        path.write_text("precious")
        self.assertIn(str(path), self.host.refuses_to_start())
        self.assertEqual(path.read_text(), "precious")

    def test_a_stale_socket_is_replaced(self):
        for section in ("workload_api", "admin"):
            self.listening(socket.AF_UNIX, self.host.configuration[section]["listen"].removeprefix("unix://")).close()
        self.host.start_run()

    def test_an_unusable_store_is_named(self):
        data = self.host.folder / "data"
        data.mkdir(mode=0o700)
        (data / "entente.db").write_bytes(b"not a database, but long enough to be looked at" * 100)
        self.assertIn("entente.db", self.host.refuses_to_start())

    def test_a_data_dir_that_others_may_enter_is_refused(self):
        data = self.host.folder / "data"
        data.mkdir()
        data.chmod(0o755)
        message = self.host.refuses_to_start()
        self.assertIn("data_dir", message)
        self.assertIn(str(data), message)

    def test_an_unusable_start_leaves_nothing_that_hinders_the_next(self):
        port = self.listening(socket.AF_INET, ("127.0.0.1", 0))
        wanted = self.host.configuration["bundle_endpoint"]["listen"]
        self.host.configuration["bundle_endpoint"]["listen"] = f"127.0.0.1:{port.getsockname()[1]}"
        self.host.refuses_to_start()
        self.host.configuration["bundle_endpoint"]["listen"] = wanted
        self.host.start_run()

    def test_a_second_syncer_on_the_same_data_dir_refuses_and_names_the_holder(self):
        self.host.start_run()
        second = Host(self, "second.test")
        second.configuration["data_dir"] = self.host.configuration["data_dir"]
        message = second.refuses_to_start()
        self.assertIn("data_dir", message)
        self.assertRegex(message, rf"\b{self.host.process.pid}\b")
        self.assertEqual(self.host.try_command("health").returncode, 0)

    def test_an_unknown_user_or_group_is_named(self):
        self.host.configuration["bundle_endpoint"]["https_spiffe"]["run_as"] = "nobody-has-this-name"
        self.assertIn("nobody-has-this-name", self.host.refuses_to_start())
        del self.host.configuration["bundle_endpoint"]["https_spiffe"]["run_as"]
        self.host.configuration["admin"]["group"] = "no-group-has-this-name"
        self.assertIn("no-group-has-this-name", self.host.refuses_to_start())
