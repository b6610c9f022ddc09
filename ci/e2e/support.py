"""What the tests of the program share: running it as a user calls it, a user made for a test, and
reading what came of it.

The program under test is $WIREPROOF, its source tree $WIREPROOF_SOURCE (ctest sets both). Tests run
side by side: each works in a folder of its own and looks only for traces of its own.
"""

import contextlib
import functools
import json
import os
import pathlib
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from compare_verdicts import difference, verdicts  # noqa: E402,F401 (the tests import them from here)

SOURCE = pathlib.Path(os.environ.get("WIREPROOF_SOURCE", pathlib.Path(__file__).parents[2])).resolve()
PROGRAM = pathlib.Path(os.environ.get("WIREPROOF", SOURCE / "build/release/wireproof")).resolve()
BUILD = PROGRAM.parent
TARGETS = BUILD / "targets"  # beside the program in a build tree, else where it was installed
if not TARGETS.is_dir():
    TARGETS = BUILD.parent / "libexec/wireproof/targets"
SCENARIOS = SOURCE / "scenarios"
IS_ROOT = os.geteuid() == 0

try:
    import jsonschema
except ImportError:
    jsonschema = None

# Exit statuses of the program.
PASSED, FAILED, USAGE, MACHINE, INTERRUPTED = 0, 1, 2, 3, 130


class Outcome:
    """One run of the program that has ended."""

    def __init__(self, command, status, out, err, results):
        self.command, self.status, self.out, self.err = command, status, out, err
        self.results = pathlib.Path(results)

    @property
    def report(self):
        return json.loads((self.results / "report.json").read_bytes())

    @property
    def cases(self):
        return {case["id"]: case for case in self.report["cases"]}

    def case_reports(self):
        """Every case.json, by its path."""
        return {path: json.loads(path.read_bytes()) for path in self.results.rglob("case.json")}

    def __str__(self):
        return "\n".join([
            f"$ {' '.join(map(str, self.command))}", f"exit status {self.status}",
            "--- stdout (its end)", self.out[-6000:], "--- stderr (its end)", self.err[-6000:]])


PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def environment(**more):
    """Ours, without what would change the program's output, or the programs that any user finds."""
    env = {k: v for k, v in os.environ.items() if k not in ("CI", "NO_COLOR", "WIREPROOF_RESULTS")}
    env.update(LC_ALL="C.UTF-8", TERM="xterm-256color", PATH=PATH)
    env.update(more)
    return {k: v for k, v in env.items() if v is not None}


class TestCase(unittest.TestCase):
    """A test with a folder of its own that any user may enter, and ways to run the program."""

    maxDiff = 4000

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wireproof-e2e-"))
        self.addCleanup(remove_tree, self.folder)
        self.folder.chmod(0o755)

    def write(self, name, content):
        """A file in the test's folder; anything but text is written as JSON."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=2))
        return path

    def wireproof(self, *arguments, program=PROGRAM, user=None, cwd=None, env=None, timeout=120,
                  prefix=(), results=None, stdin=subprocess.DEVNULL):
        """Runs `wireproof ARGUMENTS` and waits for its end. A run's results go to a new folder."""
        arguments = [str(a) for a in arguments]
        if arguments and arguments[0] == "run" and "--out" not in arguments and results is None:
            results = (user.home if user else self.folder) / f"results-{secrets.token_hex(4)}"
            arguments += ["--out", str(results)]
        command = [*map(str, prefix), str(program), *arguments]
        started = subprocess.run(
            command, cwd=cwd or (user.home if user else self.folder), stdin=stdin,
            env=env or environment(**(user.environment if user else {})), timeout=timeout,
            capture_output=True, **(user.identity if user else {}))
        outcome = Outcome(command, started.returncode, started.stdout.decode("utf-8", "replace"),
                          started.stderr.decode("utf-8", "replace"), results or self.folder)
        if arguments and arguments[0] == "run":
            self.assert_report_is_valid(outcome.results / "report.json")
        return outcome

    def assert_report_is_valid(self, path):
        """A report that is there keeps to its schema. (Large ones cost seconds: test_reports.py has one.)"""
        if jsonschema is None or not path.is_file() or path.stat().st_size > 1 << 20:
            return
        errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}"
                  for e in report_validator().iter_errors(json.loads(path.read_bytes()))]
        self.assertEqual(errors[:5], [], str(path))

    def assert_status(self, outcome, status):
        self.assertEqual(outcome.status, status, f"\n{outcome}")

    def assert_case(self, outcome, case, status, *rules, expected_failure=None):
        """The case ended so, by exactly these must-rules."""
        self.assertIn(case, outcome.cases, f"\n{outcome}")
        seen = outcome.cases[case]
        broken = sorted({f["rule"] for f in seen["findings"] if f["severity"] == "must"})
        told = json.dumps({k: seen.get(k) for k in ("status", "reason", "findings")}, indent=1)
        self.assertEqual((seen["status"], broken), (status, sorted(rules)), f"\n{told}")
        if expected_failure is not None:
            self.assertEqual(bool(seen.get("expected_failure")), expected_failure, told)
        return seen


