"""The shipped suite as an ordinary user with no capabilities: isolation `user`, the same verdicts as
root's, and nothing left behind."""

import os

from support import (IS_ROOT, PASSED, TestCase, User, difference, installed, main,
                     verdicts, wait_until)
from traces import Traces, capabilities_of, files_of
from written import exchange, python_server, LISTEN


class Unprivileged(TestCase):
    def setUp(self):
        super().setUp()
        self.user = User(self)

    def run_as_user(self, *arguments, traces=None, **more):
        env = dict(os.environ, **self.user.environment, LC_ALL="C.UTF-8", **(traces.mark if traces else {}))
        return self.wireproof("run", *arguments, program=installed(), user=self.user, env=env, **more)

    def test_whole_suite_with_the_verdicts_of_root(self):
        with Traces() as traces:
            outcome = self.run_as_user(traces=traces)
        self.assert_status(outcome, PASSED)
        context = outcome.report["context"]
        self.assertEqual(context["isolation"], "user", context["isolation_why"])
        self.assertIn(self.user.name, context["user"])
        self.assertGreater(outcome.report["totals"]["cases"], 100)
        self.assertEqual([c["id"] + ": " + c["reason"] for c in outcome.report["cases"]
                          if c["status"] == "skipped" and "this kernel keeps" not in c["reason"]], [])

        self.assertGreater(traces.most_processes, 2, "the mark was not found: nothing was looked at")
        self.assertTrue(traces.namespaces, "no namespace was seen while it ran")
        self.assertEqual(traces.left(self.user.temporary), [])
        if self.user.made:
            self.assertEqual(wait_until(lambda: not self.user.processes(), 5), True, self.user.processes())
            files = [path for path in files_of(self.user.uid, "/tmp", "/var/tmp", "/run", "/dev/shm", "/var/run")
                     if not path.startswith((str(self.user.home), str(outcome.results)))]
            self.assertEqual(files, [])
        self.assertEqual(sorted(os.listdir(self.user.home)), sorted(["tmp", outcome.results.name]))

        if IS_ROOT:
            of_root = self.wireproof("run", "--isolation", "root")
            self.assert_status(of_root, PASSED)
            self.assertEqual(difference(verdicts(of_root.report), verdicts(outcome.report)), "")

    def test_targets_hold_no_capabilities_and_run_as_the_user(self):
        show = python_server(LISTEN + "print(open('/proc/self/status').read(), flush=True)\n"
                             "print('ids', os.getresuid(), os.getresgid(), flush=True)\n"
                             "while True:\n  c, _ = s.accept()\n"
                             "  while c.recv(99): c.sendall(b'success')\n  c.close()\n")
        path = self.write("show.json", exchange(show))
        outcome = self.run_as_user(path)
        self.assert_status(outcome, PASSED)
        printed = outcome.report["cases"][0]["targets"][0]["output"]
        self.assertEqual(capabilities_of(printed), 0, printed)
        self.assertIn(f"ids ({self.user.uid}, {self.user.uid}, {self.user.uid})", printed)

    def test_doctor_says_that_user_works(self):
        done = self.wireproof("doctor", program=installed(), user=self.user)
        self.assert_status(done, PASSED)
        self.assertRegex(done.out, r"(?m)user\b.*")


if __name__ == "__main__":
    main()
