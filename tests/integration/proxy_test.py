"""A host whose peers are reached through an HTTP proxy alone, as its environment says."""

from connect_proxy import ConnectProxy
from foreign_authority import ForeignAuthority
from host import Host
from scenario import Scenario
from scripted_peer import ScriptedPeer, answer

PEER = "peer.invalid"  # no name server knows it: RFC 6761 6.4


class Proxy(Scenario):
    def setUp(self):
        super().setUp()
        authority = ForeignAuthority(self.folder, "peer.test")
        self.peer = ScriptedPeer(authority.certificate("web", f"DNS:{PEER}"), answer(authority.document(sequence=10)))
        self.addCleanup(self.peer.close)
        self.proxy = ConnectProxy(self.peer.port)
        self.addCleanup(self.proxy.close)
        self.host = Host(self).federate("peer.test", f"https://{PEER}:8443/", roots=authority.root)

    def test_a_peer_is_polled_through_a_tunnel_of_the_proxy(self):
        self.host.start_run(environment={"https_proxy": self.proxy.url, "no_proxy": ""})

        self.host.wait_until_current("peer.test")

        self.assertEqual(set(self.proxy.asked), {f"CONNECT {PEER}:8443 HTTP/1.1"})
        self.assertIn(self.proxy.url, self.host.wait_for_log("through a proxy"))
        entry = self.host.json("federation", "history", "peer.test")[0]
        self.assertEqual(entry["address"], f"{PEER}:8443 via {self.proxy.url.removeprefix('http://')}")

    def test_no_proxy_leaves_the_proxy_aside(self):
        self.host.start_run(environment={"https_proxy": self.proxy.url, "no_proxy": "invalid"})

        failing = self.host.wait_for_status("peer.test", lambda seen: seen["last_error"], "a failed poll")

        self.assertEqual(failing["last_error"]["code"], "dns")
        self.assertEqual(self.proxy.asked, [])

    def test_settings_that_can_mean_nothing_stop_the_start_and_no_password_is_said(self):
        for variable, value in (("https_proxy", "socks5://user:secret@127.0.0.1:1080"),
                                ("https_proxy", "http://user:secret@127.0.0.1:port"),
                                ("no_proxy", "10.0.0.0/99")):
            with self.subTest(value):
                environment = {"https_proxy": self.proxy.url, "no_proxy": "", variable: value}
                said = self.host.refuses_to_start(environment=environment)
                self.assertIn(variable, said)
                self.assertNotIn("secret", said)
