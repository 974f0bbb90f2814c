"""Relationships that the command line makes, changes and ends while Entente runs."""

import json

from host import kill
from operated import Operated
from scripted_peer import answer
from waiting import eventually


class Relationships(Operated):
    def test_one_comes_and_goes_while_workloads_watch(self):
        self.host.start_syncer()
        watch = self.host.watch()
        token = self.authority.token("a")

        created = self.json(*self.created_by())

        self.assertEqual((created["trust_domain"], created["source"], created["endpoint_url"]), ("peer.test", "api", self.peer.url))
        self.sees(watch, "peer.test")
        self.host.wait_until_current("peer.test")
        self.assertEqual(self.host.try_command("jwt", "validate", "--audience", "a", token).returncode, 0)
        self.assertEqual([one["trust_domain"] for one in self.json("federation", "list")], ["peer.test"])

        self.assertIn("withdrawn", self.good("federation", "delete", "peer.test"))

        self.sees(watch, deadline=2)  # the stream has it at once; the rest of this time is the test's
        self.assertEqual(self.host.try_command("jwt", "validate", "--audience", "a", token).returncode, 1)
        self.assertIn("peer.test", self.bad("bundle", "show", "peer.test"))
        self.assertEqual(self.json("federation", "list"), [])
        self.assertFalse([name for name in self.host.metrics() if 'trust_domain="peer.test"' in name and "state" in name])
        self.assertIn("peer.test", self.bad("federation", "delete", "peer.test"))
        asked = len(self.peer.asked)
        self.json("federation", "refresh")
        self.assertEqual(len(self.peer.asked), asked)  # nobody polls it any more

    def test_an_update_changes_what_it_names_and_keeps_the_bundle(self):
        self.host.start_syncer()
        self.good(*self.created_by("--policy", "overlap"))
        self.host.wait_until_current("peer.test")
        other = self.new_peer()
        self.publish(11, self.keys, other)
        self.peer.close()

        self.good("federation", "update", "peer.test", "--url", self.peer.url, "--url", other.url)

        self.host.wait_for_status("peer.test", lambda seen: seen["sequence"] == 11, "the second URL's bundle")
        seen = self.show()
        self.assertEqual((seen["endpoint_urls"], seen["policy"]), ([self.peer.url, other.url], "overlap"))
        self.assertIn("BEGIN CERTIFICATE", seen["roots"])

        updated = self.json("federation", "update", "peer.test", "--https-spiffe", "--endpoint-id", "spiffe://peer.test/endpoint",
                            "--policy", "default", "--sequence", "strict")

        self.assertEqual((updated["endpoint_profile"], updated["endpoint_spiffe_id"]), ("https_spiffe", "spiffe://peer.test/endpoint"))
        self.assertEqual((updated["policy"], updated["sequence_rule"], updated["sequence"]), ("accept", "strict", 11))
        other.change(answer(self.authority.document(12, keys=self.keys)), self.authority.svid("/endpoint"))
        refreshed = self.json("federation", "refresh", "peer.test")
        self.assertEqual((refreshed[0]["state"], refreshed[0]["sequence"]), ("current", 12))

    def test_what_was_answered_survives_a_kill(self):
        self.host.start_syncer()
        self.good(*self.created_by("--sequence", "strict"))
        self.host.wait_until_current("peer.test")
        self.good("federation", "create", "c.test", "--url", "https://localhost:1/", "--https-web")
        kill(self.host.process)
        self.peer.close()

        self.host.start_syncer()

        listed = {one["trust_domain"]: one for one in self.json("federation", "list")}
        self.assertEqual(set(listed), {"c.test", "peer.test"})
        self.assertEqual((listed["peer.test"]["source"], listed["peer.test"]["sequence"]), ("api", 10))
        self.assertEqual(self.show()["sequence_rule"], "strict")
        self.assertEqual(self.host.try_command("jwt", "validate", "--audience", "a", self.authority.token("a")).returncode, 0)

        self.good("federation", "delete", "peer.test")
        kill(self.host.process)
        self.host.start_syncer()

        self.assertEqual([one["trust_domain"] for one in self.json("federation", "list")], ["c.test"])
        self.bad("bundle", "show", "peer.test")

    def test_those_of_the_configuration_are_refused_to_the_api(self):
        self.host.federate("peer.test", self.peer.url, roots=self.authority.root)
        self.host.start_syncer()
        self.host.wait_until_current("peer.test")

        for arguments in (["update", "peer.test", "--policy", "approve"], ["delete", "peer.test"]):
            self.assertIn("entente.yaml", self.bad("federation", *arguments))
        self.assertIn("peer.test", self.bad(*self.created_by()))
        self.assertEqual((self.show()["source"], self.show()["policy"]), ("config", "accept"))

    def test_a_reload_applies_the_files_differences_and_leaves_the_apis_alone(self):
        second = self.new_authority("second", "second.test")
        other = self.new_peer()
        other.change(answer(second.document(5)))
        self.host.federate("second.test", other.url, roots=self.authority.root)
        self.host.start_syncer()
        self.good(*self.created_by())
        for name in ("peer.test", "second.test"):
            self.host.wait_until_current(name)

        self.host.configuration["federation"] = []
        self.host.reload()
        self.host.wait_for_log("is applied")

        self.assertEqual([one["trust_domain"] for one in self.json("federation", "list")], ["peer.test"])
        self.assertEqual(self.show()["sequence"], 10)

        # The file claims the API's: it rules, until it lets go.
        self.host.federate("peer.test", self.peer.url, roots=self.authority.root)
        self.host.reload()
        eventually(lambda: self.show()["source"] == "config", "the file's")
        self.host.configuration["federation"] = []
        self.host.reload()
        eventually(lambda: self.show()["source"] == "api", "the API's again")

    def test_a_bootstrap_bundle_may_come_later(self):
        self.peer.change(certificate=self.authority.svid("/endpoint"))
        self.host.start_syncer()
        created = self.json("federation", "create", "peer.test", "--url", self.peer.url, "--https-spiffe", "--endpoint-id",
                            "spiffe://peer.test/endpoint")
        self.assertEqual(created["state"], "pending")
        failed = self.json("federation", "refresh", "peer.test", code=1)
        self.assertEqual((failed[0]["state"], failed[0]["last_error"]["code"]), ("pending", "no_bootstrap_bundle"))

        self.good("bundle", "set", "peer.test", self.authority.bundle_file(sequence=9))

        self.assertEqual(self.json("federation", "refresh", "peer.test")[0]["state"], "current")
        self.assertEqual(self.show()["sequence"], 10)

    def test_a_bundle_given_at_once_is_in_use_before_the_first_poll(self):
        self.peer.close()
        self.host.start_syncer()
        bundle = self.authority.bundle_file(sequence=9)

        self.good("federation", "create", "peer.test", "--url", self.peer.url, "--https-spiffe", "--endpoint-id",
                  "spiffe://peer.test/endpoint", "--bundle", bundle)

        self.assertEqual(json.loads(self.good("bundle", "show", "peer.test", "--format", "spiffe"))["spiffe_sequence"], 9)

    def test_refusals_exit_1_with_the_servers_reason(self):
        self.host.start_syncer()
        web = ["--url", self.peer.url, "--https-web"]
        self.assertRegex(self.bad("federation", "create", "a.test", *web), "^entente: trust_domain: a.test is this trust domain itself")
        self.good(*self.created_by())
        self.assertIn("peer.test", self.bad(*self.created_by()))
        self.assertIn("c.test", self.bad("federation", "update", "c.test", *web))

    def test_a_bundle_may_be_set_for_a_domain_that_is_never_polled(self):
        self.host.start_syncer()
        watch = self.host.watch()
        other = self.new_authority("other", "never.test")
        token = other.token("a")

        given = self.json("bundle", "set", "never.test", other.bundle_file(sequence=4))

        self.assertEqual((given["trust_domain"], given["sequence"]), ("never.test", 4))
        self.sees(watch, "never.test")
        self.assertEqual(self.host.try_command("jwt", "validate", "--audience", "a", token).returncode, 0)
        self.assertEqual([one["trust_domain"] for one in self.json("bundle", "list")], ["a.test", "never.test"])
        self.assertEqual((self.json("bundle", "count"), self.good("bundle", "count")), ({"count": 2}, "2\n"))
        self.assertEqual(self.json("federation", "list"), [])
        kill(self.host.process)
        self.host.start_syncer()
        self.assertEqual(self.json("bundle", "show", "never.test")["sequence"], 4)

        self.good("bundle", "delete", "never.test")

        self.assertEqual(self.json("bundle", "count"), {"count": 1})
        self.assertIn("never.test", self.bad("bundle", "delete", "never.test"))
        self.assertEqual(self.host.try_command("jwt", "validate", "--audience", "a", token).returncode, 1)
