"""The endpoints that are compared. Each serves one document over https_web, with a certificate and key that are given."""

import json
import ssl
import urllib.request
from dataclasses import dataclass

from domain import tool
from waiting import eventually

TRUST_DOMAIN = "bench.test"

# Tuned as a careful operator would for this work: one worker, no log, open files kept.
NGINX = """
daemon off; master_process off; worker_processes 1; worker_rlimit_nofile {files}; pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections {connections}; }}
http {{
  log_format answers '$uri $status $connection_requests $ssl_session_reused';
  access_log {log}; sendfile on; tcp_nopush on; open_file_cache {open_files};
  keepalive_timeout {keepalive}; keepalive_requests 1000000000; reset_timedout_connection on;
  default_type application/json; etag {etag};
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096;
    ssl_certificate {certificate}; ssl_certificate_key {key};
    ssl_protocols TLSv1.2 TLSv1.3; ssl_ecdh_curve X25519:P-256:P-384; ssl_session_cache off;
    ssl_session_tickets {tickets}; ssl_conf_command NumTickets {ticket_count};
    root {folder}/public;
    location = / {{ try_files /bundle.json =404; }}
  }}
}}
"""


@dataclass
class Logged:
    """One answer of nginx's."""
    uri: str
    status: int
    kept: bool      # not the first on its connection
    resumed: bool   # the connection's session


class Nginx:
    """nginx over a folder of files, of which / is bundle.json."""

    def __init__(self, stage, identity, core, *, keepalive="3600s", tickets=True, counts=False, etag=True):
        self.folder = stage.folder / "nginx"
        self.public = self.folder / "public"
        self.public.mkdir(parents=True)
        self.port = stage.port()
        self.log = self.folder / "access.log"
        certificate, key = identity
        (self.folder / "nginx.conf").write_text(NGINX.format(
            folder=self.folder, port=self.port, certificate=certificate, key=key, files=16384, connections=8192,
            log=f"{self.log} answers" if counts else "off", open_files="off" if counts else "max=1000",
            keepalive=keepalive, etag="on" if etag else "off", tickets="on" if tickets else "off",
            ticket_count=1 if tickets else 0))
        self._stage, self._core, self.child = stage, core, None

    def start(self):
        self.child = self._stage.start([program("nginx"), "-p", self.folder, "-e", self.folder / "error.log",
                                        "-c", self.folder / "nginx.conf"], self._core, name="nginx")
        self._stage.wait_for_port(self.child, self.port)
        return self

    @property
    def pid(self):
        return self.child.pid

    def answers(self):
        """The answers so far, of those that the log counts."""
        with open(self.log, encoding="ascii") as log:
            lines = [line.split(" ") for line in log if line.endswith("\n")]
        return [Logged(uri, int(status), int(nth) > 1, reused.strip() == "r") for uri, status, nth, reused in lines]


class _Tool:
    """domain.tool() tells a test what is missing; here that is said otherwise."""

    @staticmethod
    def fail(message):
        raise FileNotFoundError(message)


def program(name):
    return tool(_Tool, name)


class Endpoint:
    """`entente server` alone, over a publication that is written here."""

    def __init__(self, stage, identity, document):
        folder = stage.folder / "entente"
        (folder / "public").mkdir(parents=True)
        (folder / "public" / f"{TRUST_DOMAIN}.json").write_text(document)
        certificate, key = identity
        self.port = stage.port()
        configuration = {
            "trust_domain": TRUST_DOMAIN,
            "log": {"level": "warning"},
            "bundle_endpoint": {
                "listen": f"127.0.0.1:{self.port}", "publish_dir": str(folder / "public"),
                "https_web": {"certificate": str(certificate), "key": str(key)},
                # As strict as ever, but for what one host of load generators would run into.
                "limits": {"connections": 20000, "connections_per_address": 20000, "idle_timeout": "3600s"},
            },
            "server": {"state_dir": str(folder / "state")},
        }
        (folder / "entente.yaml").write_text(json.dumps(configuration))
        self.child = stage.under_test([stage.bench.entente, "server", "-c", folder / "entente.yaml"], name="entente")
        stage.wait_for_port(self.child, self.port)

    @property
    def pid(self):
        return self.child.pid


class SpireEndpoint:
    """SPIRE's bundle endpoint server; it writes the document anew for each answer."""

    def __init__(self, stage, identity, document):
        bundle = stage.folder / "spire.json"
        bundle.write_text(document)
        certificate, key = identity
        self.port = stage.port()
        self.child = stage.under_test(
            [stage.bench.go_program(), "serve", "-listen", f"127.0.0.1:{self.port}", "-bundle", bundle,
             "-trust-domain", TRUST_DOMAIN, "-certificate", certificate, "-key", key],
            {"GOMAXPROCS": "1"}, name="spire")
        stage.wait_for_port(self.child, self.port)

    @property
    def pid(self):
        return self.child.pid


def get(port):
    """Status, headers and body of one GET."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def answered():
        try:
            with urllib.request.urlopen(f"https://127.0.0.1:{port}/", timeout=10, context=context) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except OSError:
            return None
    return eventually(answered, f"an answer 200 on port {port}")
