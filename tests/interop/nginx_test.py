"""nginx as an https_web peer that serves a bundle as a static file, revalidated by its own ETag."""

import os

from certificates import PrivateRoot
from documents import serials
from domain import Domain, tool
from scenario import Scenario
from waiting import accepts, eventually, free_port

# One process that keeps its user: the test's folder is closed to every other.
CONFIGURATION = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
events {{ worker_connections 64; }}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {certificate}; ssl_certificate_key {key};
    location / {{ root {folder}/public; etag on; default_type application/json; }}
  }}
}}
"""


class Nginx(Scenario):
    def setUp(self):
        super().setUp()
        certificate, key = PrivateRoot(self.folder).issue()
        (self.folder / "public").mkdir()
        port = free_port()
        (self.folder / "nginx.conf").write_text(
            CONFIGURATION.format(folder=self.folder, port=port, certificate=certificate, key=key))
        self.url = f"https://127.0.0.1:{port}/bundle.json"
        # Its own endpoint is not asked; it has one so that the bundle names a short refresh hint.
        self.peer = Domain(self, "peer.test").serve_https_web().start()
        self.publish()
        self.start([tool(self, "nginx"), "-p", self.folder, "-e", self.folder / "error.log", "-c", self.folder / "nginx.conf"])
        eventually(lambda: accepts(port), "nginx listening")

    def publish(self):
        """Replaces the file at once, as a careful operator would."""
        fresh = self.folder / "public" / "fresh"
        fresh.write_text(self.peer.bundle_text())
        os.replace(fresh, self.folder / "public" / "bundle.json")
        return self.peer.bundle()

    def answers(self, status):
        return [line for line in (self.folder / "access.log").read_text().splitlines() if f'" {status} ' in line]

    def test_our_syncer_reads_a_static_file_and_is_told_when_nothing_changed(self):
        domain = Domain(self, "a.test").federate("peer.test", self.url, roots=self.folder / "root.pem").start()
        first = domain.wait_until_current("peer.test")
        self.assertEqual(serials(domain.bundle("peer.test")), serials(self.peer.bundle()))

        eventually(lambda: len(self.answers(304)) >= 2, "two answers 304 from nginx")

        unchanged = domain.wait_until_current("peer.test")
        self.assertEqual(len(self.answers(200)), 1)
        self.assertEqual(unchanged["last_change"], first["last_change"])

    def test_our_syncer_reads_a_static_file_that_was_replaced(self):
        domain = Domain(self, "a.test").federate("peer.test", self.url, roots=self.folder / "root.pem").start()
        domain.wait_until_current("peer.test")

        self.peer.rotate()
        document = self.publish()

        domain.wait_for_status("peer.test", lambda status: status["sequence"] == document["spiffe_sequence"], "the new file")
        self.assertEqual(serials(domain.bundle("peer.test")), serials(document))
        self.assertGreaterEqual(len(self.answers(200)), 2)

    def test_our_syncer_keeps_the_last_good_bundle_when_the_file_is_gone(self):
        domain = Domain(self, "a.test").federate("peer.test", self.url, roots=self.folder / "root.pem").start()
        domain.wait_until_current("peer.test")

        (self.folder / "public" / "bundle.json").unlink()

        status = domain.wait_for_status("peer.test", lambda status: status["state"] == "failing", "failing")
        self.assertEqual(status["last_error"]["code"], "http_status")
        self.assertEqual(serials(domain.bundle("peer.test")), serials(self.peer.bundle()))

    def test_our_syncer_does_not_trust_a_root_it_was_not_given(self):
        stranger = self.folder / "stranger"
        stranger.mkdir()
        domain = Domain(self, "a.test").federate("peer.test", self.url, roots=PrivateRoot(stranger).root).start()

        status = domain.wait_for_status("peer.test", lambda status: status["last_error"], "a failed attempt")

        self.assertEqual(status["last_error"]["code"], "tls")
        self.assertEqual(status["state"], "pending")
