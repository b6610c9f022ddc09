"""A machine that refuses: a full disk, a results folder that may not be written, no privileges, too few
descriptors: each a clear error, and no report that is not whole."""

import ctypes
import json
import os
import pathlib
import shutil
import subprocess
import threading
import unittest

from support import (IS_ROOT, MACHINE, PASSED, PROGRAM, SCENARIOS, SOURCE, USAGE, TestCase, User, environment,
                     installed, main)


CLONE_NEWUSER = 0x10000000


def run_where_user_namespaces_are_refused(user, command):
    """In a new user namespace with the same uids, whose limit of further ones is 0."""
    ready, go = os.pipe(), os.pipe()

    def enter():
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        os.write(ready[1], str(os.getpid()).encode())
        os.read(go[0], 1)
        with open("/proc/sys/user/max_user_namespaces", "w") as limit:
            limit.write("0")
        os.setgroups([])
        os.setresgid(user.gid, user.gid, user.gid)
        os.setresuid(user.uid, user.uid, user.uid)

    def map_ids():
        pid = int(os.read(ready[0], 20))
        for kind in ("uid", "gid"):
            pathlib.Path(f"/proc/{pid}/{kind}_map").write_text("0 0 4294967295")
        os.write(go[1], b"x")

    mapper = threading.Thread(target=map_ids)
    mapper.start()
    done = subprocess.run(command, preexec_fn=enter, env=environment(**user.environment), cwd=user.home,
                          capture_output=True, text=True, timeout=60, pass_fds=(ready[1], go[0]))
    mapper.join()
    return done


