"""Who calls the Workload API decides what it gets. Distinct users take root; the rest runs as anybody."""

import grp
import json
import os
import pwd

from host import STRANGER, WORKLOAD_USER, Host, as_user, is_root, visible_program
from processes import run
from scenario import Scenario


class WithEntries(Scenario):
    def setUp(self):
        super().setUp()
        self.host = Host(self)

    def entry(self, path, *selectors):
        self.host.configuration["entries"].append({"spiffe_id": f"spiffe://a.test{path}", "selectors": list(selectors)})


class Callers(WithEntries):
    def test_a_caller_without_an_entry_is_refused_and_told_why(self):
        self.host.configuration["entries"] = []
        self.entry("/somebody-else", f"unix:uid:{os.getuid() + 1}")
        self.host.start_run()
        for arguments in (["svid", "fetch"], ["jwt", "fetch", "--audience", "x"],
                          ["jwt", "validate", "--audience", "x", "a.b.c"]):
            done = self.host.try_command(*arguments)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("no identity", done.stderr)

    def test_all_selectors_of_an_entry_must_match(self):
        user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
        mine = [f"unix:uid:{os.getuid()}", f"unix:gid:{os.getgid()}", f"unix:user:{user}", f"unix:group:{group}"]
        self.host.configuration["entries"] = []
        self.entry("/all", *mine)
        for n, selector in enumerate(mine):
            self.entry(f"/one{n}", selector)
        self.entry("/not-quite", *mine, f"unix:gid:{os.getgid() + 1}")
        self.host.start_run()

        identities = [svid["spiffe_id"] for svid in self.host.json("svid", "fetch")["svids"]]

        self.assertEqual(identities, ["spiffe://a.test/all"] + [f"spiffe://a.test/one{n}" for n in range(4)])

    def test_unauthenticated_verifiers_get_validation_where_that_is_allowed(self):
        self.host.start_run()
        token = self.host.json("jwt", "fetch", "--audience", "x")[0]["svid"]
        self.host.stop()
        self.host.configuration["entries"] = []
        self.host.configuration["workload_api"]["allow_unauthenticated_verifiers"] = True
        self.host.start_run()
        self.assertEqual(self.host.try_command("jwt", "validate", "--audience", "x", token).returncode, 0)
        self.assertEqual(self.host.try_command("svid", "fetch").returncode, 1)


class OtherUsers(WithEntries):
    """Callers that are not whom the Workload API runs as."""

    def setUp(self):
        super().setUp()
        if not is_root():
            self.skipTest("different users take root: as anybody else there is only one")
        self.folder.chmod(0o755)
        self.host.folder.chmod(0o755)
        self.host.program = visible_program(self.folder)

    def identities(self, *prefix):
        done = run([*prefix, self.host.program, "svid", "fetch", "--output", "json"],
                   {"SPIFFE_ENDPOINT_SOCKET": self.host.workload_socket})
        if done.returncode:
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("no identity", done.stderr)
            return []
        return [svid["spiffe_id"].removeprefix("spiffe://a.test") for svid in json.loads(done.stdout)["svids"]]

    def test_users_are_told_apart_by_uid_name_and_groups(self):
        workload, extra = pwd.getpwnam(WORKLOAD_USER), grp.getgrnam("games").gr_gid
        self.host.configuration["entries"] = []
        self.entry("/uid", f"unix:uid:{workload.pw_uid}")
        self.entry("/user", f"unix:user:{WORKLOAD_USER}")
        self.entry("/gid", f"unix:gid:{workload.pw_gid}")
        self.entry("/extra", f"unix:supplementary_gid:{extra}")
        self.entry("/root", "unix:uid:0")
        self.host.start_run()

        self.assertEqual(self.identities(*as_user(WORKLOAD_USER, [])), ["/uid", "/user", "/gid"])
        self.assertEqual(self.identities(*as_user(STRANGER, [])), [])
        self.assertEqual(self.identities(), ["/root"])
        stranger = pwd.getpwnam(STRANGER)
        with_groups = ["setpriv", f"--reuid={stranger.pw_uid}", f"--regid={workload.pw_gid}", f"--groups={extra}", "--"]
        self.assertEqual(self.identities(*with_groups), ["/gid", "/extra"])

    def test_files_written_for_another_user_are_that_users(self):
        self.host.configuration["entries"] = []
        self.entry("/workload", f"unix:user:{WORKLOAD_USER}")
        self.host.start_run()
        target = self.folder / "out"
        target.mkdir()
        os.chown(target, pwd.getpwnam(WORKLOAD_USER).pw_uid, -1)
        done = self.host.try_command("svid", "fetch", "--write", str(target), user=WORKLOAD_USER)
        self.assertEqual(done.returncode, 0, done.stderr)
        denied = run(as_user(STRANGER, ["cat", target / "svid.0.key"]))
        self.assertNotEqual(denied.returncode, 0)
        self.assertEqual(run(as_user(STRANGER, ["cat", target / "svid.0.pem"])).returncode, 0)

    def test_the_admin_sockets_group_may_use_it(self):
        self.host.configuration["admin"]["group"] = "games"
        self.host.start_run()
        stranger = pwd.getpwnam(STRANGER)
        member = ["setpriv", f"--reuid={stranger.pw_uid}", f"--regid={stranger.pw_gid}", "--groups=" +
                  str(grp.getgrnam("games").gr_gid), "--", self.host.program, "federation", "list"]
        self.assertEqual(run(member, {"ENTENTE_ADMIN_SOCKET": self.host.admin_socket}).returncode, 0)
        self.assertEqual(self.host.try_command("federation", "list", user=STRANGER).returncode, 1)
