"""curl and openssl s_client against our bundle endpoint."""

import json
import re

from domain import Domain, tool
from processes import run
from scenario import Scenario


class Curl(Scenario):
    def setUp(self):
        super().setUp()
        self.domain = Domain(self, "b.test").serve_https_web().start()
        self.address = self.domain.url.removeprefix("https://").rstrip("/")

    def curl(self, *arguments, url=None):
        return run([tool(self, "curl"), "-sS", "--max-time", "15", "--cacert", self.domain.root, *arguments, url or self.domain.url])

    def answer(self, *arguments, url=None):
        """Status, headers by lower-case name, and body."""
        done = self.curl("--include", *arguments, url=url)
        self.assertEqual(done.returncode, 0, done.stderr)
        head, _, body = done.stdout.replace("\r\n", "\n").partition("\n\n")
        status, *lines = head.split("\n")
        return int(status.split()[1]), {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip() for line in lines}, body

    def s_client(self, *arguments, given="", deadline=30):
        return run([tool(self, "openssl"), "s_client", "-connect", self.address, "-CAfile", self.domain.root, *arguments],
                   given=given, deadline=deadline)

    def test_get_gives_the_bundle_and_its_headers(self):
        status, headers, body = self.answer()

        self.assertEqual(status, 200)
        self.assertEqual(json.loads(body), self.domain.bundle())
        self.assertEqual(headers["content-type"], "application/json")
        self.assertEqual(headers["cache-control"], "max-age=1")
        self.assertEqual(int(headers["content-length"]), len(body.encode()))
        self.assertRegex(headers["etag"], r'^"[^"]+"$')
        self.assertNotIn("server", headers)

    def test_head_gives_the_headers_of_get_without_a_body(self):
        _, expected, _ = self.answer()

        status, headers, body = self.answer("--head")

        self.assertEqual((status, body), (200, ""))
        for name in ("content-type", "content-length", "etag", "cache-control"):
            self.assertEqual(headers[name], expected[name])

    def test_a_known_etag_is_answered_304_until_the_bundle_changes(self):
        _, headers, _ = self.answer()
        condition = ["--header", f"If-None-Match: {headers['etag']}"]

        status, unchanged, body = self.answer(*condition)
        self.assertEqual((status, body), (304, ""))
        self.assertEqual(unchanged["etag"], headers["etag"])
        self.assertEqual(self.answer("--header", 'If-None-Match: "other"')[0], 200)

        self.domain.rotate()

        status, changed, _ = self.answer(*condition)
        self.assertEqual(status, 200)
        self.assertNotEqual(changed["etag"], headers["etag"])

    def test_another_method_is_answered_405_with_allow(self):
        for arguments in (["--request", "DELETE"], ["--data", "x"], ["--request", "OPTIONS"]):
            status, headers, _ = self.answer(*arguments)
            self.assertEqual(status, 405, arguments)
            self.assertEqual({method.strip() for method in headers["allow"].split(",")}, {"GET", "HEAD"})

    def test_another_path_is_answered_404(self):
        self.assertEqual(self.answer(url=self.domain.url + "other")[0], 404)

    def test_oversized_requests_are_answered_414_and_431(self):
        self.assertEqual(self.answer(url=self.domain.url + "x" * 9000)[0], 414)
        self.assertEqual(self.answer("--header", "X-Padding: " + "x" * 17000)[0], 431)

    def test_a_malformed_request_is_answered_400(self):
        done = self.s_client("-quiet", "-ign_eof", given="GARBAGE\r\n\r\n")

        self.assertTrue(done.stdout.startswith("HTTP/1.1 400 "), done.stdout)

    def test_one_connection_serves_several_requests(self):
        done = self.curl("--output", "/dev/null", "--output", "/dev/null", "--write-out", "%{http_version} %{num_connects}\n",
                         self.domain.url)

        self.assertEqual(done.stdout, "1.1 1\n1.1 0\n")

    def test_curl_agrees_on_tls_1_2_and_1_3(self):
        for version, arguments in (("TLSv1.2", ["--tls-max", "1.2"]), ("TLSv1.3", ["--tlsv1.3"])):
            done = self.curl("--verbose", *arguments)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"SSL connection using {version}", done.stderr)
            self.assertIn("http/1.1", done.stderr)

    def test_s_client_verifies_the_certificate_and_gets_http_1_1_by_alpn(self):
        for version in ("-tls1_2", "-tls1_3"):
            done = self.s_client(version, "-verify_return_error", "-verify_ip", "127.0.0.1", "-alpn", "h2,http/1.1", given="Q\n")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("Verify return code: 0 (ok)", done.stdout)
            self.assertIn("ALPN protocol: http/1.1", done.stdout)

    def test_one_session_ticket_a_handshake_is_given_and_resumes(self):
        ticket = self.folder / "session.pem"
        request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        first = self.s_client("-tls1_3", "-ign_eof", "-sess_out", ticket, given=request)
        self.assertEqual(first.stdout.count("Post-Handshake New Session Ticket arrived"), 1, first.stdout)

        again = self.s_client("-tls1_3", "-ign_eof", "-sess_in", ticket, given=request)

        self.assertRegex(again.stdout, re.compile("^Reused, TLSv1.3", re.MULTILINE))

    def test_versions_before_tls_1_2_are_refused(self):
        for version in ("-tls1", "-tls1_1"):
            done = self.s_client(version, "-cipher", "ALL:@SECLEVEL=0", given="Q\n")
            self.assertNotEqual(done.returncode, 0)
            self.assertRegex(done.stderr, "alert protocol version|protocol version")
