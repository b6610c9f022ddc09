"""What shells and man(1) are given: made of the program's own options, and taken by the real ones."""

import gzip
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time

from support import BUILD, PASSED, PROGRAM, TARGETS, USAGE, TestCase, environment, main, need

LISTED = re.compile(r"(?m)^  ([a-z]+) ")


class Completion(TestCase):
    def complete(self, *words, cwd=None):
        """What bash completes the last word to."""
        script = self.write("completion", self.wireproof("completion", "bash").out)
        asked = f"""
            source {script}
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
            _wireproof
            printf '%s\\n' "${{COMPREPLY[@]}}"
            """
        done = subprocess.run(["bash", "--norc", "-u", "-c", asked, "bash", "wireproof", *words], capture_output=True,
                              text=True, cwd=cwd or self.folder, env=environment(PATH=f"{PROGRAM.parent}:/usr/bin:/bin"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return set(done.stdout.split("\n")) - {""}

    def test_commands_options_and_values(self):
        commands = set(LISTED.findall(self.wireproof("--help").out.split("Commands:")[1].split("Exit status")[0]))
        self.assertIn("compare", commands)
        self.assertGreaterEqual(self.complete(""), commands)
        self.assertEqual(self.complete("com"), {"compare", "completion"})
        self.assertEqual(self.complete("run", "--col"), {"--color"})
        self.assertEqual(self.complete("run", "--color", ""), {"auto", "always", "never"})
        self.assertEqual(self.complete("run", "--isolation", "n"), {"none"})
        self.assertEqual(self.complete("completion", "--"), {"--help"})
        for command in commands:
            offered = self.complete(command, "-")
            named = set(re.findall(r"(?m)^  +(?:-\w,)?(--[a-z-]+)", self.wireproof(command, "--help").out))
            self.assertTrue(named)
            self.assertEqual(named - offered, set(), command)

    def test_a_shell_reads_it_line_by_line(self):
        script = self.wireproof("completion", "bash").out
        self.assertNotIn("=($(", script, "words of a file's name would be split and globbed (shellcheck's SC2207)")
        if shutil.which("shellcheck"):
            done = subprocess.run(["shellcheck", "--shell=bash", "-"], input=script, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout)

    def test_files(self):
        (self.folder / "my folder").mkdir()
        (self.folder / "my.json").write_text("{}")
        self.assertEqual(self.complete("run", "my"), {"my folder", "my.json"})
        self.assertEqual(self.complete("run", "--out", "my"), {"my folder"})
        self.assertEqual(self.complete("run", "--json", "my.j"), {"my.json"})
        self.assertEqual(self.complete("run", "--jobs", ""), set())
        self.assertEqual(self.complete("doctor", "my"), set())

    def test_every_shell_takes_its_own(self):
        for shell in ("bash", "zsh", "fish"):
            done = self.wireproof("completion", shell)
            self.assert_status(done, PASSED)
            self.assertIn("--fail-on" if shell != "fish" else "-l fail-on", done.out)
            if shutil.which(shell):
                taken = subprocess.run([shell, "-n", str(self.write(shell, done.out))], capture_output=True, text=True)
                self.assertEqual((taken.returncode, taken.stderr), (0, ""), shell)
        self.assert_status(self.wireproof("completion", "tcsh"), USAGE)

    def test_zsh_completes(self):
        need(self, "zsh")
        self.write("completion/_wireproof", self.wireproof("completion", "zsh").out)
        # The completion system runs within the line editor only, and that on a terminal only.
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            os.execve("/usr/bin/env", ["env", "zsh", "-f", "-i"],
                      environment(HOME=str(self.folder), TERM="dumb", PS1="> "))
        self.addCleanup(os.close, terminal)
        self.addCleanup(os.waitpid, child, 0)
        self.addCleanup(os.kill, child, signal.SIGKILL)

        def type_and_await(keys, wanted):
            os.write(terminal, keys)
            seen, deadline = b"", time.monotonic() + 60
            while wanted not in seen:
                readable, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
                self.assertTrue(readable, seen)
                seen += os.read(terminal, 4096)

        type_and_await(f"fpath=({self.folder}/completion $fpath); autoload -U compinit; compinit -u -D; "
                       "echo REA''DY\n".encode(), b"READY")
        type_and_await(b"wireproof run --isol\t", b"ation")
        type_and_await(b"\x15wireproof compar\t", b"compare")

    def test_fish_completes(self):
        need(self, "fish")
        script = self.write("wireproof.fish", self.wireproof("completion", "fish").out)
        def complete(line):
            done = subprocess.run(["fish", "--no-config", "-c", f"source {script}; complete -C {json.dumps(line)}"],
                                  capture_output=True, text=True, cwd=self.folder,
                                  env=environment(HOME=str(self.folder)))
            return {found.split("\t")[0] for found in done.stdout.splitlines()}
        self.assertEqual(complete("wireproof com"), {"compare", "completion"})
        self.assertEqual(complete("wireproof run --isola"), {"--isolation"})
        self.assertEqual(complete("wireproof run --color "), {"auto", "always", "never"})


class Manual(TestCase):
    def test_names_every_option_and_pleases_groff(self):
        done = self.wireproof("manual")
        self.assert_status(done, PASSED)
        need(self, "groff")
        page = self.write("wireproof.1", done.out)
        shown = subprocess.run(["groff", "-man", "-Tutf8", "-P-cbou", "-ww", "-rLL=100n", str(page)],
                               capture_output=True, text=True)
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        for usage in ("run [OPTION ...] [PATH ...]", "check [OPTION ...] FILE ...", "show [OPTION ...] [REPORT] [CASE]",
                      "compare [OPTION ...] BASE NEW"):
            self.assertIn(f"wireproof {usage}\n", shown.stdout, "what may be left out or repeated shows as such")
            self.assertIn(f"Usage: wireproof {usage}\n", self.wireproof(usage.split()[0], "--help").out)
        for command in LISTED.findall(self.wireproof("--help").out.split("Commands:")[1].split("Exit status")[0]):
            self.assertRegex(shown.stdout, rf"(?m)^ +wireproof {command}$")
            for option in re.findall(r"(?m)^  +(?:-\w,)?(--[a-z-]+)", self.wireproof(command, "--help").out):
                self.assertIn(option, shown.stdout.replace("‐", "-"), command)

    def test_is_what_the_package_has(self):
        packed = BUILD / "package/wireproof.1.gz"
        if not packed.exists():
            self.skipTest("the page was not built")
        self.assertEqual(gzip.decompress(packed.read_bytes()).decode(), self.wireproof("manual").out)


class Init(TestCase):
    def test_writes_a_scenario_for_a_server_and_runs_it(self):
        done = self.wireproof("init", "mine.json", "--server", f"{TARGETS}/tcp-server {{address}} {{port}}")
        self.assert_status(done, PASSED)
        self.assertIn("//", (self.folder / "mine.json").read_text())
        self.assertIn("wireproof run mine.json", done.out)
        self.assertIn("2 passed", done.out)
        bad = self.wireproof("init", "bad.json", "--server", f"{TARGETS}/bad-tcp-never-closes {{address}} {{port}}")
        self.assertEqual(bad.status, 1, f"\n{bad}")
        self.assertTrue((self.folder / "bad.json").exists())

    def test_may_only_write(self):
        done = self.wireproof("init", "mine.json", "--no-run")
        self.assert_status(done, PASSED)
        self.assertFalse((self.folder / "wireproof-results").exists())


if __name__ == "__main__":
    main()
