"""The scenarios' JSON Schema and their loader agree: what one accepts the other does, but for what only
the loader can know (marked in the file: `// schema: accepts`)."""

import json
import re
import unittest

from support import SCENARIOS, SOURCE, USAGE, PASSED, TestCase, main

try:
    import jsonschema
except ImportError:
    jsonschema = None

TESTDATA = SOURCE / "harness/scenario/testdata"
SCHEMA = SCENARIOS / "schema/scenario.schema.json"


def without_comments(text):
    """JSON of a scenario file: comments become blanks, strings stay as they are."""
    string_or_comment = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.S)
    return string_or_comment.sub(lambda m: m[0] if m[0][0] == '"' else re.sub(r"[^\n]", " ", m[0]), text)


@unittest.skipUnless(jsonschema, "python3-jsonschema is not installed")
class Agreement(TestCase):
    @classmethod
    def setUpClass(cls):
        schema = json.loads(SCHEMA.read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        cls.validator = jsonschema.Draft202012Validator(schema)

    def schema_errors(self, path):
        """None: no JSON at all."""
        try:
            document = json.loads(without_comments(path.read_text("utf-8")))
        except (ValueError, UnicodeDecodeError):
            return None
        return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in self.validator.iter_errors(document)]

    def test_all_that_ships_and_all_good_testdata(self):
        paths = [p for p in sorted(SCENARIOS.rglob("*.json")) if "schema" not in p.parts] + sorted(
            (TESTDATA / "good").glob("*.json"))
        self.assertGreater(len(paths), 40)
        for path in paths:
            with self.subTest(path.name):
                self.assertEqual(self.schema_errors(path), [])
                loaded = self.wireproof("run", "--dry-run", path)
                # Testdata names rules of its own: what the program, unlike the loader, knows better.
                others = [line for line in loaded.err.splitlines()
                          if re.search(r"\.json:\d+:\d+: ", line) and "unknown rule" not in line]
                self.assertEqual(others, [])
                if "testdata" not in path.parts or "unknown rule" not in loaded.err:
                    self.assert_status(loaded, PASSED)

    def test_all_bad_testdata(self):
        paths = sorted(path for path in (TESTDATA / "bad").rglob("*.json"))
        self.assertGreaterEqual(len(paths), 50)
        for path in paths:
            with self.subTest(path.name):
                loader_only = "// schema: accepts" in path.read_text("utf-8", "replace")
                errors = self.schema_errors(path)
                if loader_only:
                    self.assertEqual(errors, [], "the mark says that the schema accepts it")
                else:
                    self.assertNotEqual(errors, [])
                refused = self.wireproof("run", path)
                self.assert_status(refused, USAGE)
                self.assertRegex(refused.err, rf"{re.escape(path.name)}:\d+:\d+: ")
                self.assertFalse(refused.results.exists(), "something was launched")


if __name__ == "__main__":
    main()
