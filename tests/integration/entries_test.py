"""Registration entries that the command line makes, while workloads hold their streams open."""

import os

from host import kill, updates
from operated import Operated
from waiting import eventually

ME = f"unix:uid:{os.getuid()}"


class Entries(Operated):
    def setUp(self):
        super().setUp()
        self.host.start_syncer()

    def create(self, path, *more):
        return self.json("entry", "create", "--spiffe-id", f"spiffe://a.test/{path}", "--selector", ME, *more)

    def test_they_reach_open_streams_at_once_and_leave_them(self):
        watch = self.host.watch()

        def sees(*paths):
            def identities():
                return [svid["spiffe_id"].removeprefix("spiffe://a.test/") for svid in updates(watch)[-1]["svids"]]
            eventually(lambda: identities() == list(paths), lambda: f"{paths}; last seen {identities()}", deadline=5)

        created = self.create("made", "--hint", "made", "--x509-svid-ttl", "5m", "--dns-name", "made.example")

        self.assertEqual((created["spiffe_id"], created["selectors"], created["x509_svid_ttl"], created["dns_names"]),
                         ("spiffe://a.test/made", [ME], 300, ["made.example"]))
        sees("workload", "made")
        updated = self.json("entry", "update", created["id"], "--spiffe-id", "spiffe://a.test/other")
        self.assertEqual((updated["hint"], updated["x509_svid_ttl"]), ("made", 300))  # not named, so they stay
        sees("workload", "other")
        self.assertIn("deleted", self.good("entry", "delete", created["id"]))
        sees("workload")

    def test_they_are_listed_shown_and_survive_a_kill(self):
        made = self.create("made")
        self.assertEqual(self.json("entry", "show", made["id"]), made)
        self.assertIn("spiffe://a.test/made", self.good("entry", "show", made["id"]))
        listed = [entry["spiffe_id"] for entry in self.json("entry", "list")]
        self.assertEqual(sorted(listed), ["spiffe://a.test/made", "spiffe://a.test/workload"])
        self.assertIn(made["id"], self.good("entry", "list"))

        kill(self.host.process)
        self.host.start_syncer()

        self.assertEqual(self.json("entry", "show", made["id"]), made)
        self.good("entry", "delete", made["id"])
        kill(self.host.process)
        self.host.start_syncer()
        self.bad("entry", "show", made["id"])

    def test_refusals_exit_1_with_the_servers_reason(self):
        (kept,) = [entry["id"] for entry in self.json("entry", "list")]
        self.assertIn("entente.yaml", self.bad("entry", "delete", kept))
        self.assertIn("entente.yaml", self.bad("entry", "update", kept, "--hint", "x"))
        self.assertIn("spiffe_id", self.bad("entry", "create", "--spiffe-id", "spiffe://b.test/x", "--selector", ME))
        self.assertIn("selector", self.bad("entry", "create", "--spiffe-id", "spiffe://a.test/x", "--selector", "k8s:ns:default"))
        self.create("made", "--hint", "one")
        self.bad("entry", "create", "--spiffe-id", "spiffe://a.test/made", "--selector", ME, "--hint", "one")
        for arguments in (["show", "nobody"], ["delete", "nobody"], ["update", "nobody", "--hint", "x"]):
            self.assertIn("nobody", self.bad("entry", *arguments))
