"""A run that is ended in the middle: by SIGKILL nothing outlives it, by SIGINT and SIGTERM the report
of what ran is whole, and the terminal is as it was."""

import os
import pty
import random
import re
import select
import signal
import subprocess
import termios
import time

from support import (INTERRUPTED, PROGRAM, SCENARIOS, TestCase, User, environment, installed, main,
                     wait_until)
from traces import Traces, files_of
from written import exchange, python_server, LISTEN

SLOW = python_server(LISTEN + "c, _ = s.accept()\nc.recv(99)\ntime.sleep(30)\n")


class Interrupted(TestCase):
    def start(self, *arguments, traces, program=PROGRAM, user=None, **more):
        env = environment(**(user.environment if user else {"TMPDIR": str(self.temporary)}), **traces.mark)
        return subprocess.Popen([str(program), "run", *map(str, arguments)], env=env,
                                cwd=user.home if user else self.folder, stdin=subprocess.DEVNULL,
                                **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL,
                                   **(user.identity if user else {}), **more})

    def setUp(self):
        super().setUp()
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        self.temporary.chmod(0o1777)

    def kill_at_random_moments(self, times, *arguments, **more):
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        for attempt in range(times):
            out = (more["user"].home if more.get("user") else self.folder) / f"results-{attempt}"
            with Traces() as traces:
                running = self.start("--out", out, *arguments, traces=traces, **more)
                wait_until(lambda: len(traces.processes()) > 1, 10)
                time.sleep(chance.uniform(0, 1.2))
                running.kill()
                running.wait()
                traces.look()
            told = f"seed {seed}, attempt {attempt}"
            self.assertGreater(traces.most_processes, 1, told)
            self.assertEqual(traces.left(self.temporary, seconds=10), [], told)
            if (out / "report.json").exists():  # the moment came after the end: then it is whole
                self.assertTrue((out / "report.json").read_text().rstrip().endswith("}"), told)
            self.assertEqual([p for p in out.rglob("*") if p.name == "report.json" and p.stat().st_size == 0], [])

    def test_sigkill_as_an_ordinary_user(self):
        user = User(self)
        self.kill_at_random_moments(5, program=installed(), user=user)
        if user.made:
            self.assertTrue(wait_until(lambda: not user.processes(), 10), user.processes())
            self.assertEqual([p for p in files_of(user.uid, "/tmp", "/var/tmp", "/dev/shm")
                              if not p.startswith(str(user.home))], [])
        self.assertEqual(list(user.temporary.iterdir()), [])

    def test_sigkill_in_each_isolation(self):
        for level in ("user", "root", "none") if os.geteuid() == 0 else ("user",):
            with self.subTest(isolation=level):
                self.kill_at_random_moments(3, "--isolation", level)

    def test_sigkill_in_mid_case(self):
        path = self.write("slow.json", exchange(SLOW, steps=[{"connect": "c"}, {"send": "123"},
                                                              {"expect": "success", "within_ms": 9000}]))
        self.kill_at_random_moments(3, path)

    def test_sigkill_in_mid_run_leaves_older_files(self):
        """What is tried before the run, and written after it, is not touched in between."""
        path = self.write("slow.json", exchange(SLOW, steps=[{"connect": "c"}, {"send": "123"},
                                                              {"expect": "success", "within_ms": 9000}]))
        reports, out = self.folder / "reports", self.folder / "results"
        forms = ("json", "junit", "markdown", "openmetrics", "mermaid", "text")
        for form in forms:
            self.write(f"reports/{form}", f"an older {form}\n")
        with Traces() as traces:
            running = self.start("--out", out, path, *[word for form in forms for word in (f"--{form}", reports / form)],
                                 traces=traces)
            self.assertTrue(wait_until(lambda: len(traces.processes()) > 2, 10), "no case was begun")
            running.kill()
            running.wait()
            traces.look()
        self.assertTrue((out / ".wireproof-results").exists(), "killed before it had tried the files")
        self.assertEqual({file.name: file.read_text() for file in reports.iterdir()},
                         {form: f"an older {form}\n" for form in forms})

    def interrupt(self, number):
        path = self.write("slow.json", exchange(SLOW, steps=[{"connect": "c"}, {"send": "123"},
                                                              {"expect": "success", "within_ms": 9000}]))
        out = self.folder / f"interrupted-{number}"
        with Traces() as traces:
            running = self.start("--out", out, SCENARIOS / "tcp/exchange.json", path, traces=traces,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            # The quick cases write their case.json; the slow one still runs then.
            self.assertTrue(wait_until(lambda: len(list(out.rglob("case.json"))) >= 4, 20))
            os.kill(running.pid, number)
            printed, errors = running.communicate(timeout=20)
        told = (printed + errors).decode()
        self.assertEqual(running.returncode, INTERRUPTED, told)
        self.assertEqual(traces.left(self.temporary), [])
        report = self.read_report(out)
        self.assertTrue(report["interrupted"])
        self.assertEqual(report["totals"]["passed"], 4, told)
        self.assertEqual(len(report["cases"]), report["totals"]["cases"])
        self.assertRegex(told, "(?i)interrupted")
        return report

    def read_report(self, out):
        import json
        return json.loads((out / "report.json").read_bytes())

    def test_sigint_leaves_a_whole_report(self):
        self.interrupt(signal.SIGINT)

    def test_sigterm_leaves_a_whole_report(self):
        self.interrupt(signal.SIGTERM)


class Terminal(TestCase):
    """Under a pseudo-terminal, as a person sees it."""

    def run_in_terminal(self, *arguments, keys=None, after=None, env=None):
        """Exit status, all that was written, and the terminal's settings before and after."""
        main_end, other_end = pty.openpty()
        before = termios.tcgetattr(other_end)
        running = subprocess.Popen([str(PROGRAM), *map(str, arguments)], stdin=other_end, stdout=other_end,
                                   stderr=other_end, env=env or environment(), cwd=self.folder,
                                   start_new_session=True,
                                   preexec_fn=lambda: __import__("fcntl").ioctl(0, termios.TIOCSCTTY, 0))
        screen, sent, deadline = b"", False, time.monotonic() + 60
        while time.monotonic() < deadline:
            ready, _, _ = select.select([main_end], [], [], 0.05)
            if ready:
                screen += os.read(main_end, 65536)
            elif running.poll() is not None:
                break
            if keys and not sent and after(screen):
                os.write(main_end, keys)
                sent = True
        else:
            running.kill()
        status = running.wait()
        settings = termios.tcgetattr(other_end)
        os.close(main_end)
        os.close(other_end)
        return status, screen.decode("utf-8", "replace"), before, settings

    def assert_left_right(self, screen, before, after):
        self.assertEqual(before, after, "the terminal's settings changed")
        self.assertEqual(screen.count("\x1b[?25l") > 0, "\x1b[?25h" in screen.rsplit("\x1b[?25l", 1)[-1]
                         if "\x1b[?25l" in screen else False, "the cursor stays hidden")
        self.assertEqual(screen.count("\x1b[?1049h"), screen.count("\x1b[?1049l"))
        self.assertTrue(screen.endswith("\r\n"), repr(screen[-200:]))
        colours = re.findall(r"\x1b\[([0-9;]*)m", screen)
        self.assertIn(colours[-1] if colours else "0", ("", "0"), "a colour stays on")

    def test_control_c(self):
        path = self.write("slow.json", exchange(SLOW, steps=[{"connect": "c"}, {"send": "123"},
                                                              {"expect": "success", "within_ms": 9000}]))
        out = self.folder / "out"
        status, screen, before, after = self.run_in_terminal(
            "run", "--out", out, SCENARIOS / "tcp/exchange.json", path, keys=b"\x03",
            after=lambda _: len(list(out.rglob("case.json"))) >= 4)
        self.assertEqual(status, INTERRUPTED, screen)
        self.assert_left_right(screen, before, after)
        self.assertTrue((out / "report.json").exists())

    def test_colour_and_progress_only_in_a_terminal(self):
        run = ("run", "--out", self.folder / "out", SCENARIOS / "tcp/exchange.json")
        status, screen, before, after = self.run_in_terminal(*run)
        self.assertEqual(status, 0, screen)
        self.assert_left_right(screen, before, after)
        self.assertIn("\x1b[", screen)
        for quiet in ({"NO_COLOR": "1"}, {"CI": "true"}):
            status, screen, before, after = self.run_in_terminal(*run, env=environment(**quiet))
            self.assertEqual(status, 0, screen)
            self.assertIsNone(re.search(r"\x1b\[[0-9;]*[0-9]m", screen), quiet)
            self.assert_left_right(screen, before, after)
        piped = self.wireproof(*run)
        self.assertNotIn("\x1b", piped.out + piped.err)
        self.assertNotIn("\r", piped.out + piped.err)


if __name__ == "__main__":
    main()