class BadMachine(TestCase):
    def test_the_program_alone_without_its_reference_programs(self):
        alone = self.folder / "wireproof"
        shutil.copy(PROGRAM, alone)
        done = subprocess.run([alone, "run", SCENARIOS / "tcp"], capture_output=True, text=True,
                              env=environment(), cwd=self.folder, timeout=60)
        self.assertEqual(done.returncode, USAGE, done.stderr)
        self.assertIn("wants a reference program", done.stderr)
        self.assertIn("--server CMD", done.stderr)
        self.assertFalse((self.folder / "wireproof-results/report.json").exists(), "nothing was launched")

    def on_a_small_disk(self, kib, script):
        """A shell script beside a tmpfs "small", in a mount namespace of the test's own. Its files are in
        "copy-<kib>" afterwards."""
        small, copy = self.folder / "small", self.folder / f"copy-{kib}"
        small.mkdir(exist_ok=True)
        whole = (f"mount -t tmpfs -o size={kib}k,mode=1777 tmpfs {small} && cd {self.folder} || exit 99; "
                 f"{script}; status=$?; cp -r {small}/. {copy}; exit $status")
        alone = ["unshare", "--mount"] if IS_ROOT else ["unshare", "--user", "--map-current-user", "--keep-caps", "--mount"]
        done = subprocess.run([*alone, "sh", "-c", whole], capture_output=True, text=True, env=environment(), timeout=120)
        if done.returncode == 99 and not IS_ROOT:
            self.skipTest("an ordinary user may not mount here: " + done.stderr)
        self.assertNotIn("terminate", done.stderr)
        return done, copy

    def test_a_full_disk(self):
        """A tmpfs too small for the captures or for the report."""
        for kib in (16, 64, 256):
            done, copy = self.on_a_small_disk(kib, f"{PROGRAM} run --out small/out --junit small/junit.xml "
                                                   f"--history small/runs.db {SCENARIOS}/tcp")
            with self.subTest(kib=kib):
                self.assertNotEqual(done.returncode, PASSED, done.stdout)
                self.assertIn("No space left on device", done.stdout + done.stderr)
                for path in copy.rglob("*.json"):
                    json.loads(path.read_text())  # whatever is there is whole
                empty = [path.name for path in copy.rglob("*") if path.is_file() and path.stat().st_size == 0]
                self.assertEqual(set(empty) & {"report.json", "case.json", "junit.xml", "runs.db"}, set())
                if not (copy / "out/report.json").exists():
                    self.assertNotIn("out/report.json", done.stdout, "no file that is not there is named")
                    self.assertNotIn("wireproof show", done.stdout)

    def test_a_disk_without_room_for_a_form(self):
        """The probe at the start finds room, and there is too little at the end: the older file stays."""
        case = f"{SCENARIOS}/tcp/exchange.json"
        done, copy = self.on_a_small_disk(16, f"echo old > small/report.json; "
                                              f"{PROGRAM} run --out out --json small/report.json {case}")
        self.assertEqual(done.returncode, MACHINE, done.stdout + done.stderr)
        self.assertIn("small/report.json", done.stderr)
        self.assertIn("No space left on device", done.stderr)
        self.assertEqual([(p.name, p.read_text()) for p in copy.iterdir()], [("report.json", "old\n")])
        self.assertIn("out/report.json", done.stdout, "the report itself was written")
        # Full from the start: told before anything is launched.
        done, copy = self.on_a_small_disk(8, f"head -c 8192 /dev/zero > small/full; rm -r out; "
                                             f"{PROGRAM} run --out out --markdown small/report.md {case}")
        self.assertEqual(done.returncode, MACHINE, done.stdout + done.stderr)
        self.assertIn("small/report.md", done.stderr)
        self.assertFalse((self.folder / "out").exists(), "nothing was launched")
        self.assertEqual([p.name for p in copy.iterdir()], ["full"])

    def test_a_disk_without_room_for_a_history(self):
        report = SOURCE / "reports/testdata/report.json"
        for kib in (4, 16, 36, 44):
            done, copy = self.on_a_small_disk(kib, f"{PROGRAM} history --history small/runs.db --add {report}")
            with self.subTest(kib=kib):
                self.assertEqual(done.returncode, MACHINE, done.stdout + done.stderr)
                self.assertIn("small/runs.db", done.stderr)
                self.assertEqual(list(copy.iterdir()), [])

    def test_a_results_folder_that_may_not_be_written(self):
        user = User(self)
        forbidden = self.folder / "forbidden"
        forbidden.mkdir()
        forbidden.chmod(0o755 if user.made else 0o555)
        outcome = self.wireproof("run", "--out", forbidden / "out", program=installed(), user=user)
        self.assertIn(outcome.status, (USAGE, MACHINE), f"\n{outcome}")
        self.assertIn("Permission denied", outcome.err)
        self.assertIn(str(forbidden), outcome.err)
        self.assertEqual(list(forbidden.iterdir()), [])

    def test_results_in_place_of_a_file(self):
        taken = self.write("taken", "a file\n")
        outcome = self.wireproof("run", "--out", taken, SCENARIOS / "tcp/exchange.json")
        self.assertIn(outcome.status, (USAGE, MACHINE), f"\n{outcome}")
        self.assertIn(str(taken), outcome.err)
        self.assertEqual(taken.read_text(), "a file\n")

    def test_no_privileges_at_all(self):
        user = User(self)
        outcome = self.wireproof("run", "--isolation", "none", program=installed(), user=user)
        self.assert_status(outcome, MACHINE)
        self.assertIn("CAP_NET_RAW", outcome.err)
        self.assertRegex(outcome.err, "sudo|setcap")
        self.assertFalse((outcome.results / "report.json").exists())

    @unittest.skipUnless(IS_ROOT, "only root may take namespaces from a process")
    def test_no_namespaces_for_users(self):
        """user.max_user_namespaces is 0, in a user namespace of the test's own."""
        user = User(self)
        out = user.home / "out"
        done = run_where_user_namespaces_are_refused(user, [str(installed()), "run", "--out", str(out)])
        self.assertEqual(done.returncode, MACHINE, done.stdout + done.stderr)
        self.assertIn("max_user_namespaces", done.stderr)
        self.assertFalse((out / "report.json").exists())

    def test_few_descriptors(self):
        script = f"ulimit -n 64; exec {PROGRAM} run --out {self.folder}/few {SCENARIOS}/tcp/open"
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, env=environment(), timeout=120)
        report = self.folder / "few/report.json"
        self.assertTrue(report.exists(), done.stdout + done.stderr)
        cases = json.loads(report.read_text())["cases"]
        for case in cases:
            self.assertIn(case["status"], ("passed", "error", "inconclusive"), case["id"])
            if case["status"] == "error":
                self.assertIn("Too many open files", case["reason"])


if __name__ == "__main__":
    main()
