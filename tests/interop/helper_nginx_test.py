"""nginx as the helper's child: mutual TLS from the helper's files, reloaded by the helper when they change."""

import os
import shutil
import socket
import ssl

from domain import ENTENTE, Domain, tool
from scenario import Scenario
from waiting import accepts, eventually, free_port

CONFIGURATION = """
daemon off; worker_processes 1; {user} pid {folder}/nginx.pid; error_log {folder}/error.log notice;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {tls}/svid.pem; ssl_certificate_key {tls}/svid.key;
    ssl_client_certificate {tls}/bundle.pem; ssl_verify_client on; ssl_session_cache off; ssl_session_tickets off;
    location / {{ return 200 "welcome"; }}
  }}
}}
"""


class Nginx(Scenario):
    def setUp(self):
        super().setUp()
        self.tls, self.port = self.folder / "tls", free_port()
        user = "user root;" if os.getuid() == 0 else ""  # the test's folder is closed to every other
        (self.folder / "nginx.conf").write_text(
            CONFIGURATION.format(folder=self.folder, port=self.port, tls=self.tls, user=user))
        (self.folder / "helper.yaml").write_text(f"""
directory: {self.tls}
files:
  - {{name: svid.pem, content: certificate}}
  - {{name: svid.key, content: key}}
  - {{name: bundle.pem, content: bundle}}
child: {{command: [{tool(self, "nginx")}, -p, {self.folder}, -e, {self.folder}/error.log, -c, {self.folder}/nginx.conf]}}
renewal: {{signal: SIGHUP}}
""")
        self.domain = Domain(self, "a.test").start()
        self.helper = self.start([ENTENTE, "helper", "-c", self.folder / "helper.yaml"],
                                 {"SPIFFE_ENDPOINT_SOCKET": self.domain.workload_socket}, name="helper")
        eventually(lambda: accepts(self.port), "nginx listening")

    def keep(self, name):
        """A client's copy of the files as they are."""
        kept = self.folder / name
        shutil.copytree(self.tls / "..data", kept)
        return kept

    def wait_for_other(self, kept):
        eventually(lambda: (self.tls / "svid.pem").read_text() != (kept / "svid.pem").read_text(), "other files")

    def visit(self, client, trusted):
        """What nginx answers the client, who trusts those authorities alone; or why it got nowhere."""
        context = ssl.create_default_context(cadata=trusted)
        context.check_hostname = False  # an SVID names no host
        context.load_cert_chain(client / "svid.pem", client / "svid.key")
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as plain, context.wrap_socket(plain) as stream:
                stream.sendall(b"GET / HTTP/1.0\r\n\r\n")
                answer = b""
                while block := stream.recv(4096):
                    answer += block
                return answer.decode()
        except OSError as error:
            return f"refused: {error}"

    def wait_for_answer(self, client, trusted, part):
        """While it reloads, nginx lets a worker of before answer some last connections."""
        eventually(lambda: part in self.visit(client, trusted), lambda: f"{part}; {self.visit(client, trusted)}")

    @staticmethod
    def authorities(kept, without=""):
        mark = "-----END CERTIFICATE-----\n"
        return "".join(one + mark for one in (kept / "bundle.pem").read_text().split(mark)[:-1] if one not in without)

    def test_through_a_rotation_and_a_rebuilt_domain_the_new_is_accepted_and_the_old_refused(self):
        old = self.keep("old")
        self.assertIn("welcome", self.visit(old, self.authorities(old)))

        self.domain.rotate()

        self.wait_for_other(old)
        eventually(lambda: (self.tls / "bundle.pem").read_text().count("BEGIN") == 2, "both authorities")
        new = self.keep("new")
        only_new = self.authorities(new, without=self.authorities(old))
        self.wait_for_answer(new, only_new, "welcome")
        self.wait_for_answer(new, self.authorities(old), "refused")
        self.wait_for_answer(old, only_new, "welcome")  # an SVID of the retired authority is good to its end

        # All authorities are lost and made anew: what the lost ones signed is worth nothing.
        self.domain.stop()
        shutil.rmtree(self.domain.folder / "data")
        self.domain.start()

        self.wait_for_other(new)
        rebuilt = self.keep("rebuilt")
        self.wait_for_answer(rebuilt, self.authorities(rebuilt), "welcome")
        self.wait_for_answer(new, self.authorities(rebuilt), "400 Bad Request")
        self.assertEqual(self.helper.stop(), 0)
