"""The command line against a running Entente: what each command prints, where, and its exit code."""

import base64
import json
import os
import re
import signal
import stat

from domain import ENTENTE
from host import Host, updates
from operated import Operated
from processes import run
from scenario import Scenario
from waiting import eventually, free_port

STATUS_FIELDS = ["trust_domain", "endpoint_url", "endpoint_profile", "endpoint_spiffe_id", "state", "warnings", "sequence",
                 "refresh_hint", "x509_authorities", "jwt_authorities", "earliest_expiry", "last_success", "last_attempt",
                 "next_attempt", "last_change", "consecutive_failures", "last_error", "source"]
# What `show` says besides.
DEFINITION_FIELDS = ["endpoint_urls", "policy", "policy_is_default", "sequence_rule", "roots", "pins",
                     "allow_private_redirects", "bundle_origin", "bundle_source", "served_by", "held"]
RFC3339_UTC = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


def entente(*arguments, environment=None):
    """Without any socket in the environment."""
    without = {"ENTENTE_ADMIN_SOCKET": "", "SPIFFE_ENDPOINT_SOCKET": ""}
    return run([ENTENTE, *arguments], {**without, **(environment or {})})


class WithoutServer(Scenario):
    def usage_error(self, *arguments, environment=None):
        done = entente(*arguments, environment=environment)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        return done.stderr

    def test_version_is_printed_as_text_and_json(self):
        text, document = entente("version"), entente("version", "--output", "json")

        version = json.loads(document.stdout)["version"]
        self.assertRegex(version, r"^\d+\.\d+\.\d+$")
        self.assertEqual((text.stdout, text.stderr, text.returncode), (f"entente {version}\n", "", 0))

    def test_help_goes_to_stdout_and_names_every_command(self):
        done = entente("--help")

        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for command in ("run", "server", "syncer", "check", "health", "bundle", "federation", "entry", "doctor", "svid", "jwt",
                        "version"):
            self.assertRegex(done.stdout, rf"(?m)^ +{command} ")

    def test_help_of_a_command_names_its_flags_and_what_they_take(self):
        definition = ["--url", "--https-web", "--roots", "--pin", "--https-spiffe", "--endpoint-id", "--bundle",
                      "--policy", "accept, overlap, approve, or default", "--sequence", "warn", "strict"]
        for command, words in (
                ("federation create", definition), ("federation update", definition), ("federation accept", ["--reason"]),
                ("federation history", ["--limit", "--first", "--last"]), ("federation diff", ["--from", "--to"]),
                ("federation approve", ["--digest"]), ("federation reject", ["--digest"]),
                ("federation rollback", ["--to", "--reason"]), ("bundle delete", ["--mode", "restrict", "dissociate", "delete"]),
                ("bundle rotate", ["--x509", "--jwt", "--now"]), ("bundle import", ["--fingerprint"]),
                ("entry create", ["--spiffe-id", "--selector", "--federates-with"]), ("doctor", ["--config", "--endpoint-url"])):
            done = entente(*command.split(), "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""), command)
            for word in words:
                self.assertIn(word, " ".join(done.stdout.split()), command)

    def test_mistakes_of_usage_exit_2_and_name_what_is_wrong(self):
        self.assertIn("nonsense", self.usage_error("nonsense"))
        self.assertIn("nonsense", self.usage_error("bundle", "nonsense"))
        self.assertIn("--nonsense", self.usage_error("version", "--nonsense"))
        self.assertIn("yaml", self.usage_error("version", "--output", "yaml"))
        self.assertIn("--audience", self.usage_error("jwt", "fetch"))
        self.assertIn("trust_domain", self.usage_error("federation", "show"))
        self.assertIn("--reason", self.usage_error("federation", "accept", "b.test"))
        self.assertIn("--timeout", self.usage_error("version", "--timeout", "soon"))
        self.assertIn("--config", self.usage_error("run"))
        self.assertIn("--mode", self.usage_error("bundle", "delete", "b.test", "--mode", "gently"))
        self.assertIn("--digest", self.usage_error("federation", "approve", "b.test"))
        self.assertIn("--digest", self.usage_error("federation", "reject", "b.test", "--digest", "abc"))
        self.assertIn("--to", self.usage_error("federation", "rollback", "b.test", "--reason", "x"))
        self.assertIn("--reason", self.usage_error("federation", "rollback", "b.test", "--to", "1", "--reason", ""))
        self.assertIn("--from", self.usage_error("federation", "diff", "b.test", "--from", "one", "--to", "2"))
        self.assertIn("--limit", self.usage_error("federation", "history", "b.test", "--limit", "0"))
        self.assertIn("--first", self.usage_error("federation", "history", "b.test", "--first", "0"))
        self.assertIn("--first", self.usage_error("federation", "history", "b.test", "--first", "3", "--last", "2"))
        self.assertIn("--fingerprint", self.usage_error("bundle", "import", "file", "--fingerprint", "abc"))
        self.usage_error()

    def test_mistakes_in_a_relationship_or_an_entry_exit_2_and_name_the_flag(self):
        web = ["b.test", "--url", "https://b.example/", "--https-web"]
        for command in ("create", "update"):
            for flag, more in (("--url", ["--url", "http://b.example/"]), ("--url", ["--url", "https://me@b.example/"]),
                               ("--roots", ["--roots", str(self.folder / "absent.pem")]), ("--pin", ["--pin", "sha1/x"]),
                               ("--endpoint-id", ["--endpoint-id", "spiffe://b.test/x"]), ("--policy", ["--policy", "x"]),
                               ("--sequence", ["--sequence", "x"]), ("--bundle", ["--bundle", str(self.folder / "absent.json")])):
                self.assertIn(flag, self.usage_error("federation", command, *web, *more))
            self.assertIn("B.TEST", self.usage_error("federation", command, "B.TEST", *web[1:]))
        self.assertIn("--url", self.usage_error("federation", "create", "b.test", "--https-web"))
        self.assertIn("--https-web", self.usage_error("federation", "create", *web[:3]))
        self.assertIn("--endpoint-id", self.usage_error("federation", "create", *web[:3], "--https-spiffe"))
        self.assertIn("nothing to change", self.usage_error("federation", "update", "b.test"))
        entry = ["--spiffe-id", "spiffe://a.test/x", "--selector", "unix:uid:1"]
        for flag, more in (("--spiffe-id", ["--spiffe-id", "x", *entry[2:]]), ("--selector", entry[:2]),
                           ("--selector", [*entry, "--selector", "uid"]), ("--x509-svid-ttl", [*entry, "--x509-svid-ttl", "soon"]),
                           ("--jwt-svid-ttl", [*entry, "--jwt-svid-ttl", "10ms"]), ("--federates-with", [*entry, "--federates-with", "B"])):
            self.assertIn(flag, self.usage_error("entry", "create", *more))
        self.assertIn("nothing to change", self.usage_error("entry", "update", "some-id"))

    def test_a_missing_socket_exits_2_and_names_flag_and_variable(self):
        for arguments in (["svid", "fetch"], ["svid", "watch"], ["jwt", "fetch", "--audience", "x"],
                          ["jwt", "validate", "--audience", "x", "token"]):
            message = self.usage_error(*arguments)
            self.assertIn("--socket", message)
            self.assertIn("SPIFFE_ENDPOINT_SOCKET", message)
        for arguments in (["health"], ["bundle", "show"], ["bundle", "rotate"], ["federation", "list"],
                          ["federation", "show", "b.test"], ["federation", "refresh"],
                          ["federation", "accept", "b.test", "--reason", "x"], ["federation", "delete", "b.test"],
                          ["federation", "history", "b.test"], ["federation", "diff", "b.test"],
                          ["federation", "create", "b.test", "--url", "https://b.example/", "--https-web"],
                          ["bundle", "list"], ["bundle", "count"], ["bundle", "export"], ["entry", "list"]):
            message = self.usage_error(*arguments)
            self.assertIn("--admin-socket", message)
            self.assertIn("ENTENTE_ADMIN_SOCKET", message)

    def test_an_illegal_socket_exits_2(self):
        for socket in ("relative.sock", "http:///tmp/x", "unix://host/path"):
            self.assertIn(socket, self.usage_error("svid", "fetch", "--socket", socket))
            self.assertIn(socket, self.usage_error("svid", "fetch", environment={"SPIFFE_ENDPOINT_SOCKET": socket}))

    def test_a_socket_that_nobody_listens_on_exits_1_and_is_named(self):
        stale = self.folder / "stale.sock"
        for path in (stale, self.folder / "absent.sock"):
            for arguments in (["svid", "fetch", "--socket", str(path)], ["health", "--admin-socket", f"unix://{path}"]):
                done = entente(*arguments, "--timeout", "5s")
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn(str(path), done.stderr)
            stale.touch()


class AgainstServer(Scenario):
    def setUp(self):
        super().setUp()
        self.peer = Host(self, "b.test").serve_https_web().start_run()
        self.host = Host(self, "a.test").serve_https_spiffe().federate_with(self.peer).start_run()
        self.host.wait_until_current("b.test")

    def good(self, *arguments, environment=None):
        done = self.host.try_command(*arguments, environment=environment)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout

    def bad(self, *arguments, code=1):
        done = self.host.try_command(*arguments)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertTrue(done.stderr.startswith("entente: "), done.stderr)
        return done.stderr

    def json(self, *arguments):
        return json.loads(self.good(*arguments, "--output", "json"))

    def test_sockets_are_found_by_flag_and_variable_in_both_spellings(self):
        path = self.host.workload_socket.removeprefix("unix://")
        for socket in (path, f"unix://{path}", f"unix:{path}"):
            self.assertEqual(entente("svid", "fetch", "--socket", socket).returncode, 0)
        admin = self.host.admin_socket.removeprefix("unix://")
        self.assertEqual(entente("health", "--admin-socket", admin).returncode, 0)
        # The flag wins.
        self.assertEqual(entente("health", "--admin-socket", admin, environment={"ENTENTE_ADMIN_SOCKET": "unix:///nowhere"}).returncode, 0)

    def test_health_asks_the_admin_socket_or_a_telemetry_listener(self):
        self.assertEqual(self.good("health"), "ready\n")
        self.assertEqual(self.good("health", "--ready"), "ready\n")
        self.assertEqual(self.good("health", "--live"), "live\n")
        self.assertEqual(self.json("health"), {"ready": True, "reasons": []})
        line = self.host.wait_for_log("telemetry listens")
        url = "http://127.0.0.1:" + re.search(r"port=(\d+)", line).group(1)
        self.assertEqual(self.good("health", "--url", url), "ready\n")
        self.assertEqual(self.good("health", "--live", "--url", url + "/"), "live\n")
        self.assertIn("refused", self.bad("health", "--url", f"http://127.0.0.1:{free_port()}").lower())

    def test_bundle_show_prints_our_own_and_a_peers_in_every_format(self):
        for trust_domain, arguments in (("a.test", []), ("b.test", ["b.test"]), ("b.test", ["spiffe://b.test"])):
            document = json.loads(self.good("bundle", "show", *arguments, "--format", "spiffe"))
            self.assertEqual({key["use"] for key in document["keys"]}, {"x509-svid", "jwt-svid"})
            view = self.json("bundle", "show", *arguments)
            self.assertEqual((view["trust_domain"], view["sequence"]), (trust_domain, document["spiffe_sequence"]))
            self.assertEqual(view["refresh_hint"], 1)
            self.assertEqual(len(view["x509_authorities"]) + len(view["jwt_authorities"]), len(document["keys"]))
            self.assertRegex(view["x509_authorities"][0]["not_after"], RFC3339_UTC)
            text = self.good("bundle", "show", *arguments)
            self.assertIn(trust_domain, text)
            self.assertIn(view["x509_authorities"][0]["fingerprint"], text)
            self.assertEqual(self.good("bundle", "show", *arguments, "--format", "text"), text)
            pem = self.good("bundle", "show", *arguments, "--format", "pem")
            self.assertEqual(pem.count("BEGIN CERTIFICATE"), len(view["x509_authorities"]))
            self.assertNotIn("PRIVATE", pem)

    def test_bundle_show_of_a_stranger_exits_1_and_of_no_trust_domain_2(self):
        self.assertIn("c.test", self.bad("bundle", "show", "c.test"))
        self.assertIn("NO NAME", self.bad("bundle", "show", "NO NAME", code=2))

    def test_bundle_rotate_prepares_and_says_when_and_now_uses_at_once(self):
        before = {key["kid"] for key in self.host.bundle()["keys"] if key["use"] == "jwt-svid"}

        prepared = self.json("bundle", "rotate")

        self.assertEqual([one["use"] for one in prepared], ["x509-svid", "jwt-svid"])
        for one in prepared:
            self.assertRegex(one["used_from"], RFC3339_UTC)
            self.assertLess(one["published_at"], one["used_from"])
        published = {key["kid"] for key in self.host.bundle()["keys"] if key["use"] == "jwt-svid"}
        self.assertEqual(published, before | {prepared[1]["id"]})
        text = self.good("bundle", "rotate", "--jwt")
        self.assertIn(prepared[1]["id"], text)
        self.assertRegex(text, r"used from \d{4}-")
        self.assertNotIn("x509", text)
        now = self.good("bundle", "rotate", "--jwt", "--now")
        self.assertIn("in use from now", now)
        token = json.loads(self.good("jwt", "fetch", "--audience", "x", "--output", "json"))[0]["svid"]
        self.assertIn(prepared[1]["id"], _header(token)["kid"])

    def test_federation_list_and_show_print_the_status(self):
        status = self.json("federation", "show", "b.test")

        self.assertEqual(list(status), STATUS_FIELDS + DEFINITION_FIELDS)
        self.assertEqual((status["endpoint_urls"], status["policy"], status["policy_is_default"], status["served_by"], status["held"]),
                         ([self.peer.url], "accept", True, self.peer.url, None))
        self.assertEqual((status["trust_domain"], status["endpoint_profile"], status["state"], status["source"]),
                         ("b.test", "https_web", "current", "config"))
        self.assertEqual((status["endpoint_url"], status["endpoint_spiffe_id"]), (self.peer.url, None))
        self.assertEqual((status["warnings"], status["last_error"], status["consecutive_failures"]), ([], None, 0))
        self.assertEqual(status["sequence"], self.peer.bundle()["spiffe_sequence"])
        self.assertEqual((status["refresh_hint"], status["x509_authorities"], status["jwt_authorities"]), (1, 1, 1))
        for name in ("earliest_expiry", "last_success", "last_attempt", "next_attempt", "last_change"):
            if status[name] is not None or name != "next_attempt":  # null while a poll is under way
                self.assertRegex(status[name], RFC3339_UTC)
        listed = self.json("federation", "list")
        self.assertEqual([(list(one), one["held"]) for one in listed], [(STATUS_FIELDS + ["held"], None)])
        text = self.good("federation", "list")
        self.assertRegex(text.splitlines()[1], r"^b\.test +current +\d+ ")
        self.assertRegex(self.good("federation", "show", "b.test"), r"(?m)^state: +current$")
        self.assertIn("c.test", self.bad("federation", "show", "c.test"))

    def test_federation_refresh_polls_now_and_says_how_it_went(self):
        before = self.host.status("b.test")["last_success"]

        refreshed = self.json("federation", "refresh", "b.test")

        self.assertEqual([one["trust_domain"] for one in refreshed], ["b.test"])
        self.assertGreater(refreshed[0]["last_success"], before)
        self.assertIn("current", self.good("federation", "refresh"))
        self.assertIn("c.test", self.bad("federation", "refresh", "c.test"))
        self.peer.stop()
        failed = self.host.try_command("federation", "refresh", "--output", "json")
        self.assertEqual((failed.returncode, json.loads(failed.stdout)[0]["last_error"]["code"]), (1, "connect"))
        self.assertIn("b.test", failed.stderr)

    def test_federation_accept_wants_a_known_domain_and_a_reason(self):
        self.assertIn("b.test", self.good("federation", "accept", "b.test", "--reason", "they lost their database"))
        self.assertEqual(self.json("federation", "accept", "b.test", "--reason", "again")["trust_domain"], "b.test")
        self.assertIn("reason", self.bad("federation", "accept", "b.test", "--reason", "", code=2))
        self.assertIn("c.test", self.bad("federation", "accept", "c.test", "--reason", "x"))

    def test_svid_fetch_prints_identities_and_no_key(self):
        text, view = self.good("svid", "fetch"), self.json("svid", "fetch")

        self.assertEqual([svid["spiffe_id"] for svid in view["svids"]], ["spiffe://a.test/workload", "spiffe://a.test/entente"])
        self.assertEqual([svid["hint"] for svid in view["svids"]], ["internal", None])
        self.assertEqual({bundle["trust_domain"] for bundle in view["bundles"]}, {"a.test", "b.test"})
        for svid in view["svids"]:
            self.assertIn(svid["spiffe_id"], text)
            self.assertRegex(svid["not_after"], RFC3339_UTC)
        self.assertNotIn("PRIVATE", text + json.dumps(view))

    def test_svid_fetch_writes_files_with_their_modes_and_replaces_them_atomically(self):
        target = self.folder / "out"
        old_umask = os.umask(0o077)
        self.addCleanup(os.umask, old_umask)

        self.good("svid", "fetch", "--write", str(target))

        names = sorted(path.name for path in target.iterdir())
        self.assertEqual(names, sorted(f"{kind}" for n in (0, 1) for kind in
                                       (f"svid.{n}.pem", f"svid.{n}.key", f"bundle.{n}.pem", f"federated_bundle.{n}.0.pem")))
        for path in target.iterdir():
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600 if path.suffix == ".key" else 0o644, path)
        for n in (0, 1):
            verified = run(["openssl", "verify", "-CAfile", target / f"bundle.{n}.pem", target / f"svid.{n}.pem"])
            self.assertEqual(verified.returncode, 0, verified.stderr)
            keys = [run(["openssl", *command]).stdout for command in (
                ["x509", "-in", target / f"svid.{n}.pem", "-noout", "-pubkey"],
                ["pkey", "-in", target / f"svid.{n}.key", "-pubout"])]
            self.assertEqual(keys[0], keys[1])
        federated = (target / "federated_bundle.0.0.pem").read_text()
        self.assertEqual(federated, self.good("bundle", "show", "b.test", "--format", "pem"))

        # Replaced: new files under the old names, while whoever has the old ones open still reads them whole.
        before = {path.name: path.stat().st_ino for path in target.iterdir()}
        with (target / "svid.0.key").open() as kept:
            self.host.rotate()
            self.good("svid", "fetch", "--write", str(target))
            self.assertIn("END PRIVATE KEY", kept.read())
        after = {path.name: path.stat().st_ino for path in target.iterdir()}
        self.assertEqual(set(before), set(after))
        self.assertNotEqual(before["svid.0.pem"], after["svid.0.pem"])
        self.assertNotEqual(before["svid.0.key"], after["svid.0.key"])

    def test_svid_fetch_into_a_place_that_cannot_be_written_exits_1(self):
        (self.folder / "file").touch()
        self.assertIn(str(self.folder / "file"), self.bad("svid", "fetch", "--write", str(self.folder / "file")))

    def test_svid_watch_prints_each_rotation_until_interrupted(self):
        watch = self.host.watch()
        first = updates(watch)[0]

        self.host.rotate()

        eventually(lambda: updates(watch)[-1]["svids"][0]["fingerprint"] != first["svids"][0]["fingerprint"],
                   "the rotated SVID", deadline=10)
        self.assertEqual(watch.stop(), 0)
        self.assertEqual(watch.messages, [])

    def test_jwt_fetch_and_validate(self):
        tokens = self.good("jwt", "fetch", "--audience", "one", "--audience", "two", "--spiffe-id", "spiffe://a.test/workload")
        self.assertRegex(tokens, r"^[\w-]+\.[\w-]+\.[\w-]+\n$")
        token = tokens.strip()
        for audience in ("one", "two"):
            valid = self.json("jwt", "validate", "--audience", audience, token)
            self.assertEqual(valid["spiffe_id"], "spiffe://a.test/workload")
            self.assertEqual(valid["claims"]["aud"], ["one", "two"])
        self.assertIn("spiffe://a.test/workload", self.good("jwt", "validate", "--audience", "one", token))
        fetched = self.json("jwt", "fetch", "--audience", "one")
        self.assertEqual([one["spiffe_id"] for one in fetched], ["spiffe://a.test/workload", "spiffe://a.test/entente"])
        self.assertEqual([one["hint"] for one in fetched], ["internal", None])
        self.assertIn("audience", self.bad("jwt", "validate", "--audience", "three", token))
        self.bad("jwt", "validate", "--audience", "one", token[:-4] + "AAAA")
        self.bad("jwt", "validate", "--audience", "one", "nonsense")
        self.bad("jwt", "fetch", "--audience", "one", "--spiffe-id", "spiffe://a.test/somebody-else")
        self.bad("jwt", "fetch", "--audience", "one", "--spiffe-id", "nonsense", code=2)

    def test_a_peers_token_validates_and_a_strangers_does_not(self):
        token = self.peer.json("jwt", "fetch", "--audience", "a")[0]["svid"]
        self.assertEqual(self.json("jwt", "validate", "--audience", "a", token)["spiffe_id"], "spiffe://b.test/workload")

    def test_colour_is_for_terminals_and_never_with_no_color(self):
        self.assertNotIn("\x1b", self.good("federation", "list"))
        coloured = self.on_a_terminal("federation", "list")
        self.assertIn("\x1b[32mcurrent", coloured)
        self.assertNotIn("\x1b[3", self.on_a_terminal("federation", "list", environment={"NO_COLOR": "1"}))

    def on_a_terminal(self, *arguments, environment=None):
        """`script` of util-linux gives it one."""
        command = " ".join([str(ENTENTE), *arguments])
        return run(["script", "-qec", command, "/dev/null"],
                   {"ENTENTE_ADMIN_SOCKET": self.host.admin_socket, "TERM": "xterm", "NO_COLOR": "", **(environment or {})}).stdout


