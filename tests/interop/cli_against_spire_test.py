"""Our command line against SPIRE's own admin API: its trustdomain, bundle and entry services on its SQL datastore."""

import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import go_side  # noqa: E402
from domain import ENTENTE  # noqa: E402
from foreign_authority import ForeignAuthority  # noqa: E402
from processes import run  # noqa: E402
from scenario import Scenario  # noqa: E402
from scripted_peer import ScriptedPeer, answer  # noqa: E402


class AgainstSpire(Scenario):
    def setUp(self):
        super().setUp()
        self.socket = self.folder / "spire.sock"
        go_side.start_spire_server(self, self.socket, self.folder)
        self.authority = ForeignAuthority(self.folder, "peer.test")

    def attempt(self, *arguments):
        return run([ENTENTE, *arguments], {"ENTENTE_ADMIN_SOCKET": f"unix://{self.socket}"})

    def entente(self, *arguments):
        done = self.attempt(*arguments)
        self.assertEqual(done.returncode, 0, f"{arguments}: {done.stdout}{done.stderr}")
        return done.stdout

    def json(self, *arguments):
        return json.loads(self.entente(*arguments, "--output", "json"))

    def refused(self, *arguments):
        done = self.attempt(*arguments)
        self.assertEqual(done.returncode, 1, f"{arguments}: {done.stdout}{done.stderr}")
        self.assertTrue(done.stderr)
        return done.stderr

    def spire(self, *arguments):
        """What SPIRE's own command line sees there."""
        done = go_side.attempt(self, "spire-server", *arguments, "-socketPath", str(self.socket), "-output", "json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def create_peer(self, keys=None):
        endpoint = ScriptedPeer(self.authority.svid(), answer(self.authority.document(sequence=10, keys=keys)))
        self.addCleanup(endpoint.close)
        self.entente("federation", "create", "peer.test", "--url", endpoint.url, "--https-spiffe", "--endpoint-id",
                     "spiffe://peer.test/endpoint", "--bundle", str(self.authority.bundle_file(3)))
        return endpoint


class Federation(AgainstSpire):
    def test_create_and_show(self):
        endpoint = self.create_peer()

        shown = self.json("federation", "show", "peer.test")
        theirs = self.spire("federation", "show", "-trustDomain", "peer.test")

        self.assertEqual((shown["trust_domain"], shown["endpoint_url"]), ("peer.test", endpoint.url))
        self.assertEqual((shown["endpoint_profile"], shown["endpoint_spiffe_id"]),
                         ("https_spiffe", "spiffe://peer.test/endpoint"))
        # What SPIRE's API does not tell is null.
        for field in ("state", "last_success", "last_error", "consecutive_failures"):
            self.assertIsNone(shown[field], field)
        self.assertEqual(theirs["bundle_endpoint_url"], endpoint.url)

    def test_list_update_and_delete(self):
        self.create_peer()

        self.entente("federation", "update", "peer.test", "--url", "https://elsewhere.test/", "--https-web")
        [listed] = self.json("federation", "list")
        self.entente("federation", "delete", "peer.test")

        self.assertEqual((listed["endpoint_url"], listed["endpoint_profile"]), ("https://elsewhere.test/", "https_web"))
        self.assertEqual(self.json("federation", "list"), [])
        self.assertIn("does not exist", self.refused("federation", "show", "peer.test"))
        self.refused("federation", "delete", "peer.test")

    def test_refresh_makes_the_server_poll(self):
        # The bundle to begin with has a JWT key too. (SPIRE forgets the sequence of what it fetches.)
        endpoint = self.create_peer(keys=[self.authority.x509_key()])

        self.entente("federation", "refresh", "peer.test")

        shown = json.loads(self.entente("bundle", "show", "peer.test", "--format", "spiffe"))
        self.assertEqual([key["use"] for key in shown["keys"]], ["x509-svid"])
        self.assertTrue(endpoint.asked)

    def test_what_a_relationship_of_spires_cannot_have_is_refused_and_nothing_is_created(self):
        said = self.refused("federation", "create", "peer.test", "--url", "https://one.test/", "--url", "https://two.test/",
                            "--https-web")
        self.assertIn("--url", said)
        self.assertEqual(self.json("federation", "list"), [])

    def test_the_doctor_looks_at_relationships_of_another_server_too(self):
        self.create_peer()
        done = self.attempt("doctor", "peer.test", "--output", "json")
        checks = {finding["check"]: finding["severity"] for finding in json.loads(done.stdout)["findings"]}
        self.assertEqual(checks["tls"], "ok", done.stdout)
        self.assertEqual(checks["self_consistency"], "ok", done.stdout)


class Bundles(AgainstSpire):
    def test_set_list_show_count_and_delete(self):
        self.entente("bundle", "set", "peer.test", str(self.authority.bundle_file(3)))

        listed = [each["trust_domain"] for each in self.json("bundle", "list")]
        shown = json.loads(self.entente("bundle", "show", "peer.test", "--format", "spiffe"))
        count = self.json("bundle", "count")
        self.entente("bundle", "delete", "peer.test")

        self.assertEqual(listed, ["spire.test", "peer.test"])
        self.assertEqual((shown["spiffe_sequence"], len(shown["keys"])), (3, 2))
        self.assertIn("2", json.dumps(count))
        self.assertEqual([each["trust_domain"] for each in self.json("bundle", "list")], ["spire.test"])
        self.refused("bundle", "show", "peer.test")

    def test_show_without_a_name_is_the_servers_own(self):
        shown = json.loads(self.entente("bundle", "show", "--format", "spiffe"))
        self.assertEqual(shown["spiffe_sequence"], 1)
        self.assertIn("BEGIN CERTIFICATE", self.entente("bundle", "show", "--format", "pem"))

    def test_delete_minds_entries_as_its_mode_says(self):
        self.entente("bundle", "set", "peer.test", str(self.authority.bundle_file(3)))
        self.entente("entry", "create", "--parent-id", "spiffe://spire.test/agent", "--spiffe-id", "spiffe://spire.test/web",
                     "--selector", "unix:uid:1000", "--federates-with", "peer.test")

        self.refused("bundle", "delete", "peer.test")
        self.entente("bundle", "delete", "peer.test", "--mode", "dissociate")

        [entry] = self.spire("entry", "show")["entries"]
        self.assertEqual(entry.get("federates_with", []), [])

    def test_what_only_an_entente_can_do_says_so(self):
        self.assertIn("an Entente alone", self.refused("bundle", "rotate"))
        self.assertIn("an Entente alone", self.refused("federation", "history", "peer.test"))


class Entries(AgainstSpire):
    def create(self, path="/web"):
        self.entente("entry", "create", "--parent-id", "spiffe://spire.test/agent", "--spiffe-id", f"spiffe://spire.test{path}",
                     "--selector", f"unix:uid:{os.getuid()}", "--x509-svid-ttl", "10m", "--dns-name", "web.test",
                     "--hint", "internal")
        return self.spire("entry", "show", "-spiffeID", f"spiffe://spire.test{path}")["entries"][0]

    def test_create_list_and_show(self):
        theirs = self.create()

        [listed] = self.json("entry", "list")
        shown = self.json("entry", "show", theirs["id"])

        self.assertEqual((theirs["x509_svid_ttl"], theirs["hint"], theirs["dns_names"]), (600, "internal", ["web.test"]))
        self.assertEqual(listed["id"], theirs["id"])
        self.assertEqual((shown["spiffe_id"], shown["selectors"]), ("spiffe://spire.test/web", [f"unix:uid:{os.getuid()}"]))

    def test_update_changes_what_is_named_alone(self):
        created = self.create()

        self.entente("entry", "update", created["id"], "--hint", "external")

        [entry] = self.spire("entry", "show")["entries"]
        self.assertEqual((entry["hint"], entry["x509_svid_ttl"], entry["dns_names"]), ("external", 600, ["web.test"]))

    def test_delete_removes_it(self):
        created = self.create()
        self.entente("entry", "delete", created["id"])
        self.assertEqual(self.json("entry", "list"), [])
        self.refused("entry", "delete", created["id"])
