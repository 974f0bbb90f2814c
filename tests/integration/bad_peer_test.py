"""Peers that misbehave: the last good bundle stays in use, the others are polled on time, and the status says why."""

import json
import time

from foreign_authority import ForeignAuthority
from host import Host, is_root
from name_server import NameServer
from processes import run
from scenario import Scenario
from scripted_peer import ScriptedPeer, answer, dribble, endless_body, flood, raw, silence
from waiting import eventually, free_port

TIMEOUT = 5.0  # seconds: what one poll of a stalling peer may take
PATIENCE = 4.0  # seconds between two polls of the healthy peer, which asks for 1; less than one stall
WATCHED = 3.0  # seconds at least of the healthy peer's polls


class BadPeers(Scenario):
    def setUp(self):
        super().setUp()
        self.own = Host(self, "own.test")
        self.own.configuration["polling"] = {"floor": "1s", "timeout": f"{int(TIMEOUT)}s", "jitter": 0, "body_limit": "1MiB"}
        self.own.configuration["workload_api"]["allow_unauthenticated_verifiers"] = True
        self.web = ForeignAuthority(self.folder, "web.test")  # issues the endpoints' Web PKI certificates
        self.certificate = self.web.web_certificate()
        self.authorities, self.peers = {}, {}
        self.add("healthy.test")

    # -- given

    def add(self, trust_domain):
        """A well-behaved https_web peer."""
        authority = ForeignAuthority(self.folder, trust_domain)
        peer = ScriptedPeer(self.certificate, answer(authority.document(sequence=10)))
        self.addCleanup(peer.close)
        self.own.federate(trust_domain, peer.url, roots=self.web.root)
        self.authorities[trust_domain], self.peers[trust_domain] = authority, peer
        return peer

    def add_https_spiffe(self, trust_domain):
        """A well-behaved https_spiffe peer; serves sequence 10, its bootstrap bundle is sequence 5."""
        authority = ForeignAuthority(self.folder, trust_domain)
        peer = ScriptedPeer(authority.svid(), answer(authority.document(sequence=10)))
        self.addCleanup(peer.close)
        self.own.federate(trust_domain, peer.url, endpoint_id=f"spiffe://{trust_domain}/endpoint",
                          bootstrap=authority.bundle_file(5))
        self.authorities[trust_domain], self.peers[trust_domain] = authority, peer
        return peer

    def begin(self, **options):
        """Starts, and waits until everything is well."""
        self.own.start_run(**options)
        for trust_domain in self.peers:
            self.own.wait_until_current(trust_domain)
        self.good = {trust_domain: self.bundle_in_use(trust_domain) for trust_domain in self.peers}

    # -- then

    def bundle_in_use(self, trust_domain):
        return self.own.command("bundle", "show", trust_domain, "--format", "spiffe").stdout

    def validates_tokens_of(self, trust_domain):
        token = self.authorities[trust_domain].token("own")
        return self.own.command("jwt", "validate", "--audience", "own", token, check=False).returncode == 0

    def check_that_polls_fail(self, expected):
        """Each trust domain fails with the code, in words that hold the text, and keeps what it had."""
        began = time.monotonic()
        for trust_domain, (code, words) in expected.items():
            with self.subTest(trust_domain):
                status = self.own.wait_for_status(
                    trust_domain, lambda seen: (seen["last_error"] or {}).get("code") == code, f"failing with {code}")
                self.assertIn(words.lower(), status["last_error"]["message"].lower())
                self.assertIn(status["state"], ("failing", "stale"))
                self.assertGreaterEqual(status["consecutive_failures"], 1)
                self.assertEqual(self.bundle_in_use(trust_domain), self.good[trust_domain])
                self.assertTrue(self.validates_tokens_of(trust_domain))
        self.check_that_the_healthy_is_polled_on_time(began)

    def check_that_the_healthy_is_polled_on_time(self, since):
        peer = self.peers["healthy.test"]
        until = max(time.monotonic(), since + WATCHED)
        eventually(lambda: peer.asked[-1] >= until, "a later poll of the healthy peer")
        asked = [moment for moment in peer.asked if moment >= since - 1.5]
        longest = max(later - earlier for earlier, later in zip(asked, asked[1:]))
        self.assertLess(longest, PATIENCE, "polls of the healthy peer were held up")
        self.assertEqual(self.own.status("healthy.test")["state"], "current")
        self.assertIsNone(self.own.status("healthy.test")["last_error"])

    def misbehave(self, cases):
        """{trust domain: (behaviour, code, words)}: all at once, from a good start."""
        for trust_domain in cases:
            self.add(trust_domain)
        self.begin()
        for trust_domain, (behaviour, _, _) in cases.items():
            self.peers[trust_domain].change(behaviour)
        self.check_that_polls_fail({name: (code, words) for name, (_, code, words) in cases.items()})
        self.recover(cases)

    def recover(self, cases):
        for trust_domain in cases:
            self.peers[trust_domain].change(answer(self.authorities[trust_domain].document(sequence=10)))
        for trust_domain in cases:
            self.assertIsNone(self.own.wait_until_current(trust_domain)["last_error"])

    # -- tests

    def test_a_peer_that_is_down_keeps_its_bundle(self):
        peer = self.add("down.test")
        self.begin()
        peer.close()
        self.check_that_polls_fail({"down.test": ("connect", "refused")})

    def test_a_peer_that_accepts_and_never_shakes_hands_holds_nobody_up(self):
        names = ["mute1.test", "mute2.test", "mute3.test"]
        for name in names:
            self.add(name)
        self.begin()
        for name in names:
            self.peers[name].change(handshakes=False)
        self.check_that_polls_fail({name: ("timeout", "handshake") for name in names})

    def test_peers_that_stall_after_the_handshake_hold_nobody_up(self):
        self.misbehave({
            "silent.test": (silence, "timeout", "no complete answer within 5 s"),
            "dribbling.test": (dribble, "timeout", "no complete answer within 5 s"),
            "endless.test": (endless_body, "timeout", "no complete answer within 5 s"),
        })

    def test_answers_that_are_too_large_are_cut_off(self):
        self.misbehave({
            "large.test": (flood(100_000_000), "too_large", "limit of 1048576 bytes"),
            "unsaid.test": (flood(100_000_000, said=False), "too_large", "limit of 1048576 bytes"),
            "headers.test": (raw(b"HTTP/1.1 200 OK\r\nX-Padding: " + b"x" * 70000), "too_large", "headers"),
        })

    def test_answers_that_are_no_bundle_are_refused(self):
        good = ForeignAuthority(self.folder, "duplicates.test.model").document(sequence=11).decode()
        twice = good.replace('"spiffe_sequence": 11', '"spiffe_sequence": 11, "spiffe_sequence": 12').encode()
        self.misbehave({
            "garbage.test": (answer(b"\x00\xff garbage"), "syntax", "JSON"),
            "garbage-http.test": (raw(b"\x00\xff\x17 garbage\r\n\r\n"), "syntax", "not an HTTP answer"),
            "html.test": (answer(b"<!doctype html><title>Welcome</title>"), "syntax", "HTML"),
            "empty.test": (answer(b""), "syntax", "empty"),
            "truncated.test": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), "connect", "cut the connection"),
            "no-keys.test": (answer(b'{"spiffe_sequence": 11}'), "schema", "keys"),
            "null-keys.test": (answer(b'{"spiffe_sequence": 11, "keys": null}'), "schema", "keys"),
            "duplicates.test": (answer(twice), "syntax", "spiffe_sequence"),
        })

    def test_status_codes_other_than_200_are_failures_whatever_the_body(self):
        good = ForeignAuthority(self.folder, "model.test").document(sequence=99)
        self.misbehave({
            "error.test": (answer(good, "500 Internal Server Error"), "http_status", "500 Internal Server Error"),
            "missing.test": (answer(good, "404 Not Found"), "http_status", "404"),
            "created.test": (answer(good, "203 Non-Authoritative"), "http_status", "203"),
            "unasked.test": (answer(b"", "304 Not Modified"), "http_status", "304"),
        })

    def test_redirects_that_loop_or_leave_https_are_not_followed(self):
        plain = f"http://127.0.0.1:{free_port()}/"
        cases = {
            "loop.test": (answer(b"", "302 Found", ["Location: /"]), "redirect", "loop"),
            "plain.test": (answer(b"", "302 Found", [f"Location: {plain}"]), "redirect", "https"),
            "nowhere.test": (answer(b"", "302 Found"), "redirect", "location"),
        }
        self.misbehave(cases)

    def test_an_endpoint_with_the_wrong_identity_is_not_believed(self):
        other = ForeignAuthority(self.folder, "other.test")
        self.add("expired.test")
        self.add("unknown-root.test")
        for name in ("wrong-domain.test", "wrong-path.test", "foreign-signer.test"):
            self.add_https_spiffe(name)
        self.begin()
        self.peers["expired.test"].change(certificate=self.web.web_certificate(days=-1))
        self.peers["unknown-root.test"].change(certificate=other.web_certificate())
        self.peers["wrong-domain.test"].change(certificate=other.svid())
        self.peers["wrong-path.test"].change(certificate=self.authorities["wrong-path.test"].svid("/somebody-else"))
        self.peers["foreign-signer.test"].change(certificate=other.svid(trust_domain="foreign-signer.test"))
        self.check_that_polls_fail({
            "expired.test": ("tls", "expired"),
            "unknown-root.test": ("tls", ""),
            "wrong-domain.test": ("wrong_spiffe_id", "spiffe://other.test/endpoint"),
            "wrong-path.test": ("wrong_spiffe_id", "spiffe://wrong-path.test/somebody-else"),
            "foreign-signer.test": ("tls", ""),
        })

    def test_an_older_sequence_is_refused_until_the_operator_accepts_it_once(self):
        peer = self.add("older.test")
        self.begin()
        old = ForeignAuthority(self.folder, "rebuilt.test")
        old_document = old.document(sequence=3)
        peer.change(answer(old_document))
        self.check_that_polls_fail({"older.test": ("sequence_older", "3")})

        without_reason = self.own.command("federation", "accept", "older.test", check=False)
        self.assertEqual(without_reason.returncode, 2)
        self.own.command("federation", "accept", "older.test", "--reason", "they restored a backup")

        status = self.own.wait_until_current("older.test")
        self.assertEqual(status["sequence"], 3)
        self.assertEqual(json.loads(self.bundle_in_use("older.test"))["keys"][0]["x"], json.loads(old_document)["keys"][0]["x"])
        self.assertIn("they restored a backup", "\n".join(self.own.process.messages))

        # Once: what is older again is refused again.
        peer.change(answer(old.document(sequence=2)))
        self.own.wait_for_status("older.test", lambda seen: (seen["last_error"] or {}).get("code") == "sequence_older",
                                 "refusing the still older one")

    def test_an_empty_key_set_is_honoured_at_once(self):
        peer = self.add("revoked.test")
        self.begin()
        self.assertTrue(self.validates_tokens_of("revoked.test"))

        peer.change(answer(b'{"spiffe_sequence": 11, "spiffe_refresh_hint": 1, "keys": []}'))

        status = self.own.wait_for_status("revoked.test", lambda seen: seen["state"] == "revoked", "revoked")
        self.assertEqual((status["sequence"], status["x509_authorities"], status["jwt_authorities"]), (11, 0, 0))
        self.assertIsNone(status["last_error"])
        self.assertFalse(self.validates_tokens_of("revoked.test"))
        self.assertTrue(self.validates_tokens_of("healthy.test"))
        shown = self.own.json("svid", "fetch")
        self.assertNotIn("revoked.test", [bundle["trust_domain"] for bundle in shown["bundles"]])

    def test_a_reused_and_a_missing_sequence_are_taken_with_a_warning(self):
        reused, missing = self.add("reused.test"), self.add("missing.test")
        self.begin()
        other = ForeignAuthority(self.folder, "other.test")
        without = json.loads(other.document())
        del without["spiffe_sequence"]

        reused.change(answer(other.document(sequence=10)))
        missing.change(answer(json.dumps(without).encode()))

        self.own.wait_for_status("reused.test", lambda seen: seen["warnings"] == ["sequence_reused"], "sequence_reused")
        status = self.own.wait_for_status("missing.test", lambda seen: seen["warnings"] == ["sequence_missing"],
                                          "sequence_missing")
        self.assertEqual((status["state"], status["sequence"]), ("current", None))

    def test_a_peer_that_never_answered_is_pending_and_says_why(self):
        port = free_port()
        self.own.federate("absent.test", f"https://127.0.0.1:{port}/", roots=self.web.root)
        self.own.federate("unbootstrapped.test", f"https://127.0.0.1:{port}/", endpoint_id="spiffe://unknown.test/e",
                          bootstrap=ForeignAuthority(self.folder, "unbootstrapped.test").bundle_file())
        self.begin()

        absent = self.own.wait_for_status("absent.test", lambda seen: seen["last_error"], "an error")
        self.assertEqual((absent["state"], absent["last_error"]["code"]), ("pending", "connect"))
        self.assertIsNone(absent["last_success"])
        unproven = self.own.wait_for_status("unbootstrapped.test", lambda seen: seen["last_error"], "an error")
        self.assertEqual((unproven["state"], unproven["last_error"]["code"]), ("pending", "no_bootstrap_bundle"))
        refreshed = self.own.command("federation", "refresh", "absent.test", check=False)
        self.assertEqual(refreshed.returncode, 1)
        self.assertIn("connect", refreshed.stdout)

    def test_a_name_server_that_never_answers_holds_nobody_up(self):
        if not is_root() or run(["unshare", "--mount", "true"]).returncode != 0:
            self.skipTest("a name server of the test's own takes root and the right to mount")
        server = NameServer()
        self.addCleanup(server.close)
        (self.folder / "resolv.conf").write_text(f"nameserver {server.address}\n")
        for name in ("nameless1.test", "nameless2.test", "nameless3.test"):
            host = f"endpoint.{name}"
            peer = self.add(name)
            peer.change(certificate=self.web.certificate(host, f"DNS:{host}"))
            self.own.configuration["federation"][-1]["endpoint_url"] = f"https://{host}:{peer.port}/"
        mount = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
        self.begin(wrapped=["unshare", "--mount", "sh", "-c", mount, self.folder / "resolv.conf"])

        server.silent = True
        names = [name for name in self.peers if name.startswith("nameless")]
        for name in names:
            self.peers[name].drop_connections()

        self.check_that_polls_fail({name: ("timeout", f"dns: no answer for endpoint.{name}") for name in names})
        server.silent = False
        for name in names:
            self.own.wait_until_current(name)
