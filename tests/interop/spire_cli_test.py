"""SPIRE's own command line, `spire-server federation|bundle|entry`, unchanged against Entente's admin socket."""

import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import go_side  # noqa: E402
from documents import serials  # noqa: E402
from domain import Domain, federated_pair  # noqa: E402
from foreign_authority import ForeignAuthority  # noqa: E402
from scenario import Scenario  # noqa: E402
from scripted_peer import ScriptedPeer, answer  # noqa: E402
from waiting import eventually, free_port  # noqa: E402


class SpireServerCommands(Scenario):
    """`spire(...)` is one call of spire-server; `asked(...)` is its JSON answer."""

    def setUp(self):
        super().setUp()
        self.authority = ForeignAuthority(self.folder, "peer.test")
        self.domain = Domain(self, "a.test").serve_https_spiffe().start()

    def attempt(self, command, *arguments):
        socket = self.domain.admin_socket.removeprefix("unix://")
        return go_side.attempt(self, "spire-server", *command.split(), "-socketPath", socket, *arguments)

    def spire(self, command, *arguments):
        done = self.attempt(command, *arguments)
        self.assertEqual(done.returncode, 0, f"{command}: {done.stdout}{done.stderr}")
        return done.stdout

    def asked(self, command, *arguments):
        return json.loads(self.spire(command, *arguments, "-output", "json"))

    def refused(self, command, *arguments):
        done = self.attempt(command, *arguments)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return done.stdout + done.stderr

    def serve_peer(self):
        """peer.test's endpoint over https_spiffe, and a bundle file to begin with."""
        self.endpoint = ScriptedPeer(self.authority.svid(), answer(self.authority.document(sequence=10)))
        self.addCleanup(self.endpoint.close)
        return self.authority.bundle_file(sequence=10)

    def create_peer(self):
        bundle = self.serve_peer()
        return self.spire("federation create", "-trustDomain", "peer.test", "-bundleEndpointURL", self.endpoint.url,
                          "-bundleEndpointProfile", "https_spiffe", "-endpointSpiffeID", "spiffe://peer.test/endpoint",
                          "-trustDomainBundlePath", str(bundle), "-trustDomainBundleFormat", "spiffe")


class FederationCommands(SpireServerCommands):
    def test_create_begins_to_poll(self):
        printed = self.create_peer()

        self.assertIn("peer.test", printed)
        self.assertIn("https_spiffe", printed)
        self.assertIn("spiffe://peer.test/endpoint", printed)
        status = self.domain.wait_until_current("peer.test")
        self.assertEqual((status["source"], status["sequence"]), ("api", 10))

    def test_create_takes_a_file_of_relationships_and_answers_for_each(self):
        listed = self.folder / "relationships.json"
        good = {"trustDomain": "c.test", "bundleEndpointURL": f"https://127.0.0.1:{free_port()}/",
                "bundleEndpointProfile": "https_web"}
        ours = {**good, "trustDomain": "a.test"}
        listed.write_text(json.dumps({"federationRelationships": [good, ours]}))

        said = self.refused("federation create", "-data", str(listed))

        self.assertIn("c.test", said)
        self.assertIn("InvalidArgument", said)
        self.assertEqual([each["trust_domain"] for each in self.domain.json("federation", "list")], ["c.test"])

    def test_create_of_an_existing_relationship_is_refused_as_by_spire(self):
        self.create_peer()
        said = self.refused("federation create", "-trustDomain", "peer.test", "-bundleEndpointURL", self.endpoint.url,
                            "-bundleEndpointProfile", "https_web")
        self.assertIn("AlreadyExists", said)

    def test_list_and_show_tell_what_was_created(self):
        self.create_peer()

        listed = self.asked("federation list")["federation_relationships"]
        shown = self.asked("federation show", "-trustDomain", "peer.test")

        self.assertEqual([each["trust_domain"] for each in listed], ["peer.test"])
        self.assertEqual(shown["bundle_endpoint_url"], self.endpoint.url)
        self.assertEqual(shown["https_spiffe"]["endpoint_spiffe_id"], "spiffe://peer.test/endpoint")
        self.assertIn("peer.test", self.spire("federation list"))
        self.assertIn("Bundle endpoint URL", self.spire("federation show", "-trustDomain", "peer.test"))

    def test_show_of_an_unknown_relationship_fails(self):
        self.assertIn("unknown.test", self.refused("federation show", "-trustDomain", "unknown.test"))

    def test_list_pages_through_many_relationships(self):
        many = self.folder / "many.json"
        many.write_text(json.dumps({"federationRelationships": [
            {"trustDomain": f"p{number:03}.test", "bundleEndpointURL": "https://127.0.0.1:1/", "bundleEndpointProfile": "https_web"}
            for number in range(120)]}))
        self.spire("federation create", "-data", str(many))

        listed = self.asked("federation list")["federation_relationships"]

        self.assertEqual(sorted(each["trust_domain"] for each in listed), [f"p{number:03}.test" for number in range(120)])

    def test_update_changes_url_and_profile_and_keeps_the_bundle(self):
        self.create_peer()
        self.domain.wait_until_current("peer.test")
        elsewhere = f"https://127.0.0.1:{free_port()}/"

        printed = self.spire("federation update", "-trustDomain", "peer.test", "-bundleEndpointURL", elsewhere,
                             "-bundleEndpointProfile", "https_web")

        self.assertIn(elsewhere, printed)
        status = self.domain.status("peer.test")
        self.assertEqual((status["endpoint_url"], status["endpoint_profile"]), (elsewhere, "https_web"))
        self.assertEqual(status["x509_authorities"], 1)

    def test_update_of_an_unknown_relationship_is_refused_as_by_spire(self):
        said = self.refused("federation update", "-trustDomain", "unknown.test", "-bundleEndpointURL", "https://c.test/",
                            "-bundleEndpointProfile", "https_web")
        self.assertIn("NotFound", said)

    def test_delete_ends_the_polling_and_withdraws_the_bundle(self):
        self.create_peer()
        self.domain.wait_until_current("peer.test")

        printed = self.spire("federation delete", "-id", "peer.test")

        self.assertIn("federation relationship deleted", printed)
        self.assertEqual(self.domain.json("federation", "list"), [])
        self.assertNotEqual(self.domain.command("bundle", "show", "peer.test", check=False).returncode, 0)
        self.assertIn("failed to delete", self.refused("federation delete", "-id", "peer.test"))

    def test_refresh_polls_now(self):
        self.domain.configuration["polling"]["floor"] = "1h"
        self.domain.stop()
        self.domain.start()
        self.create_peer()
        self.domain.wait_until_current("peer.test")
        self.endpoint.change(answer(self.authority.document(sequence=11)))

        self.assertIn("Bundle refreshed", self.spire("federation refresh", "-id", "peer.test"))

        self.domain.wait_for_status("peer.test", lambda status: status["sequence"] == 11, "sequence 11")
        self.assertIn("unknown.test", self.refused("federation refresh", "-id", "unknown.test"))


