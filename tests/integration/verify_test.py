"""`svid id`, `svid verify` and `jwt verify`: files and tokens of every kind, offline, as an operator hands them over."""

import base64
import json
import subprocess

from certificates import PrivateRoot
from domain import ENTENTE
from foreign_authority import ForeignAuthority, base64url, openssl
from host import Host
from processes import run
from scenario import Scenario

OFFLINE = {"ENTENTE_ADMIN_SOCKET": "", "SPIFFE_ENDPOINT_SOCKET": ""}


def entente(*arguments, given=""):
    return run([ENTENTE, *arguments], OFFLINE, given=given)


def codes(document):
    return [violation["code"] for violation in document["violations"]]


class Offline(Scenario):
    """Against a trust domain that the openssl program made."""

    def setUp(self):
        super().setUp()
        self.authority = ForeignAuthority(self.folder, "b.test")
        self.bundle = self.authority.bundle_file()
        self.svid, self.key = self.authority.svid("/web")

    def json(self, *arguments, code, given=""):
        done = entente(*arguments, "--output", "json", given=given)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def verify(self, file, code=1, bundle=None, more=()):
        return self.json("svid", "verify", file, "--bundle", bundle or self.bundle, *more, code=code)

    def unreadable(self, *arguments, given=""):
        done = entente(*arguments, given=given)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        return done.stderr

    def other_authority(self):
        folder = self.folder / "other"
        folder.mkdir()
        return ForeignAuthority(folder, "b.test")

    def test_an_svid_is_named_and_verified(self):
        said = entente("svid", "id", self.svid)
        document = self.verify(self.svid, code=0)

        self.assertEqual((said.returncode, said.stderr), (0, ""))
        self.assertIn("an X509-SVID of the trust domain b.test; no violation\n", said.stdout)
        self.assertIn("spiffe://b.test/web", said.stdout)
        self.assertEqual((document["valid"], document["spiffe_id"], document["violations"]), (True, "spiffe://b.test/web", []))
        self.assertEqual((document["bundle"]["trust_domain"], document["bundle"]["sequence"]), ("b.test", 1))
        [told] = self.json("svid", "id", self.svid, code=0)
        self.assertEqual((told["kind"], told["key"], told["format"]), ("x509_svid", "EC P-256", "pem"))

    def test_a_certificate_comes_as_der_from_stdin_a_pipe_or_beside_its_key(self):
        der = self.folder / "svid.der"
        openssl("x509", "-in", self.svid, "-outform", "DER", "-out", der)
        combined = self.folder / "combined.pem"
        combined.write_text(self.key.read_text() + self.svid.read_text())

        self.assertEqual(self.json("svid", "id", der, code=0)[0]["format"], "der")
        self.assertEqual(self.json("svid", "id", code=0, given=self.svid.read_text())[0]["file"], "stdin")
        piped = subprocess.run(["bash", "-c", f"'{ENTENTE}' svid verify - --bundle <(cat '{self.authority.root}') <'{der}'"],
                               capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(piped.returncode, 0, piped.stdout + piped.stderr)
        [told] = self.json("svid", "id", combined, code=0)
        self.assertEqual([note["code"] for note in told["notes"]], ["private_key_in_file"])
        secret = "".join(self.key.read_text().split("\n")[1:-2])[10:50]
        self.assertNotIn(secret, entente("svid", "id", combined).stdout)

    def test_what_is_no_svid_is_said_first(self):
        web, _ = PrivateRoot(self.folder).issue()
        told_web, told_ca = self.json("svid", "id", web, self.authority.root, code=1)

        self.assertEqual(told_web["kind"], "web_certificate")
        self.assertIn('an ordinary web certificate for "localhost", "127.0.0.1"', told_web["summary"])
        self.assertIn("uri_san_count", codes(told_web))
        self.assertEqual((told_ca["kind"], codes(told_ca)), ("signing_certificate", ["leaf_is_ca"]))
        self.assertIn("a signing certificate (CA) of the trust domain b.test", told_ca["summary"])
        self.assertEqual(codes(self.verify(self.authority.root)), ["leaf_is_ca"])

    def test_every_violation_is_told_with_its_section(self):
        bad, _ = self.authority.certificate("bad", "URI:spiffe://b.test,URI:https://b.test/", days=-1)

        [told] = self.json("svid", "id", bad, code=1)

        self.assertEqual([(v["code"], v["section"]) for v in told["violations"]],
                         [("uri_san_count", "X509-SVID 2"), ("expired", "X509-SVID 5.1")])
        self.assertTrue(all(v["message"] and v["what_to_do"] for v in told["violations"]))

    def test_what_is_no_certificate_is_named_for_what_it_is(self):
        p12, p7b, request = self.folder / "a.p12", self.folder / "a.p7b", self.folder / "a.csr"
        openssl("pkcs12", "-export", "-in", self.svid, "-inkey", self.key, "-passout", "pass:x", "-out", p12)
        openssl("crl2pkcs7", "-nocrl", "-certfile", self.svid, "-outform", "DER", "-out", p7b)
        openssl("req", "-new", "-key", self.key, "-subj", "/CN=x", "-outform", "DER", "-out", request)
        encoded = base64.b64encode(self.svid.read_bytes()).decode()

        for path, words in ((p12, "PKCS#12"), (p7b, "PKCS#7"), (request, "signing request"), (self.key, "a private key"),
                            (self.bundle, "JSON"), (self.folder, "a folder"), ("absent.pem", "absent.pem")):
            self.assertIn(words, self.unreadable("svid", "id", path))
        for given, words in (("", "empty"), ("garbage\n", "neither PEM nor DER"), (encoded, "base64 -d"),
                             (self.authority.token("x"), "jwt verify"), (self.svid.read_text()[:300], "no last line")):
            self.assertIn(words, self.unreadable("svid", "verify", "--bundle", self.bundle, given=given))
        documents = self.json("svid", "id", self.svid, p12, code=2)
        self.assertEqual((documents[0]["violations"], documents[1]["error"]["code"]), ([], "syntax"))
        self.assertEqual(self.json("svid", "verify", p12, code=2)["error"]["code"], "syntax")

    def test_only_the_bundle_of_the_ids_own_trust_domain_counts(self):
        stranger = self.folder / "other" / "foreign-b.test" / "bundle.1.json"
        self.other_authority().bundle_file()
        bundles = self.folder / "bundles"
        bundles.mkdir()
        (bundles / "a.test.json").write_bytes(self.bundle.read_bytes())
        pair = self.folder / "map.json"
        pair.write_text(json.dumps({"trust_domains": {"a.test": json.loads(self.bundle.read_text()),
                                                      "c.test": {"keys": []}}}))

        self.assertEqual(codes(self.verify(self.svid, bundle=stranger)), ["unknown_authority"])
        for elsewhere, there in ((bundles, "a.test"), (pair, "a.test, c.test")):
            [violation] = self.verify(self.svid, bundle=elsewhere)["violations"]
            self.assertEqual(violation["code"], "no_bundle")
            self.assertIn(there, violation["message"])
        self.assertEqual(codes(self.verify(self.svid, more=["--trust-domain", "a.test"])), ["no_bundle"])
        self.assertEqual(codes(self.json("svid", "verify", self.svid, code=1)), ["no_bundle"])

        (bundles / "b.test.pem").write_text(self.authority.root.read_text())
        pair.write_text(json.dumps({"trust_domains": {"b.test": json.loads(self.bundle.read_text())}}))
        for here in (bundles, pair, self.authority.root):
            self.assertTrue(self.verify(self.svid, code=0, bundle=here)["valid"])

    def test_another_time_may_be_judged(self):
        self.assertEqual(codes(self.verify(self.svid, more=["--at", "+9000h"])), ["expired", "expired"])
        self.assertEqual(codes(self.verify(self.svid, more=["--at=-9000h"])), ["not_yet_valid", "not_yet_valid"])
        self.assertEqual(self.json("svid", "id", self.svid, "--at", "2020-01-01", code=1)[0]["judged_at"], "2020-01-01T00:00:00Z")
        self.assertIn("--at", self.unreadable("svid", "id", self.svid, "--at", "soon"))

    def test_mistakes_in_flags_are_named(self):
        pair = self.folder / "map.json"
        pair.write_text('{"trust_domains":{}}')
        token = self.authority.token("db")
        for words, arguments in (("--bundle", ["svid", "verify", self.svid, "--bundle", "absent.json"]),
                                 ("--trust-domain", ["svid", "verify", self.svid, "--bundle", pair, "--trust-domain", "b.test"]),
                                 ("--trust-domain", ["svid", "verify", self.svid, "--bundle", self.folder, "--trust-domain", "b.test"]),
                                 ("--trust-domain", ["svid", "verify", self.svid, "--trust-domain", "b.test"]),
                                 ("stdin", ["svid", "verify", "-", "--bundle", "-"]),
                                 ("--bundle", ["jwt", "verify", token, "--audience", "db"]),
                                 ("--audience", ["jwt", "verify", token, "--bundle", self.bundle])):
            self.assertIn(words, self.unreadable(*arguments))

    # -- tokens

    def verify_token(self, token, code=1, audience="db", bundle=None, more=()):
        return self.json("jwt", "verify", "-", "--bundle", bundle or self.bundle, "--audience", audience, *more,
                         code=code, given=token)

    def test_a_token_is_verified_from_stdin_a_file_or_the_command_line(self):
        token = self.authority.token("db")
        file = self.folder / "token"
        file.write_text(token + "\n")

        document = self.verify_token(token + "\n", code=0)
        self.assertEqual((document["valid"], document["spiffe_id"], document["key_id"]), (True, "spiffe://b.test/client", "k1"))
        self.assertEqual((document["claims"]["aud"], document["violations"]), (["db"], []))
        for given in (token, f"@{file}"):
            said = entente("jwt", "verify", given, "--bundle", self.bundle, "--audience", "db")
            self.assertEqual(said.returncode, 0, said.stderr)
            self.assertIn(": valid: a JWT-SVID of the trust domain b.test", said.stdout)
        bearer = self.verify_token("Bearer " + token, code=0)
        self.assertEqual([note["code"] for note in bearer["notes"]], ["bearer_prefix"])

    def test_every_reason_to_refuse_a_token_has_its_code(self):
        token = self.authority.token("db")
        header, payload, signature = token.split(".")
        expired = self.authority.token("reports", lifetime=-60)
        none = base64url(b'{"alg":"none"}') + "." + payload + "."
        unknown = base64url(b'{"alg":"ES256","kid":"k9"}') + "." + payload + "." + signature
        tampered = ".".join([header, base64url(base64.urlsafe_b64decode(payload + "==").replace(b"/client", b"/admin")), signature])

        self.assertEqual(codes(self.verify_token(token, audience="reports")), ["wrong_audience"])
        self.assertEqual(codes(self.verify_token(expired)), ["wrong_audience", "expired"])
        self.assertEqual(codes(self.verify_token(token, more=["--at", "+1h"])), ["expired"])
        self.assertEqual(codes(self.verify_token(none)), ["signature_missing", "alg"])
        self.assertEqual(codes(self.verify_token(unknown)), ["unknown_key"])
        self.assertEqual(codes(self.verify_token(tampered)), ["wrong_signature"])
        self.assertEqual(codes(self.verify_token("a.b")), ["serialization"])
        self.assertEqual(codes(self.verify_token(token, bundle=self.authority.root)), ["no_jwt_authority"])
        self.assertIn("svid verify", self.unreadable("jwt", "verify", "--bundle", self.bundle, "--audience", "db",
                                                     given=self.svid.read_text()))

    def test_a_tokens_claims_do_no_harm_to_a_terminal(self):
        hostile = ".".join([base64url(b'{"alg":"ES256","kid":"\\u001b[2J"}'),
                            base64url('{"sub":"\\u001b[2J","x":"\u009b2J"}'.encode()), "AAAA"])

        said = entente("jwt", "verify", "-", "--bundle", self.bundle, "--audience", "db", given=hostile)

        self.assertEqual(said.returncode, 1)
        self.assertFalse(set(said.stdout) & {"\x1b", "\u009b"}, said.stdout)


class OfARunningHost(Scenario):
    def test_its_svids_and_tokens_verify_until_their_authority_is_rotated_away(self):
        host = Host(self, "a.test").start_run()
        svids, bundle = self.folder / "svids", self.folder / "a.json"
        host.command("svid", "fetch", "--write", svids)
        token = host.command("jwt", "fetch", "--audience", "db").stdout
        bundle.write_text(host.bundle_text())

        def verify(*arguments, given=""):
            done = entente(*arguments, "--bundle", bundle, "--output", "json", given=given)
            return done.returncode, codes(json.loads(done.stdout))

        svid, jwt = ("svid", "verify", svids / "svid.0.pem"), ("jwt", "verify", "-", "--audience", "db")
        self.assertEqual(verify(*svid), (0, []))
        self.assertEqual(verify(*jwt, given=token), (0, []))
        own = entente("svid", "verify", svids / "svid.0.pem", "--bundle", svids / "bundle.0.pem")
        self.assertEqual(own.returncode, 0, own.stdout)

        # What a later bundle without the old authorities is to its holders.
        host.rotate()
        document = json.loads(host.bundle_text())
        old = json.loads(bundle.read_text())["keys"]
        document["keys"] = [key for key in document["keys"] if key not in old]
        self.assertEqual(len(document["keys"]), 2)
        bundle.write_text(json.dumps(document))

        self.assertEqual(verify(*svid), (1, ["unknown_authority"]))
        self.assertEqual(verify(*jwt, given=token), (1, ["unknown_key"]))
