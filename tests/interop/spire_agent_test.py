"""In front of a SPIRE agent: its own Workload API and Delegated Identity API on one side of Entente, go-spiffe on the
other."""

import hashlib
import os

import go_side
from documents import key_ids, serials
from domain import ENTENTE, Domain
from scenario import Scenario
from waiting import eventually

DELEGATE, FIRST, SECOND = "spiffe://a.test/entente", "spiffe://a.test/workload", "spiffe://a.test/workload-2"
# docs/with-an-agent.md: streams reconnect after 1 s, doubling to 30 s.
RECONNECTED = 60.0


class InFrontOfASpireAgent(Scenario):
    """The agent tells its callers apart by their programs, for all of them are this user's: Entente is the delegate, the
    Go program has two identities, of which one federates with b.test."""

    def setUp(self):
        super().setUp()
        go_side.program(self)
        self.agent_socket = f"unix://{self.folder}/agent.sock"
        self.agent = self.start_agent()
        self.edge = Domain(self, "a.test").serve_https_spiffe()
        self.edge.configuration["local"] = {"workload_api": {"address": self.agent_socket,
                                                             "delegated": {"address": f"unix://{self.folder}/admin.sock"}}}
        self.edge.configuration["entries"] = []

    def start_agent(self, delegate=DELEGATE, more=()):
        go_program = f"unix:path:{go_side.program(self).resolve()}"
        return go_side.start_spire_agent(
            self, self.folder / "agent.sock", self.folder / "admin.sock", delegate,
            [f"{DELEGATE}=unix:path:{os.path.realpath(ENTENTE)}", f"{FIRST}={go_program}=b.test", f"{SECOND}={go_program}",
             *more])

    def tell_agent(self, *words):
        done = len(self.agent.events(words[0]))
        self.agent.send(" ".join(words))
        eventually(lambda: len(self.agent.events(words[0])) > done, f"the agent: {words}")

    def sources(self, socket=None, trust_domain="a.test"):
        return go_side.start(self, "sources", "--socket", socket or self.edge.workload_socket, "--trust-domain", trust_domain)

    def jwt_fetch(self, *arguments):
        return go_side.ask(self, "jwt-fetch", "--socket", self.edge.workload_socket, "--audience", "x", *arguments)

    def test_go_spiffe_gets_through_us_what_the_agent_itself_gives_it(self):
        self.edge.start()
        direct = self.sources(self.agent_socket)

        through = self.sources()

        context = through.wait_for_event("x509_context")
        self.assertEqual([svid["id"] for svid in context["svids"]], [FIRST, SECOND])
        self.assertEqual(context["svids"], direct.wait_for_event("x509_context")["svids"])
        for kind in ("x509_source", "jwt_source", "bundle_source"):
            self.assertEqual(through.wait_for_event(kind), direct.wait_for_event(kind))
        self.assertEqual(serials(self.edge.bundle()), through.events("x509_source")[0]["authorities"])

    def test_renewals_and_new_authorities_pass_through(self):
        self.edge.start()
        sources = self.sources()
        before = sources.wait_for_event("x509_source")
        sources.wait_for_event("jwt_source", lambda event: event["keys"] == ["agent-key-1"])
        sequence = self.edge.bundle()["spiffe_sequence"]

        self.tell_agent("rotate")

        after = sources.wait_for_event(
            "x509_source", lambda event: event["serial"] != before["serial"] and len(event["authorities"]) == 2)
        self.assertEqual(after["id"], FIRST)
        self.assertLess(set(before["authorities"]), set(after["authorities"]))
        sources.wait_for_event("jwt_source", lambda event: event["keys"] == ["agent-key-1", "agent-key-2"])
        self.assertGreater(self.edge.bundle()["spiffe_sequence"], sequence)
        self.assertEqual(key_ids(self.edge.bundle()), ["agent-key-1", "agent-key-2"])

        self.tell_agent("retire")

        sources.wait_for_event("x509_source", lambda event: event["serial"] == after["serial"]
                               and set(event["authorities"]) == set(after["authorities"]) - set(before["authorities"]))
        sources.wait_for_event("jwt_source", lambda event: event["keys"] == ["agent-key-2"])
        self.assertEqual(sources.events("error") + sources.events("ended"), [])

    def test_federated_bundles_are_our_own_syncers(self):
        peer = Domain(self, "b.test").serve_https_web().start()
        self.edge.federate_with(peer).start()
        self.edge.wait_until_current("b.test")
        agents = self.sources(self.agent_socket, "b.test").wait_for_event("x509_context")["bundles"]["b.test"]
        sources = self.sources(trust_domain="b.test")
        held = serials(peer.bundle())
        self.assertNotEqual(held, agents, "the agent's bundle of b.test is one that it made up")
        self.assertEqual(sources.wait_for_event("x509_context")["bundles"]["b.test"], held)

        peer.rotate()

        sources.wait_for_event("x509_source", lambda event: set(held) < set(event["authorities"]))
        self.assertEqual(sources.events("error") + sources.events("ended"), [])

    def test_jwt_svids_are_the_agents_by_audience(self):
        self.edge.start()

        svids = self.jwt_fetch()

        self.assertEqual([(svid["id"], svid["hint"]) for svid in svids], [(FIRST, "agent 2"), (SECOND, "agent 3")])
        self.assertEqual(self.jwt_fetch("--id", SECOND)[0]["id"], SECOND)
        for socket in (self.edge.workload_socket, self.agent_socket):
            for where in ([], ["--remote"]):
                [valid] = go_side.ask(self, "jwt-validate", "--socket", socket, "--audience", "x",
                                      "--token", svids[0]["token"], *where)
                self.assertEqual(valid["id"], FIRST)
        refused = go_side.attempt(self, "jwt-validate", "--socket", self.edge.workload_socket, "--audience", "y",
                                  "--token", svids[0]["token"])
        self.assertEqual(refused.returncode, 1)

    def test_callers_can_be_named_by_what_we_attest(self):
        digest = hashlib.sha256(go_side.program(self).read_bytes()).hexdigest()
        self.agent.stop()
        self.agent = self.start_agent(more=[f"spiffe://a.test/workload-3=unix:sha256:{digest}"])
        self.edge.start()
        self.assertEqual([svid["id"] for svid in self.jwt_fetch()], [FIRST, SECOND], "the agent attests no digests here")
        self.edge.stop()

        self.edge.configuration["local"]["workload_api"]["delegated"]["by"] = "selectors"
        self.edge.configuration["workload_api"]["discover_path"] = True
        self.edge.start()

        self.assertEqual([svid["id"] for svid in self.jwt_fetch()], [FIRST, SECOND, "spiffe://a.test/workload-3"])

    def test_nobody_gets_the_identity_of_another_program(self):
        self.edge.start()

        other = go_side.attempt(self, "jwt-fetch", "--socket", self.edge.workload_socket, "--audience", "x", "--id", DELEGATE)

        self.assertEqual(other.returncode, 1)
        self.assertIn("PermissionDenied", other.stderr)

    def test_an_entry_that_is_taken_away_is_denied_and_the_other_one_stays(self):
        self.edge.start()
        sources = self.sources()
        sources.wait_for_event("x509_source", lambda event: event["id"] == FIRST)

        self.tell_agent("remove", FIRST)
        sources.wait_for_event("x509_source", lambda event: event["id"] == SECOND)
        self.tell_agent("remove", SECOND)

        sources.wait_for_event("error", lambda event: event["where"] == "x509_context"
                               and "PermissionDenied" in event["message"])

    def test_without_the_agent_callers_keep_what_they_have_and_new_ones_hear_why(self):
        self.edge.start()
        sources = self.sources()
        svid = sources.wait_for_event("x509_source")
        self.agent.stop()
        eventually(lambda: self.edge.json("bundle", "show")["source"]["problem"], "the loss noticed")

        newcomer = self.edge.command("svid", "fetch", check=False)
        go_newcomer = go_side.attempt(self, "jwt-bundles", "--socket", self.edge.workload_socket)

        self.assertEqual(newcomer.returncode, 1)
        self.assertIn("admin.sock does not answer", newcomer.stderr)
        self.assertEqual(go_newcomer.returncode, 1)
        self.assertRegex(go_newcomer.stderr, "code = Unavailable .*admin.sock does not answer")
        self.assertEqual(sources.events("error") + sources.events("ended"), [])
        self.assertEqual({event["serial"] for event in sources.events("x509_source")}, {svid["serial"]})

        self.agent = self.start_agent()

        sources.wait_for_event("x509_source", lambda event: event["serial"] != svid["serial"], RECONNECTED)
        self.assertEqual(sources.events("error") + sources.events("ended"), [])
        self.assertEqual([each["id"] for each in self.jwt_fetch()], [FIRST, SECOND])

    def test_an_agent_that_does_not_take_us_for_a_delegate_is_no_denial_of_the_callers(self):
        self.agent.stop()
        self.agent = self.start_agent(delegate="spiffe://a.test/somebody-else")
        self.edge.start()

        done = go_side.attempt(self, "jwt-bundles", "--socket", self.edge.workload_socket)

        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "code = Unavailable .*authorized_delegates")