class ConfiguredRelationships(Scenario):
    def test_a_relationship_of_the_configuration_is_shown_and_refuses_changes_by_naming_where_it_stands(self):
        a, _ = federated_pair(self)
        socket = a.admin_socket.removeprefix("unix://")

        shown = go_side.attempt(self, "spire-server", "federation", "show", "-socketPath", socket, "-trustDomain", "b.test")
        deleted = go_side.attempt(self, "spire-server", "federation", "delete", "-socketPath", socket, "-id", "b.test")

        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertNotEqual(deleted.returncode, 0)
        self.assertIn("entente.yaml", deleted.stdout + deleted.stderr)
        self.assertEqual(a.status("b.test")["source"], "config")


class BundleCommands(SpireServerCommands):
    def set_bundle(self, sequence=3):
        return self.spire("bundle set", "-id", "spiffe://peer.test", "-format", "spiffe", "-path",
                          str(self.authority.bundle_file(sequence)))

    def test_set_puts_a_bundle_in_use_that_is_never_polled(self):
        self.assertIn("bundle set.", self.set_bundle())

        held = self.domain.bundle("peer.test")
        self.assertEqual(held["spiffe_sequence"], 3)
        self.assertEqual(len(held["keys"]), 2)

    def test_set_takes_pem_too(self):
        self.spire("bundle set", "-id", "spiffe://peer.test", "-path", str(self.authority.root))
        self.assertEqual([key["use"] for key in self.domain.bundle("peer.test")["keys"]], ["x509-svid"])

    def test_set_refuses_our_own_trust_domain(self):
        said = self.refused("bundle set", "-id", "spiffe://a.test", "-path", str(self.authority.root))
        self.assertIn("failed to set federated bundle", said)

    def test_show_prints_our_own_bundle(self):
        shown = self.asked("bundle show")
        ours = self.domain.bundle()

        self.assertEqual(shown["trust_domain"], "a.test")
        self.assertEqual(len(shown["x509_authorities"]), len(serials(ours)))
        self.assertEqual(int(shown["sequence_number"]), ours["spiffe_sequence"])
        self.assertIn("BEGIN CERTIFICATE", self.spire("bundle show"))
        self.assertEqual(json.loads(self.spire("bundle show", "-format", "spiffe"))["spiffe_sequence"], ours["spiffe_sequence"])

    def test_list_and_count_tell_of_federated_bundles(self):
        before = self.count()
        self.set_bundle()

        listed = self.asked("bundle list")["bundles"]
        one = self.asked("bundle list", "-id", "spiffe://peer.test")

        self.assertEqual([each["trust_domain"] for each in listed], ["peer.test"])
        self.assertEqual(one["trust_domain"], "peer.test")
        self.assertEqual(self.count(), before + 1)
        self.assertIn("BEGIN CERTIFICATE", self.spire("bundle list", "-id", "spiffe://peer.test"))

    def count(self):
        return int(self.asked("bundle count")["count"])

    def test_delete_withdraws_the_bundle(self):
        self.set_bundle()

        self.assertIn("bundle deleted", self.spire("bundle delete", "-id", "spiffe://peer.test"))

        self.assertNotEqual(self.domain.command("bundle", "show", "peer.test", check=False).returncode, 0)
        self.assertIn("failed to delete", self.refused("bundle delete", "-id", "spiffe://peer.test"))

    def test_delete_minds_the_entries_that_federate_as_its_mode_says(self):
        for mode, remaining in (("dissociate", 1), ("delete", 0)):
            self.set_bundle()
            entry = self.asked("entry create", "-parentID", "spiffe://a.test/host", "-spiffeID", "spiffe://a.test/federated",
                               "-selector", "unix:uid:12345", "-federatesWith", "spiffe://peer.test")["results"][0]["entry"]

            self.refused("bundle delete", "-id", "spiffe://peer.test")
            self.spire("bundle delete", "-id", "spiffe://peer.test", "-mode", mode)

            found = self.asked("entry show", "-spiffeID", "spiffe://a.test/federated").get("entries", [])
            self.assertEqual(len(found), remaining, mode)
            if found:
                self.assertEqual(found[0].get("federates_with", []), [])
                self.spire("entry delete", "-entryID", entry["id"])


