"""The .deb: built, taken apart into a scratch root, and run from there by an ordinary user."""

import os
import shutil
import subprocess
import unittest

from support import BUILD, PASSED, SCENARIOS, TestCase, User, main


@unittest.skipUnless((BUILD / "CPackConfig.cmake").exists(), "not a build tree")
@unittest.skipUnless(shutil.which("dpkg-deb") and shutil.which("dpkg-shlibdeps"), "dpkg-dev is not installed")
class Package(TestCase):
    @classmethod
    def setUpClass(cls):
        import pathlib
        import tempfile
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="wireproof-deb-"))
        cls.root.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, cls.root, True)
        done = subprocess.run(["cpack", "-G", "DEB", "--config", str(BUILD / "CPackConfig.cmake"), "-B",
                               str(cls.root)], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        (cls.package,) = cls.root.glob("*.deb")
        cls.system = cls.root / "system"
        subprocess.run(["dpkg-deb", "-x", str(cls.package), str(cls.system)], check=True)
        shutil.rmtree(cls.root / "_CPack_Packages")

    def field(self, name):
        return subprocess.run(["dpkg-deb", "-f", str(self.package), name], capture_output=True, text=True,
                              check=True).stdout.strip()

    def test_says_what_it_is_and_needs(self):
        self.assertEqual(self.field("Package"), "wireproof")
        self.assertRegex(self.field("Version"), r"^\d+\.\d+\.\d+$")
        for library in ("libpcap", "libnl", "libc6", "libfmt"):
            self.assertIn(library, self.field("Depends"))
        self.assertRegex(self.field("Description"), "^conformance")

    def test_holds_what_it_should_and_nothing_of_the_build(self):
        files = {str(path.relative_to(self.system / "usr")) for path in self.system.rglob("*") if path.is_file()}
        shipped = {f"share/wireproof/scenarios/{path.relative_to(SCENARIOS)}" for path in SCENARIOS.rglob("*.json")}
        self.assertEqual(shipped - files, set())
        for wanted in ("bin/wireproof", "libexec/wireproof/targets/tcp-server", "share/man/man1/wireproof.1.gz",
                       "libexec/wireproof/targets/bad-tcp-never-closes", "share/doc/wireproof/copyright",
                       "share/wireproof/schema/report.schema.json", "share/wireproof/schema/compare.schema.json",
                       "share/bash-completion/completions/wireproof", "share/zsh/vendor-completions/_wireproof",
                       "share/fish/vendor_completions.d/wireproof.fish",
                       "share/wireproof/scenarios/schema/scenario.schema.json"):
            self.assertIn(wanted, files)
        self.assertEqual([f for f in files if f.endswith((".a", ".h", ".cmake", "_test", "_bench"))], [])
        self.assertEqual({f.split("/")[0] for f in files}, {"bin", "libexec", "share"})
        build = str(BUILD).encode()
        self.assertEqual([f for f in files if build in (self.system / "usr" / f).read_bytes()], [],
                         "a path of the build tree is in it")

    def test_runs_from_there_as_an_ordinary_user(self):
        user = User(self)
        outcome = self.wireproof("run", "--filter", "!many", program=self.system / "usr/bin/wireproof", user=user)
        self.assert_status(outcome, PASSED)
        self.assertEqual(outcome.report["context"]["isolation"], "user")
        self.assertGreater(outcome.report["totals"]["cases"], 80)
        self.assertTrue(all("usr/share/wireproof/scenarios/" in case["scenario_file"] for case in outcome.report["cases"]))
        commands = {word for case in outcome.report["cases"] for target in case["targets"]
                    for word in target["command"] if "/targets/" in word}
        self.assertTrue(commands)
        self.assertTrue(all(word.startswith(str(self.system)) for word in commands), commands)
        self.assertEqual(os.listdir(user.temporary), [])


if __name__ == "__main__":
    main()
