"""Air-gapped exchange: one host exports its bundle as a signed file, the other imports it."""

import json

from host import Host
from scenario import Scenario
from waiting import free_port


class Exchange(Scenario):
    def setUp(self):
        super().setUp()
        self.exporter = Host(self, "a.test").serve_https_spiffe().start_run()
        self.importer = Host(self, "b.test").start_syncer()
        self.file = self.folder / "a.jws"

    def federate(self, *more):
        """b.test knows a.test's endpoint and ID, and cannot reach it."""
        self.importer.command("federation", "create", "a.test", "--url", f"https://127.0.0.1:{free_port()}/", "--https-spiffe",
                              "--endpoint-id", "spiffe://a.test/entente", *more)

    def export(self):
        """The fingerprint to be told by another way."""
        done = self.exporter.command("bundle", "export", self.file)
        self.assertEqual(done.stdout, "")
        return done.stderr.split()[-1]

    def import_file(self, *arguments):
        return self.importer.try_command("bundle", "import", self.file, *arguments)

    def refused(self, *arguments):
        done = self.import_file(*arguments)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        return done.stderr

    def test_a_first_file_needs_its_fingerprint_and_the_next_ones_do_not(self):
        self.federate()
        fingerprint = self.export()
        self.assertRegex(fingerprint, r"^[0-9a-f]{64}$")

        self.assertIn("fingerprint", self.refused())
        self.refused("--fingerprint", "0" * 64)
        done = self.import_file("--fingerprint", fingerprint.upper())

        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.importer.bundle("a.test"), self.exporter.bundle())
        record = self.importer.json("federation", "history", "a.test")
        self.assertEqual((record[-1]["action"], record[-1]["certificate"]), ("accepted", fingerprint))
        self.assertIn("unchanged", self.importer.command("bundle", "import", self.file).stdout)
        old = self.file.read_text()
        self.exporter.command("bundle", "rotate")
        self.export()
        self.assertEqual(self.importer.json("bundle", "import", self.file)["outcome"], "accepted")
        self.assertEqual(self.importer.bundle("a.test"), self.exporter.bundle())

        # An older file is an older bundle, whoever signed it.
        self.file.write_text(old)
        self.assertIn("sequence", self.refused())

    def test_the_file_goes_through_the_policy(self):
        self.federate("--policy", "approve")
        fingerprint = self.export()

        done = self.import_file("--fingerprint", fingerprint)

        self.assertEqual(done.returncode, 3, done.stderr)
        digest = self.importer.wait_for_held("a.test")["held"]["digest"]
        self.assertIn(f"entente federation approve a.test --digest {digest}", done.stdout)
        self.importer.command("federation", "approve", "a.test", "--digest", digest)
        self.assertEqual(self.importer.bundle("a.test"), self.exporter.bundle())

    def test_a_file_signed_by_another_id_or_altered_is_refused(self):
        self.federate()
        fingerprint = self.export()
        header, payload, signature = self.file.read_text().strip().split(".")
        self.file.write_text(".".join([header, payload[:-4] + "AAAA", signature]))
        self.refused("--fingerprint", fingerprint)
        self.file.write_text(".".join([header, payload, signature]))
        self.importer.command("federation", "update", "a.test", "--https-spiffe", "--endpoint-id", "spiffe://a.test/other")

        said = self.refused("--fingerprint", fingerprint)

        self.assertIn("spiffe://a.test/entente", said)
        self.assertIn("spiffe://a.test/other", said)
        self.assertEqual(self.importer.try_command("bundle", "show", "a.test").returncode, 1)

    def test_mistakes_and_strangers(self):
        self.export()
        self.assertIn("a.test", self.refused())  # not federated
        absent = self.importer.try_command("bundle", "import", "absent.jws")
        self.assertEqual((absent.returncode, "absent.jws" in absent.stderr), (2, True))
        garbled = self.import_file("--fingerprint", "ab")
        self.assertEqual((garbled.returncode, "--fingerprint" in garbled.stderr), (2, True))
        self.assertEqual(self.importer.try_command("bundle", "export").returncode, 1)  # it serves no https_spiffe endpoint
        to_stdout = json.loads(self.exporter.command("bundle", "export", "--output", "json").stdout)
        self.assertEqual((to_stdout["spiffe_id"], to_stdout["jws"].count(".")), ("spiffe://a.test/entente", 2))
