"""The examples for people's own CI: linted by what lints such files, and executed as far as they can be
here: the steps of the workflow and of the job, with a server that is good, slow or bad."""

import json
import os
import re
import shutil
import subprocess
import unittest

from support import BUILD, FAILED, PASSED, PROGRAM, SCENARIOS, SOURCE, TARGETS, TestCase, environment, main, need

try:
    import yaml
except ImportError:
    yaml = None

EXAMPLES = SOURCE / "ci/examples"


class Project(TestCase):
    """A repository of somebody's, with a server and a scenario, and the script in ci/."""

    def setUp(self):
        super().setUp()
        for folder in ("ci", "tests/wireproof", "bin"):
            (self.folder / folder).mkdir(parents=True)
        shutil.copy(EXAMPLES / "wireproof-ci.sh", self.folder / "ci")
        shutil.copy(SCENARIOS / "tcp/exchange.json", self.folder / "tests/wireproof")
        self.serve()

    def serve(self, program="tcp-server", wait="0"):
        """Makes ./my-server: a program of ours behind so many seconds of doing nothing."""
        server = self.write("my-server", f"#!/bin/sh\nsleep {wait}\nexec {TARGETS}/{program} \"$@\"\n")
        server.chmod(0o755)

    def shell(self, command, *, path=None, **variables):
        ordinary = {"CI": "true", "SERVER": "./my-server {address} {port}", "SCENARIOS": "tests/wireproof",
                    "REPEAT": "6"}
        env = environment(PATH=f"{path or PROGRAM.parent}:/usr/sbin:/usr/bin:/bin", **(ordinary | variables))
        return subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=240)

    def script(self, **variables):
        return self.shell(["ci/wireproof-ci.sh"], **variables)

    def assert_left(self, done, status):
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        for name in ("junit.xml", "summary.md", "history.html", "report.json"):
            self.assertTrue((self.folder / "wireproof-results" / name).stat().st_size > 20, name)