class EntryCommands(SpireServerCommands):
    def create(self, path="/web", *more):
        return self.asked("entry create", "-parentID", "spiffe://a.test/host", "-spiffeID", f"spiffe://a.test{path}",
                          "-selector", "unix:uid:12345", *more)["results"][0]

    def count(self, *filters):
        return int(self.asked("entry count", *filters).get("count", 0))

    def test_create_show_and_count(self):
        before = self.count()

        created = self.create("/web", "-x509SVIDTTL", "600", "-jwtSVIDTTL", "120", "-dns", "web.a.test", "-hint", "internal")
        entry = created["entry"]
        shown = self.asked("entry show", "-entryID", entry["id"])["entries"][0]

        self.assertEqual(int(created["status"].get("code", 0)), 0)
        self.assertEqual(shown["spiffe_id"], {"trust_domain": "a.test", "path": "/web"})
        self.assertEqual(shown["parent_id"], {"trust_domain": "a.test", "path": "/host"})
        self.assertEqual(shown["selectors"], [{"type": "unix", "value": "uid:12345"}])
        self.assertEqual((shown["x509_svid_ttl"], shown["jwt_svid_ttl"], shown["hint"]), (600, 120, "internal"))
        self.assertEqual(shown["dns_names"], ["web.a.test"])
        self.assertEqual(self.count(), before + 1)
        self.assertIn("Entry ID", self.spire("entry show", "-entryID", entry["id"]))

    def test_show_and_count_filter_by_what_they_are_given(self):
        self.create("/one", "-hint", "first")
        self.create("/two")
        for filters, expected in ((("-spiffeID", "spiffe://a.test/one"), ["/one"]), (("-hint", "first"), ["/one"]),
                                  (("-selector", "unix:uid:12345"), ["/one", "/two"]),
                                  (("-parentID", "spiffe://a.test/host"), ["/one", "/two"]),
                                  (("-spiffeID", "spiffe://a.test/none"), [])):
            found = self.asked("entry show", *filters).get("entries", [])
            self.assertEqual(sorted(each["spiffe_id"]["path"] for each in found), expected, filters)
            self.assertEqual(self.count(*filters), len(expected), filters)

    def test_creating_the_same_entry_again_is_answered_as_by_spire(self):
        self.create()
        said = self.refused("entry create", "-parentID", "spiffe://a.test/host", "-spiffeID", "spiffe://a.test/web",
                            "-selector", "unix:uid:12345")
        self.assertIn("AlreadyExists", said)

    def test_an_entry_of_another_trust_domain_is_refused(self):
        said = self.refused("entry create", "-parentID", "spiffe://a.test/host", "-spiffeID", "spiffe://b.test/web",
                            "-selector", "unix:uid:1")
        self.assertIn("InvalidArgument", said)

    def test_update_reaches_a_workload(self):
        created = self.create("/before")["entry"]
        self.spire("entry update", "-entryID", created["id"], "-parentID", "spiffe://a.test/host", "-spiffeID",
                   "spiffe://a.test/after", "-selector", f"unix:uid:{os.getuid()}")

        def identities():
            return {svid["spiffe_id"] for svid in self.domain.json("svid", "fetch")["svids"]}
        eventually(lambda: "spiffe://a.test/after" in identities(), lambda: f"the updated identity among {identities()}", 10)

    def test_update_and_delete_of_an_unknown_entry_are_refused_as_by_spire(self):
        update = self.refused("entry update", "-entryID", "none", "-parentID", "spiffe://a.test/host", "-spiffeID",
                              "spiffe://a.test/web", "-selector", "unix:uid:1")
        delete = self.refused("entry delete", "-entryID", "none")
        self.assertIn("NotFound", update)
        self.assertIn("NotFound", delete)

    def test_delete_removes_the_entry(self):
        created = self.create()["entry"]
        before = self.count()

        self.assertIn("Deleted entry with ID: " + created["id"], self.spire("entry delete", "-entryID", created["id"]))

        self.assertEqual(self.count(), before - 1)
        self.refused("entry show", "-entryID", created["id"])