class EveryCommand(Operated):
    """Each line that changes trust or tells of it, as an operator types it, with its exit code and a word of its answer."""

    def setUp(self):
        super().setUp()
        self.host.serve_https_spiffe().start_run()

    def says(self, line, words, *more, code=0):
        done = self.host.try_command(*line.split(), *more)
        self.assertEqual(done.returncode, code, f"{line}\n{done.stdout}{done.stderr}")
        self.assertRegex(done.stdout + done.stderr, words, line)

    def digest(self):
        return self.json("federation", "show", "peer.test", code=3)["held"]["digest"]

    def numbers(self, *more):
        return [entry["number"] for entry in self.json("federation", "history", "peer.test", *more)]

    def test_every_federation_command_does_what_it_says(self):
        create = self.created_by("--policy", "approve", "--sequence", "strict")
        self.says("", "peer.test: created", *create)
        self.host.wait_for_held("peer.test")
        self.says("federation list", "peer.test +held", code=3)
        self.says("federation refresh", "peer.test +held", code=3)
        self.says("federation refresh peer.test", "peer.test +held", code=3)
        self.says("federation show peer.test", "A CHANGE AWAITS APPROVAL", code=3)
        self.assertEqual(self.json("federation", "list", code=3)[0]["held"], self.digest())
        self.says("federation diff peer.test", "peer.test: from .* to held")
        self.says(f"federation approve peer.test --digest {self.digest()}", "approved, and in use")
        self.publish(11, [*self.keys, self.new_authority("second").x509_key()])
        self.says("federation refresh", "held", code=3)
        self.says(f"federation reject peer.test --digest {self.digest()}", "rejected, and not held again")
        self.says("federation update peer.test --policy default --sequence warn", "peer.test: updated")
        self.says("federation accept peer.test --reason", "taken whatever its sequence", "we asked them")
        self.says("federation refresh peer.test", "peer.test +current +11")
        numbers = self.numbers()
        first, second, last = numbers[0], numbers[1], numbers[-1]
        self.assertEqual(self.numbers("--first", str(second), "--last", str(second)), [second])
        self.assertEqual(self.numbers("--first", str(second)), numbers[1:])
        self.assertEqual(self.numbers("--last", str(second), "--limit", "1"), [second])
        self.says("federation history peer.test", "approved")
        self.says(f"federation diff peer.test --from {second} --to {last}", "x509-svid added")
        self.says(f"federation diff peer.test --to {first}", "x509-svid removed")
        self.says(f"federation rollback peer.test --to {second} --reason", "in use again", "they were broken into")
        self.assertEqual(self.show()["warnings"], ["rolled_back"])
        self.says("doctor peer.test", "rolled_back", code=1)
        self.says("federation delete peer.test", "deleted, and its bundle withdrawn")
        self.says("federation show peer.test", "peer.test", code=1)

    def test_every_bundle_and_entry_command_does_what_it_says(self):
        file = str(self.folder / "own.jws")
        self.says("bundle set peer.test", "peer.test", str(self.authority.bundle_file(5)))
        self.says("bundle list", "(?s)a.test.*peer.test")
        self.says("bundle count", "^2$")
        self.says("bundle show peer.test", "peer.test")
        self.says("entry create --spiffe-id spiffe://a.test/x --selector unix:uid:1 --federates-with peer.test", "spiffe://a.test/x")
        (made,) = [entry["id"] for entry in self.json("entry", "list") if entry["spiffe_id"] == "spiffe://a.test/x"]
        self.says("entry list", made)
        self.says(f"entry update {made} --hint y", "hint: +y")
        self.says(f"entry show {made}", "hint: +y")
        self.says("bundle delete peer.test --mode restrict", "federated with 1 registration", code=1)
        self.says("bundle delete peer.test --mode dissociate", "its bundle is deleted")
        self.assertEqual(self.json("entry", "show", made)["federates_with"], [])
        self.says(f"entry delete {made}", "deleted")
        self.says("bundle export", "tell the importer the fingerprint", file)
        self.says("bundle import", "a.test", file, code=1)  # one's own
        self.says("bundle rotate --x509", "used from")
        self.says("bundle rotate --jwt --now", "in use from now")
        self.says("bundle count", "^1$")


class Rotation(Scenario):
    def test_rotate_now_says_how_long_it_was_public_and_which_clients_lag(self):
        host = Host(self, "a.test").serve_https_web().start_run()
        peer = Host(self, "b.test").federate_with(host).start_syncer()
        peer.wait_until_current("a.test")
        peer.process.signal(signal.SIGSTOP)  # it polls no more
        self.addCleanup(peer.process.signal, signal.SIGCONT)
        prepared = host.json("bundle", "rotate", "--x509")

        used = host.json("bundle", "rotate", "--x509", "--now")

        self.assertEqual((used[0]["id"], used[0]["lagging_clients_total"]), (prepared[0]["id"], 1))
        (client,) = used[0]["lagging_clients"]
        self.assertEqual((client["address"], client["reason"]), ("127.0.0.1", "has not asked since"))
        self.assertRegex(client["last_seen"], RFC3339_UTC)
        text = host.command("bundle", "rotate", "--jwt", "--now").stdout
        self.assertRegex(text, r"jwt-svid authority \w+: public for .*, in use from now")
        self.assertRegex(text, r"127\.0\.0\.1 .*has not asked since")


def _header(token):
    part = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
