"""Servers that nobody here wrote under load, with only a scenario file each (load_servers/)."""

import shutil

from support import PASSED, PATH, SOURCE, TestCase, main

FOLDER = SOURCE / "ci/e2e/load_servers"


class Servers(TestCase):
    def test_each_that_is_installed(self):
        outcome = self.wireproof("run", FOLDER)
        self.assert_status(outcome, PASSED)
        told = {case["id"].split("@")[0].split("/")[-1]: case for case in outcome.report["cases"]}
        programs = {"redis": "redis-server", "memcached": "memcached", "memcached-udp": "memcached", "nginx": "nginx",
                    "dnsmasq": "dnsmasq", "socat": "socat", "asyncio": "python3"}
        self.assertEqual(set(told), set(programs))
        for name, program in programs.items():
            with self.subTest(name):
                case = told[name]
                if not shutil.which(program, path=PATH):
                    self.assertEqual(case["status"], "skipped", f"\n{outcome}")
                    continue
                self.assertEqual(case["status"], "passed", f"\n{outcome}")
                load = case["load"]
                self.assertGreater(load["answered"], 100)
                self.assertEqual(load["sent"], load["answered"] + load["in_flight"])


if __name__ == "__main__":
    main()