@functools.cache
def report_validator():
    schema = json.loads((SOURCE / "reports/schema/report.schema.json").read_text())
    return jsonschema.Draft202012Validator(schema)


def remove_tree(folder):
    shutil.rmtree(folder, ignore_errors=True)


def wait_until(condition, seconds, step=0.01):
    """Whether it came to hold within that time."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            return found
        time.sleep(step)


def state_of(pid):
    """Its state's letter, as in ps (proc(5))."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
        return stat.read().rpartition(")")[2].split()[0]


class User:
    """An ordinary user without any privilege: one that the test makes where it may, else ourselves."""

    def __init__(self, test):
        self.made = IS_ROOT
        if self.made:
            self.name = f"wp-{secrets.token_hex(5)}"
            administer("useradd", "--no-create-home", "--home-dir", "/nonexistent", "--shell",
                       "/usr/sbin/nologin", "--user-group", self.name)
            test.addCleanup(administer, "userdel", self.name)
            entry = pwd.getpwnam(self.name)
            self.uid, self.gid = entry.pw_uid, entry.pw_gid
        else:
            self.name = pwd.getpwuid(os.geteuid()).pw_name
            self.uid, self.gid = os.geteuid(), os.getegid()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="wireproof-home-"))
        test.addCleanup(remove_tree, self.home)
        self.temporary = self.home / "tmp"
        self.temporary.mkdir()
        for folder in (self.home, self.temporary):
            os.chown(folder, self.uid, self.gid)
        self.identity = dict(user=self.uid, group=self.gid, extra_groups=[]) if self.made else {}
        self.environment = dict(HOME=str(self.home), USER=self.name, LOGNAME=self.name,
                                TMPDIR=str(self.temporary), PATH=PATH)

    def processes(self):
        """Pids that run under this uid, zombies too."""
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if entry.stat().st_uid == self.uid or f"\t{self.uid}\t" in uid_line(entry):
                    found.append(int(entry.name))
        return found


def uid_line(entry):
    for line in (entry / "status").read_text().splitlines():
        if line.startswith("Uid:"):
            return line + "\t"
    return ""


def administer(*command):
    """useradd or userdel; another test may hold the lock of /etc/passwd for a moment."""
    for attempt in range(50):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode in (0, 12):  # 12: no home directory
            return
        if "lock" not in done.stderr and done.returncode != 8:  # 8: a process of the user still runs
            break
        time.sleep(0.1)
    raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")


_installed = None


def installed():
    """The program installed into a prefix that every user can read; made once a test program."""
    global _installed
    if _installed is None:
        prefix = pathlib.Path(tempfile.mkdtemp(prefix="wireproof-prefix-"))
        prefix.chmod(0o755)
        unittest.addModuleCleanup(remove_tree, prefix)
        if (BUILD / "cmake_install.cmake").exists():
            done = subprocess.run(["cmake", "--install", str(BUILD), "--prefix", str(prefix)],
                                  capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(done.stdout + done.stderr)
        else:  # an installed program is under test: its prefix serves
            shutil.copytree(PROGRAM.parents[1], prefix, dirs_exist_ok=True)
        _installed = prefix / "bin/wireproof"
    return _installed


def need(test, *programs):
    """Skips the test, saying why, where a program is not installed."""
    for program in programs:
        if not shutil.which(program, path=PATH):
            test.skipTest(f"{program} is not installed")


def main():
    """unittest.main(), which also tells ctest when all that there is was skipped."""
    program = unittest.main(exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    if result.testsRun and len(result.skipped) == result.testsRun:
        sys.exit(77)