class Script(Project):
    def test_lint(self):
        need(self, "shellcheck")
        done = subprocess.run(["shellcheck", str(EXAMPLES / "wireproof-ci.sh")], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_good_then_the_same_then_slow_then_bad(self):
        first = self.script(UPDATE_BASE="yes", LABEL="main")
        self.assert_left(first, PASSED)
        summary = (self.folder / "wireproof-results/summary.md").read_text()
        self.assertTrue(summary.startswith("## wireproof: ✅ all 24 cases passed"), summary)
        self.assertIn("first run", summary)
        self.serve(wait="0.5")
        self.assert_left(self.script(FAIL_ON="duration +5000%\ngone"), PASSED)
        slow = self.script(FAIL_ON="handshake +900%\nduration +50%")
        self.assert_left(slow, FAILED)
        self.assertIn("limit **duration +50%** broken", (self.folder / "wireproof-results/summary.md").read_text())
        self.serve("bad-tcp-wrong-answer")
        self.assert_left(self.script(FAIL_ON=""), FAILED)
        summary = (self.folder / "wireproof-results/summary.md").read_text()
        self.assertTrue(summary.startswith("## wireproof: ❌ 24 of 24 cases did not pass"), "what failed comes first")
        self.assertIn("**worse**", summary)
        history = self.wireproof("history", "--history", self.folder / "wireproof-base/history.db")
        self.assertIn("4 runs", history.out)

    def test_a_base_server_is_run_in_turn(self):
        shutil.copy(self.folder / "my-server", self.folder / "old-server")
        self.serve(wait="0.3")
        done = self.script(BASE_SERVER="./old-server {address} {port}", FAIL_ON="duration +50%", REPEAT="9")
        self.assert_left(done, FAILED)
        summary = (self.folder / "wireproof-results/summary.md").read_text()
        self.assertIn("limit **duration +50%** broken", summary)
        self.assertIn("made in turn", summary)

    def test_needs_a_server_and_a_program(self):
        self.assertNotEqual(self.script(SERVER=None).returncode, 0)
        done = self.script(path=self.folder / "bin")
        self.assertEqual(done.returncode, 3)
        self.assertIn("WIREPROOF_DEB names no package", done.stderr)

    @unittest.skipUnless((BUILD / "CPackConfig.cmake").exists() and shutil.which("dpkg-shlibdeps"), "no package here")
    def test_installs_the_package(self):
        """apt-get is one of ours, which takes the package apart into a scratch root instead."""
        built = subprocess.run(["cpack", "-G", "DEB", "--config", str(BUILD / "CPackConfig.cmake"), "-B",
                                str(self.folder / "deb")], capture_output=True, text=True)
        self.assertEqual(built.returncode, 0, built.stdout + built.stderr)
        (package,) = (self.folder / "deb").glob("*.deb")
        self.write("bin/apt-get", f"#!/bin/sh\n[ \"$1 $2\" = 'install --yes' ] || exit 9\ndpkg-deb -x \"$3\" {self.folder}/system\n"
                   f"ln -s {self.folder}/system/usr/bin/wireproof {self.folder}/bin/wireproof\n").chmod(0o755)
        self.write("bin/sudo", "#!/bin/sh\nexec \"$@\"\n").chmod(0o755)
        done = self.script(path=self.folder / "bin", WIREPROOF_DEB=str(package), REPEAT="1")
        self.assert_left(done, PASSED)
        report = json.loads((self.folder / "wireproof-results/report.json").read_bytes())
        self.assertEqual(report["totals"]["passed"], 4)


@unittest.skipUnless(yaml, "python3-yaml is not installed")
class Jobs(Project):
    def steps(self, commands, **variables):
        """Their standard output."""
        out = ""
        for command in commands:
            done = self.shell(["bash", "-euo", "pipefail", "-c", command], **variables)
            self.assertEqual(done.returncode, 0, command + done.stdout + done.stderr)
            out += done.stdout
        return out

    def test_github_workflow(self):
        workflow = yaml.safe_load((EXAMPLES / "github-workflow.yml").read_text())
        self.assertEqual(set(workflow), {"name", True, "permissions", "jobs"})  # YAML 1.1 reads `on` as true
        (job,) = workflow["jobs"].values()
        self.assertLessEqual(set(job), {"runs-on", "timeout-minutes", "env", "steps"})
        for step in job["steps"]:
            self.assertLessEqual(set(step), {"name", "if", "uses", "with", "run", "env"})
            self.assertEqual(("uses" in step) + ("run" in step), 1, step)
            if "uses" in step:
                self.assertRegex(step["uses"], r"^actions/[a-z/-]+@v\d+$")
        names = [step.get("name") for step in job["steps"]]
        after = job["steps"][names.index("Test") + 1:]
        self.assertTrue(all("if" in step for step in after), "what follows a failed test must say when it runs")
        commands = [step["run"] for step in job["steps"] if "run" in step]
        # What is the person's own, and what would change this machine, has a stand-in.
        (self.folder / "bin/make").write_text("#!/bin/sh\n[ \"$1\" = my-server ]\n")
        (self.folder / "bin/sudo").write_text("#!/bin/sh\n[ \"$1\" = sysctl ]\n")
        for name in ("make", "sudo"):
            (self.folder / "bin" / name).chmod(0o755)
        os.symlink(PROGRAM, self.folder / "bin/wireproof")
        env = {k: v for k, v in job["env"].items() if "${{" not in v}
        summary = self.folder / "summary"
        self.steps(commands, path=self.folder / "bin", GITHUB_STEP_SUMMARY=str(summary), GITHUB_ACTIONS="true",
                   GITHUB_SHA="abc", UPDATE_BASE="yes", WIREPROOF_DEB=env["WIREPROOF_DEB"])
        self.assertIn("first run", summary.read_text())
        report = json.loads((self.folder / "wireproof-results/report.json").read_bytes())
        self.assertEqual(report["context"]["commit"], "abc")
        # A first run that fails: its summary says what and why, and each failed case is annotated.
        self.serve("bad-tcp-wrong-answer")
        shutil.rmtree(self.folder / "wireproof-base")
        failing = dict(path=self.folder / "bin", GITHUB_STEP_SUMMARY=str(summary), GITHUB_ACTIONS="true", REPEAT="1")
        self.assertEqual(self.script(**failing).returncode, FAILED)
        summary.unlink()
        out = self.steps([step["run"] for step in after if "run" in step], **failing)
        self.assertTrue(summary.read_text().startswith("## wireproof: ❌ 4 of 4 cases did not pass"), summary.read_text())
        self.assertIn("<code>program.exit</code>**: 4 cases", summary.read_text())
        self.assertEqual(len(re.findall(r"(?m)^::error file=tests/wireproof/exchange\.json,line=\d+,title=exchange@ipv[46]%2C\w+"
                                        r"::program\.exit%3A wanted exit status 0", out)), 4, out)
        for step in job["steps"]:
            path = step.get("with", {}).get("path")
            if path:
                self.assertTrue((self.folder / path).exists(), path)

    def test_gitlab_job(self):
        (job,) = yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text()).values()
        self.assertLessEqual(set(job), {"image", "timeout", "variables", "cache", "before_script", "script", "artifacts"})
        self.steps(job["script"], CI_COMMIT_BRANCH="main", CI_DEFAULT_BRANCH="main")
        for path in (*job["cache"]["paths"], *job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]):
            self.assertTrue((self.folder / path).exists(), path)
        self.assertEqual(job["artifacts"]["when"], "always")


if __name__ == "__main__":
    main()
