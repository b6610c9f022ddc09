"""The tests' own eyes: what a run leaves behind is seen, each kind of it."""

import os
import subprocess
import time
import unittest

from support import IS_ROOT, TestCase, User, environment, main, wait_until
from compare_verdicts import difference, verdicts
from traces import Traces, capabilities_of, files_of


class Seen(TestCase):
    def start(self, traces, *command, **more):
        process = subprocess.Popen(command, env=environment(**traces.mark), **more)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_a_process(self):
        with Traces() as traces:
            process = self.start(traces, "sleep", "60")
            self.assertTrue(wait_until(lambda: traces.processes() == [process.pid], 5))
        left = traces.left(seconds=0.1)
        self.assertEqual(len(left), 1, left)
        self.assertIn("sleep 60", left[0])
        process.kill()
        process.wait()
        self.assertEqual(traces.left(seconds=5), [])

    @unittest.skipUnless(IS_ROOT, "makes a network namespace")
    def test_a_namespace_held_by_a_process_that_lost_the_mark(self):
        with Traces() as traces:
            process = self.start(traces, "unshare", "--net", "sh", "-c", "env -i sleep 60 & sleep 1; wait",
                                 start_new_session=True)
            self.assertTrue(wait_until(lambda: traces.namespaces, 5))
            time.sleep(0.1)
            process.kill()
            process.wait()
        left = traces.left(seconds=0.1)
        self.assertTrue(any("net:[" in line and "sleep 60" in line for line in left), left)
        os.killpg(process.pid, 9)
        self.assertEqual(traces.left(seconds=5), [])

    @unittest.skipUnless(IS_ROOT, "mounts a network namespace")
    def test_a_namespace_held_by_a_mount(self):
        name = self.write("netns", "")
        with Traces() as traces:
            process = self.start(traces, "unshare", f"--net={name}", "sleep", "1")
            self.assertTrue(wait_until(lambda: traces.namespaces, 5))
            process.wait()
        left = traces.left(seconds=0.1)
        subprocess.run(["umount", str(name)], check=True)
        self.assertTrue(any(str(name) in line for line in left), left)
        self.assertEqual(traces.left(seconds=5), [])

    def test_a_file(self):
        with Traces() as traces:
            pass
        path = self.write("tmp/leftover", "x")
        self.assertEqual(traces.left(path.parent, seconds=0.1), [f"file {path}"])

    @unittest.skipUnless(IS_ROOT, "makes an interface")
    def test_an_interface(self):
        with Traces() as traces:
            made = subprocess.run(["unshare", "--net", "true"])
            self.assertEqual(made.returncode, 0)
        traces.interfaces -= {"lo"}  # as if it had come meanwhile
        self.assertEqual(traces.left(seconds=0.1), ["interface lo"])

    @unittest.skipUnless(IS_ROOT, "makes a user")
    def test_a_user_s_processes_and_files(self):
        user = User(self)
        process = subprocess.Popen(["sleep", "60"], **user.identity)
        self.assertEqual(user.processes(), [process.pid])
        process.kill()
        process.wait()
        self.assertEqual(user.processes(), [])
        path = user.home / "tmp/x"
        subprocess.run(["touch", str(path)], check=True, **user.identity)
        self.assertIn(str(path), files_of(user.uid, str(user.home)))

    def test_capabilities(self):
        self.assertEqual(capabilities_of("Uid:\t0\nCapEff:\t000001ffffffffff\n"), 0x1ffffffffff)
        self.assertEqual(capabilities_of("CapEff:\t0000000000000000\n"), 0)

    def test_differing_verdicts(self):
        def report(**changes):
            case = {"id": "a", "status": "failed", "expected_failure": True,
                    "findings": [{"rule": "x", "severity": "must"}, {"rule": "y", "severity": "note"}]}
            return {"cases": [{**case, **changes}]}
        first = verdicts(report())
        self.assertEqual(difference(first, verdicts(report())), "")
        for changes in ({"status": "passed"}, {"expected_failure": False}, {"id": "b"},
                        {"findings": [{"rule": "z", "severity": "must"}]}):
            self.assertNotEqual(difference(first, verdicts(report(**changes))), "", changes)


if __name__ == "__main__":
    main()
