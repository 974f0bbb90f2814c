"""The alert rules and the dashboard against a running host: every metric and label value that they name is exposed."""

import json
import pathlib
import re
import sys
import urllib.request

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from agent_test import Edge  # noqa: E402
from foreign_authority import ForeignAuthority  # noqa: E402
from host import ENTENTE, Host  # noqa: E402
from scenario import Scenario  # noqa: E402
from scripted_peer import ScriptedPeer, answer  # noqa: E402
from waiting import eventually  # noqa: E402

NAME = re.compile(r"entente_[a-z0-9_]+")
SELECTOR = re.compile(r'(entente_[a-z0-9_]+)\{([^}]*)\}')
# Labels whose values are the metric's own words, all of them exposed at any time.
CLOSED = {"state", "warning", "status"}


def rules():
    return (DEPLOY / "prometheus" / "entente.rules.yml").read_text()


def dashboard():
    return json.loads((DEPLOY / "grafana" / "entente.json").read_text())


def expressions():
    panels = [panel for panel in dashboard()["panels"] if panel["type"] != "row"]
    return [target["expr"] for panel in panels for target in panel["targets"]] + [rules()]


class MetricNames(Scenario):
    def start_host(self):
        authority = ForeignAuthority(self.folder, "peer.test")
        peer = ScriptedPeer(authority.web_certificate(), answer(authority.document(sequence=10)))
        self.addCleanup(peer.close)
        host = Host(self).serve_https_spiffe().federate("peer.test", peer.url, roots=authority.root)
        host.configuration["push"] = [{"file": {"dir": str(self.folder / "pushed")}}]
        host.start_run()
        host.wait_until_current("peer.test")
        host.command("svid", "fetch")
        return host

    def start_helper_of(self, host):
        """Where its metrics are."""
        configuration = {"directory": str(self.folder / "tls"), "health": {"listen": "127.0.0.1:0"},
                         "files": [{"name": "svid.pem", "content": "certificate"}]}
        path = self.folder / "helper.yaml"
        path.write_text(json.dumps(configuration))
        helper = self.start([ENTENTE, "helper", "-c", path], {"SPIFFE_ENDPOINT_SOCKET": host.workload_socket}, name="helper")
        [line] = eventually(lambda: [line for line in list(helper.messages) if "health listens" in line], "its listener")
        return f"http://127.0.0.1:{re.search(r'port=([0-9]+)', line).group(1)}/metrics"

    def test_every_metric_of_the_rules_and_the_dashboard_is_exposed(self):
        host = self.start_host()
        edge = Edge(self, host).start_run()
        helper = self.start_helper_of(host)
        named = {name for expression in expressions() for name in NAME.findall(expression)}
        self.assertGreater(len(named), 20)

        def missing():
            exposed = {series.split("{")[0] for series in [*host.metrics(), *edge.metrics()]}
            with urllib.request.urlopen(helper, timeout=10) as answer:
                exposed |= set(NAME.findall(answer.read().decode()))
            return sorted(named - exposed)
        # A call of the Workload API counts when it has ended.
        eventually(lambda: not missing(), lambda: f"named, and not exposed: {missing()}")

    def test_every_state_and_warning_of_the_rules_and_the_dashboard_is_exposed(self):
        metrics = self.start_host().metrics()
        checked = 0
        for expression in expressions():
            for metric, selector in SELECTOR.findall(expression):
                for label, values in re.findall(r'(\w+)=~?"([^"$]+)"', selector):
                    if label not in CLOSED:
                        continue
                    for value in values.split("|"):
                        checked += 1
                        fitting = [name for name in metrics
                                   if name.startswith(metric + "{") and f'{label}="{value}"' in name]
                        self.assertTrue(fitting, f'{metric}{{{label}="{value}"}} is not exposed')
        self.assertGreater(checked, 8)

    def test_the_dashboard_stands_on_its_own(self):
        panels = dashboard()["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        for panel in panels:
            if panel["type"] == "row":
                continue
            self.assertEqual(panel["datasource"]["uid"], "${datasource}", panel["title"])
            self.assertTrue(panel["targets"], panel["title"])
            self.assertLessEqual(panel["gridPos"]["x"] + panel["gridPos"]["w"], 24)

    def test_every_alert_says_what_to_do(self):
        alerts = re.findall(r"- alert: (\w+)", rules())
        runbooks = re.findall(r'runbook: "([^"]+)"', rules())
        self.assertEqual(len(alerts), len(runbooks))
        for runbook in runbooks:
            self.assertIn("entente ", runbook)
