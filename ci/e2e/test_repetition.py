"""The suite three times in a row, without one differing verdict (ci/soak.sh does it twenty times, and
under load)."""

from support import PASSED, TestCase, difference, main, verdicts


class Repetition(TestCase):
    def test_three_runs_agree(self):
        first = None
        for attempt in range(3):
            outcome = self.wireproof("run")
            self.assert_status(outcome, PASSED)
            seen = verdicts(outcome.report)
            first = first or seen
            self.assertEqual(difference(first, seen), "", f"attempt {attempt}")


if __name__ == "__main__":
    main()
