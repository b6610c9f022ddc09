"""Each isolation level by its name: what runs, what is skipped and why, and what is left behind."""

import unittest

from support import IS_ROOT, MACHINE, PASSED, TestCase, User, environment, installed, main
from traces import Traces


@unittest.skipUnless(IS_ROOT, "isolation root and none are root's here")
class Levels(TestCase):
    def run_level(self, level, *arguments):
        with Traces() as traces:
            temporary = self.folder / "tmp"
            temporary.mkdir(exist_ok=True)
            temporary.chmod(0o1777)
            outcome = self.wireproof("run", "--isolation", level, *arguments,
                                     env=environment(TMPDIR=str(temporary), **traces.mark))
        self.assert_status(outcome, PASSED)
        self.assertEqual(outcome.report["context"]["isolation"], level)
        self.assertGreater(traces.most_processes, 1)
        self.assertEqual(traces.left(temporary), [])
        return outcome

    def test_root(self):
        outcome = self.run_level("root")
        # A setting that this kernel keeps from namespaces is the only reason to leave a case out.
        self.assertEqual([c["reason"] for c in outcome.report["cases"] if c["status"] == "skipped"
                          and "this kernel keeps" not in c["reason"]], [])

    def test_user(self):
        outcome = self.run_level("user")
        # A setting that this kernel keeps from namespaces is the only reason to leave a case out.
        self.assertEqual([c["reason"] for c in outcome.report["cases"] if c["status"] == "skipped"
                          and "this kernel keeps" not in c["reason"]], [])

    def test_none_skips_what_needs_a_namespace_and_says_why(self):
        outcome = self.run_level("none")
        whole = self.wireproof("list", "--json", "-")
        self.assertEqual(len(outcome.report["cases"]), outcome.report["totals"]["cases"])
        self.assertIn(str(outcome.report["totals"]["cases"]), outcome.out + whole.out)
        for case in outcome.report["cases"]:
            if case["topology"] in ("veth", "wire"):
                self.assertEqual(case["status"], "skipped", case["id"])
            if case["status"] == "skipped":
                self.assertTrue(case["reason"], case["id"])
                self.assertFalse(case["findings"], case["id"])
        statuses = [case["status"] for case in outcome.report["cases"]]
        self.assertGreater(statuses.count("passed"), 30, statuses)
        self.assertGreater(statuses.count("skipped"), 10, statuses)

    def test_user_and_none_without_the_rights_say_what_to_do(self):
        user = User(self)
        for level in ("root", "none"):
            outcome = self.wireproof("run", "--isolation", level, program=installed(), user=user)
            self.assert_status(outcome, MACHINE)
            self.assertIn(level, outcome.err)
            self.assertRegex(outcome.err, "sudo|CAP_NET_RAW|setcap")
            self.assertFalse((outcome.results / "report.json").exists())


if __name__ == "__main__":
    main()
