"""Changes of trust that are held, and what an operator does about them; what is on record of each."""

import os

from host import kill
from operated import Operated

OTHER_DIGEST = "0" * 64


class Policies(Operated):
    def setUp(self):
        super().setUp()
        self.new_keys = [self.new_authority("second").x509_key()]

    def federate(self, policy):
        self.host.start_syncer()
        self.good(*self.created_by("--policy", policy))
        return self.host.watch()

    def held_digest(self):
        return self.show(code=3)["held"]["digest"]

    def served(self):
        """The X.509 authorities in use, as the file writes them."""
        return [key["x5c"] for key in self.host.bundle("peer.test")["keys"] if key["use"] == "x509-svid"]

    def actions(self):
        return [entry["action"] for entry in self.json("federation", "history", "peer.test")]

    def test_approve_holds_each_addition_until_it_is_approved(self):
        watch = self.federate("approve")
        held = self.host.wait_for_held("peer.test")
        digest = held["held"]["digest"]
        self.assertEqual((held["state"], held["x509_authorities"], len(held["held"]["changes"])), ("held", 0, 2))
        self.assertEqual(held["held"]["source"], self.peer.url)
        self.bad("bundle", "show", "peer.test")

        # Nobody can overlook it.
        for command in (["list"], ["show", "peer.test"], ["refresh"]):
            done = self.host.try_command("federation", *command)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn("held", done.stdout)
        self.assertIn("awaits approval: peer.test", self.host.try_command("federation", "list").stderr)
        self.assertIn(f"entente federation approve peer.test --digest {digest}", self.good("federation", "show", "peer.test", code=3))
        self.assertEqual(self.host.metrics()['entente_federation_held{trust_domain="peer.test"}'], 1)
        self.host.wait_for_log("bundle_held")

        self.assertIn(digest, self.bad("federation", "approve", "peer.test", "--digest", OTHER_DIGEST))
        self.good("federation", "approve", "peer.test", "--digest", digest)

        self.sees(watch, "peer.test")
        self.good("federation", "list")
        self.assertEqual(self.host.metrics()['entente_federation_held{trust_domain="peer.test"}'], 0)

        # A rotation is held; what was in use stays; the record survives a kill.
        self.publish(11, [*self.keys, *self.new_keys])
        self.json("federation", "refresh", code=3)
        self.assertEqual(self.served(), [self.keys[0]["x5c"]])
        kill(self.host.process)
        self.host.start_syncer()
        self.assertEqual(self.served(), [self.keys[0]["x5c"]])
        self.good("federation", "approve", "peer.test", "--digest", self.held_digest())
        self.assertEqual(len(self.served()), 2)

        # What only takes trust away waits for nobody.
        self.publish(12, self.new_keys)
        self.json("federation", "refresh")
        self.assertEqual(self.served(), [self.new_keys[0]["x5c"]])
        self.publish(13, [])
        self.assertEqual(self.json("federation", "refresh")[0]["state"], "revoked")
        self.assertEqual(self.actions(), ["held", "approved", "held", "approved", "accepted", "accepted"])

    def test_a_rejected_bundle_is_not_held_again_and_a_newer_one_is(self):
        self.federate("approve")
        first = self.host.wait_for_held("peer.test")["held"]["digest"]

        self.good("federation", "reject", "peer.test", "--digest", first)

        refused = self.json("federation", "refresh", "peer.test", code=1)
        self.assertNotEqual(refused[0]["state"], "held")
        self.assertIn("rejected", refused[0]["last_error"]["code"])
        self.publish(11, self.new_keys)
        self.json("federation", "refresh", "peer.test", code=3)
        self.assertNotEqual(self.held_digest(), first)
        # The newest candidate is the one that waits.
        self.publish(12, [*self.keys, *self.new_keys])
        second = self.held_digest()
        self.json("federation", "refresh", "peer.test", code=3)
        self.assertIn(self.held_digest(), self.bad("federation", "approve", "peer.test", "--digest", second))

    def test_overlap_holds_a_whole_replacement_and_lets_a_rotation_pass(self):
        watch = self.federate("overlap")
        self.host.wait_until_current("peer.test")
        self.sees(watch, "peer.test")

        self.publish(11, self.new_keys)
        listed = self.json("federation", "refresh", code=3)

        self.assertEqual((listed[0]["state"], listed[0]["sequence"]), ("held", 10))
        held = self.show(code=3)["held"]
        self.assertEqual([(change["change"], change["use"]) for change in held["changes"]],
                         [("removed", "x509-svid"), ("removed", "jwt-svid"), ("added", "x509-svid")])
        text = self.good("federation", "diff", "peer.test")
        self.assertIn("x509-svid added", text)
        self.assertIn("x509-svid removed", text)
        self.assertIn("held", text)

        # A rotation as it should be ends the hold.
        self.publish(12, [self.keys[0], *self.new_keys])
        self.json("federation", "refresh")
        self.publish(13, self.new_keys)
        self.json("federation", "refresh")
        self.assertEqual(self.served(), [self.new_keys[0]["x5c"]])
        diff = self.json("federation", "diff", "peer.test")  # the last change: the old authority went
        self.assertEqual([change["change"] for change in diff["changes"]], ["removed"])

    def test_the_configurations_default_applies_where_none_is_named(self):
        self.host.configuration["change_policy"] = "approve"
        self.host.start_syncer()
        self.good(*self.created_by())
        self.assertEqual(self.host.wait_for_held("peer.test")["policy"], "approve")
        self.good("federation", "update", "peer.test", "--policy", "accept")
        self.assertEqual(self.json("federation", "refresh")[0]["state"], "current")

    def test_rollback_restores_a_recorded_bundle_and_keeps_the_floor(self):
        self.federate("accept")
        self.host.wait_until_current("peer.test")
        self.publish(11, self.new_keys)
        self.json("federation", "refresh")
        first = self.json("federation", "history", "peer.test")[0]["number"]

        self.good("federation", "rollback", "peer.test", "--to", str(first), "--reason", "their new key leaked")

        self.assertEqual(self.served(), [self.keys[0]["x5c"]])
        self.host.try_command("federation", "refresh")  # the peer still publishes 11
        self.assertEqual(self.served(), [self.keys[0]["x5c"]])
        record = self.json("federation", "history", "peer.test")
        undone = next(entry for entry in record if entry["action"] == "rolled_back")
        self.assertEqual((undone["reason"], undone["by"]["uid"]), ("their new key leaked", os.getuid()))
        self.assertIn("rollback", undone["by"]["command"])
        self.assertEqual({change["change"] for change in undone["changes"]}, {"added", "removed"})
        self.assertIn("their new key leaked", self.good("federation", "history", "peer.test"))
        self.publish(12, self.new_keys)
        self.json("federation", "refresh")
        self.assertEqual(self.served(), [self.new_keys[0]["x5c"]])
        self.bad("federation", "rollback", "peer.test", "--to", "4711", "--reason", "x")

    def test_accept_takes_an_older_sequence_once_and_is_on_record(self):
        self.federate("accept")
        self.host.wait_until_current("peer.test")
        self.publish(3, self.new_keys)
        refused = self.json("federation", "refresh", "peer.test", code=1)
        self.assertEqual(refused[0]["last_error"]["code"], "sequence_older")

        self.good("federation", "accept", "peer.test", "--reason", "rebuilt from backup")

        self.host.wait_for_status("peer.test", lambda seen: seen["sequence"] == 3, "the rebuilt peer's bundle")
        record = self.json("federation", "history", "peer.test")
        self.assertEqual([entry["action"] for entry in record], ["accepted", "refused", "accept_next", "accepted"])
        self.assertEqual((record[2]["reason"], record[2]["by"]["uid"]), ("rebuilt from backup", os.getuid()))
        self.assertEqual(record[1]["sequence"], 3)

    def test_the_record_says_where_each_bundle_came_from_and_survives(self):
        self.federate("accept")
        self.host.wait_until_current("peer.test")
        self.publish(11, self.new_keys)
        self.json("federation", "refresh")
        before = self.json("federation", "history", "peer.test")
        self.good("federation", "delete", "peer.test")
        kill(self.host.process)
        self.host.start_syncer()

        record = self.json("federation", "history", "peer.test")

        self.assertEqual(record[:2], before)
        self.assertEqual([entry["action"] for entry in record], ["accepted", "accepted", "withdrawn"])
        self.assertEqual([entry["number"] for entry in record], [1, 2, 3])
        self.assertEqual((before[1]["source"], before[1]["address"]), (self.peer.url, f"127.0.0.1:{self.peer.port}"))
        self.assertRegex(before[1]["certificate"], r"^[0-9a-f]{64}$")
        diff = self.json("federation", "diff", "peer.test", "--from", "1", "--to", "2")
        self.assertEqual([(change["change"], change["use"]) for change in diff["changes"]],
                         [("removed", "x509-svid"), ("removed", "jwt-svid"), ("added", "x509-svid")])
        self.assertEqual([entry["number"] for entry in self.json("federation", "history", "peer.test", "--limit", "1")], [3])
