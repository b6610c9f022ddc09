"""A user's own program in a target's place: --server and --client, without touching a scenario."""

import subprocess

from support import BUILD, FAILED, PASSED, PATH, SCENARIOS, TARGETS, USAGE, TestCase, environment, main

SERVER = """import socket, sys
s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((sys.argv[1], int(sys.argv[2])))
s.listen(128)
while True:
    c, _ = s.accept()
    if c.recv(1024):
        c.sendall(b'success')
        c.recv(1024)
    c.close()
"""
CLIENT = """import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
s.sendall(b'123')
answer = s.recv(1024)
s.close()
print(answer.decode())
"""


class OwnProgram(TestCase):
    def test_server(self):
        server = self.write("my server.py", SERVER)  # a space: the command is taken apart as a shell would
        outcome = self.wireproof("run", "--server", f"python3 '{server}' {{address}} {{port}}",
                                 SCENARIOS / "tcp/exchange.json")
        self.assert_status(outcome, PASSED)
        self.assertEqual(len(outcome.cases), 4, list(outcome.cases))
        for case in outcome.report["cases"]:
            for target in case["targets"]:
                if target["role"] == "server":
                    self.assertEqual(target["command"][:2], ["python3", str(server)])

    def test_client(self):
        client = self.write("client.py", CLIENT)
        outcome = self.wireproof("run", "--client", f"python3 {client} {{address}} {{port}}",
                                 SCENARIOS / "tcp/exchange.json")
        self.assert_status(outcome, PASSED)
        targets = [t for case in outcome.report["cases"] for t in case["targets"] if t["role"] == "client"]
        self.assertEqual(len(targets), 4)
        self.assertTrue(all(t["command"][1] == str(client) for t in targets), targets)

    def test_a_bad_server_in_place_fails_with_the_rule(self):
        outcome = self.wireproof("run", "--server", f"{TARGETS}/bad-tcp-never-closes {{address}} {{port}}",
                                 SCENARIOS / "tcp/exchange.json")
        self.assert_status(outcome, FAILED)
        for case in outcome.report["cases"]:
            self.assertEqual(case["status"], "failed")
            self.assertIn("tcp.close.peer-never-closes", [f["rule"] for f in case["findings"]])

    def test_the_command_that_runs_a_failed_case_alone_does(self):
        outcome = self.wireproof("run", "--server", f"{TARGETS}/bad-tcp-never-closes {{address}} {{port}}",
                                 SCENARIOS / "tcp/exchange.json")
        case = outcome.report["cases"][0]
        self.assertIn(case["run_again"].split(" --filter")[0].split()[-1], outcome.out)
        again = subprocess.run(["sh", "-c", case["run_again"]], capture_output=True, text=True, cwd=self.folder,
                               env=environment(PATH=f"{BUILD}:{PATH}"), timeout=60)
        self.assertEqual(again.returncode, FAILED, again.stdout + again.stderr)
        self.assertIn(case["id"], again.stdout)

    def test_no_shell_takes_the_command_apart(self):
        outcome = self.wireproof("run", "--server", f"{TARGETS}/tcp-server {{address}} {{port}}; touch owned",
                                 SCENARIOS / "tcp/exchange.json")
        self.assertNotEqual(outcome.status, PASSED)
        self.assertFalse((self.folder / "owned").exists())

    def test_a_command_that_cannot_be_read(self):
        for command in ("", "   ", "'unclosed", "server {adress} {port}"):
            with self.subTest(command=command):
                outcome = self.wireproof("run", "--server", command, SCENARIOS / "tcp/exchange.json")
                self.assert_status(outcome, USAGE)
                self.assertIn("--server", outcome.err)


if __name__ == "__main__":
    main()
