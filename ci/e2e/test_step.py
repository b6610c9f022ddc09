"""wireproof step: driven by a script through a pipe, and by keys under a pseudo-terminal."""

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from support import (FAILED, INTERRUPTED, PASSED, PROGRAM, USAGE, TestCase, User, environment,
                     installed, main, state_of, wait_until)
from traces import Traces

FOUR_WAY = """
run client FIN             # the handshake and the exchange pass
await client FIN_WAIT_1
states
pass FIN
await server LAST_ACK      # its FIN carries the acknowledgement
states
pass server FIN
await client TIME_WAIT
run server CLOSED          # the last acknowledgement
run end
ladder
"""


class Piped(TestCase):
    def step(self, script, *arguments, **more):
        command = [str(PROGRAM), "step", "--isolation", "auto", *map(str, arguments)]
        done = subprocess.run(command, input=script, text=True, capture_output=True, timeout=60,
                              cwd=self.folder, env=environment(**more.pop("env", {})), **more)
        self.told = f"\n$ {command}\n{done.returncode}\n{done.stdout}\n--- stderr\n{done.stderr}"
        return done

    def test_the_close_state_by_state(self):
        for family in ("ipv4", "ipv6"):
            with self.subTest(family):
                done = self.step(FOUR_WAY, "--family", family)
                self.assertEqual(done.returncode, PASSED, self.told)
                lines = done.stdout.splitlines()
                self.assertIn("connection 1 client FIN_WAIT_1 server ESTABLISHED", lines, self.told)
                self.assertIn("connection 1 client FIN_WAIT_1 server LAST_ACK", lines, self.told)
                for state in ("client SYN_SENT", "client ESTABLISHED", "client TIME_WAIT",
                              "server SYN_RECEIVED", "server ESTABLISHED", "server CLOSED"):
                    self.assertIn(f"state {state}", lines, self.told)
                self.assertRegex(done.stdout, "connection 1: opening three-way, closing "
                                 "(three-segment|four-way), closed first: client\n", self.told)
                # A client that is quick is in FIN_WAIT_1 before its ACK of the answer has passed.
                self.assertRegex(done.stdout, r"[678] +FIN_WAIT_1 │", self.told)
                self.assertRegex(done.stdout, r" 8 .*│─── FIN ACK seq 4 ack 8 ─*▶│", self.told)
                self.assertNotIn("\x1b", done.stdout, self.told)

    def test_a_lost_syn_is_sent_again(self):
        done = self.step("drop SYN\npass SYN\nawait SYN-ACK\nwords\nrun end\n")
        self.assertEqual(done.returncode, PASSED, self.told)
        self.assertRegex(done.stdout, r"(?s)dropped 1\n.*held 2 client SYN seq 0\n.*passed 2\n", self.told)
        self.assertIn("SYN ACK from the server: agrees to the connection", done.stdout, self.told)
        self.assertIn("it has the other's SYN, and wants byte 1", done.stdout, self.told)
        self.assertIn("opening three-way", done.stdout, self.told)

    def test_a_doubled_segment_arrives_twice(self):
        done = self.step("run data\ndouble data\nrun end\nladder\n")
        self.assertEqual(done.returncode, PASSED, self.told)
        # The second copy is answered by an acknowledgement that says so.
        self.assertRegex(done.stdout, r"doubled \d+\n", self.told)
        self.assertIn("▶▶│", done.stdout, self.told)

    def test_a_held_segment_that_is_sent_again_is_counted_or_held(self):
        done = self.step("await SYN\nawait 2\n", "--patience-ms", 1800)
        self.assertEqual(done.returncode, FAILED, self.told)
        self.assertIn("again 1 client SYN seq 0", done.stdout, self.told)
        done = self.step("await SYN\nawait 2\npass 2\nrun end\n", "--copies")
        self.assertEqual(done.returncode, PASSED, self.told)
        self.assertIn("held 2 client SYN seq 0", done.stdout, self.told)

    def test_own_programs(self):
        done = self.step("run end\n", "--server", "python3 -c 'import socket,sys\n"
                         "s=socket.create_server((sys.argv[1],int(sys.argv[2])))\n"
                         "c,_=s.accept(); c.recv(9); c.close()' {address} {port}",
                         "--client", "{targets}/tcp-client {address} {port}")
        self.assertEqual(done.returncode, PASSED, self.told)
        self.assertIn("server python3 listens", done.stdout, self.told)
        self.assertIn("closed first: server", done.stdout, self.told)

    def test_what_does_not_come_is_told_with_what_did(self):
        done = self.step("await SYN\n\nawait RST\npass\n", "--patience-ms", 300)
        self.assertEqual(done.returncode, FAILED, self.told)
        self.assertIn("line 3: RST did not come within 300 ms; client SYN_SENT, server LISTEN; "
                      "held 1: client SYN seq 0", done.stderr, self.told)
        self.assertNotIn("passed 1", done.stdout, self.told)

    def test_bad_commands_are_refused_with_their_line(self):
        for script, told in (("pass\npas\n", 'line 2: unknown command "pas": did you mean pass?'),
                             ("await FIN_WAIT_3\n", "line 1: "), ("drop ESTABLISHED\n", "is no packet"),
                             ("await SYN ESTABLISHED\n", "a packet or a state, not both")):
            done = self.step(script)
            self.assertEqual(done.returncode, USAGE, self.told)
            self.assertIn(told, done.stderr, self.told)
        self.assertEqual(self.step("", "--server", "").returncode, USAGE)
        done = self.step("", "--server", "x {adress}")
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("{address}", done.stderr)

    def test_a_server_that_does_not_listen(self):
        done = self.step("pass\n", "--server", "sleep 30")
        self.assertEqual(done.returncode, FAILED, self.told)
        self.assertIn("listen", done.stderr, self.told)

    def test_as_an_ordinary_user_and_nothing_is_left(self):
        user = User(self)
        with Traces() as traces:
            done = subprocess.run([str(installed()), "step"], input=FOUR_WAY, text=True, timeout=60,
                                  capture_output=True, cwd=user.home,
                                  env=environment(**user.environment, **traces.mark), **user.identity)
            traces.look()
        self.assertEqual(done.returncode, PASSED, done)
        self.assertEqual(traces.left(user.temporary), [])

    def test_signals_and_sigkill_leave_nothing(self):
        for number, status in ((signal.SIGINT, INTERRUPTED), (signal.SIGTERM, INTERRUPTED),
                               (signal.SIGKILL, -signal.SIGKILL)):
            with self.subTest(number), Traces() as traces:
                running = subprocess.Popen([str(PROGRAM), "step"], stdin=subprocess.PIPE, text=True,
                                           stdout=subprocess.PIPE, cwd=self.folder,
                                           env=environment(**traces.mark))
                for line in running.stdout:
                    if line.startswith("held 1"):
                        break
                traces.look()
                running.send_signal(number)
                self.assertEqual(running.wait(20), status)
                running.stdin.close()
                running.stdout.close()
                self.assertGreater(traces.most_processes, 2)
                self.assertEqual(traces.left(self.folder), [])


class Screen:
    """The program under a pseudo-terminal, and what stands on the screen."""

    def __init__(self, columns, rows, env, *arguments):
        self.columns, self.rows = columns, rows
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(PROGRAM, [str(PROGRAM), "step", *arguments], env)
        self.resize(columns, rows)
        self.raw = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a read may end within a character
        self.status = None

    def resize(self, columns, rows):
        self.columns, self.rows = columns, rows
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def pump(self, seconds):
        """Reads what has come, for so long at the most; false once the program has ended."""
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return False
            if not data:
                return False
            self.raw += self.decoder.decode(data)
        return True

    def picture(self):
        """The lines of the last whole picture."""
        last = self.raw.rfind("\x1b[H")
        text = self.raw[last + 3:] if last >= 0 else ""
        text = text.split("\x1b[J")[0].replace("\r", "")  # the terminal adds one of its own
        return [re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", line) for line in text.split("\n")]

    def wait_for(self, text, seconds=15):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if any(text in line for line in self.picture()):
                return True
            if not self.pump(0.05):
                return any(text in line for line in self.picture())
        return False

    def press(self, keys):
        os.write(self.fd, keys.encode())

    def end(self, seconds=20):
        deadline = time.monotonic() + seconds
        while self.pump(0.05) and time.monotonic() < deadline:
            pass
        if time.monotonic() >= deadline:
            os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        self.status = os.waitstatus_to_exitcode(status)
        return self.status


class Keys(TestCase):
    def screen(self, columns=90, rows=30, *arguments, **env):
        screen = Screen(columns, rows, environment(COLUMNS=None, **env), *arguments)
        return screen

    def assertShows(self, screen, text):
        self.assertTrue(screen.wait_for(text), f"no {text!r} in\n" + "\n".join(screen.picture()))

    def test_a_person_walks_the_handshake(self):
        screen = self.screen()
        self.assertShows(screen, "SYN from the client: asks for a connection")
        self.assertShows(screen, "kernel: client SYN_SENT, server LISTEN")
        screen.press(" ")
        self.assertShows(screen, "SYN ACK from the server")
        self.assertShows(screen, "kernel: client SYN_SENT, server SYN_RECEIVED")
        screen.press(" ")
        self.assertShows(screen, "kernel: client ESTABLISHED, server SYN_RECEIVED")
        screen.press("rf")
        self.assertShows(screen, "here: FIN")
        self.assertShows(screen, "kernel: client FIN_WAIT_1, server ESTABLISHED")
        screen.press("d")
        self.assertShows(screen, "dropped: client FIN ACK")
        screen.press("?")
        self.assertShows(screen, "any key: back")
        screen.press("x")
        screen.press("re")
        self.assertShows(screen, "the client has ended; nothing moves")
        screen.press("q")
        self.assertEqual(screen.end(), PASSED, screen.raw)
        # What stays on the ordinary screen: the ladder, and what the packets proved.
        after = screen.raw.rsplit("\x1b[?1049l", 1)[1]
        self.assertIn("opening three-way", after)
        self.assertIn("FIN ACK seq 4", after)

    def test_it_fits_the_window(self):
        for columns, rows in ((40, 20), (60, 12), (80, 24), (160, 50)):
            with self.subTest(columns):
                screen = self.screen(columns, rows)
                self.assertShows(screen, "SYN")
                screen.press("re")
                self.assertShows(screen, "nothing moves")
                lines = screen.picture()
                self.assertLessEqual(len(lines), rows)
                for line in lines:
                    self.assertLessEqual(len(line), columns, line)
                screen.press("q")
                self.assertEqual(screen.end(), PASSED)

    def test_it_follows_the_window(self):
        screen = self.screen(120, 40)
        self.assertShows(screen, "SYN")
        screen.resize(50, 20)
        self.assertTrue(wait_until(lambda: screen.pump(0.05) and len(screen.picture()) <= 20 and all(
            len(line) <= 50 for line in screen.picture()), 10), screen.picture())
        screen.press("q")
        self.assertEqual(screen.end(), PASSED)

    def test_colour_is_respected(self):
        for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
            screen = self.screen(**env)
            self.assertShows(screen, "SYN_SENT")
            screen.press("q")
            self.assertEqual(screen.end(), PASSED)
            self.assertEqual(bool(re.search(r"\x1b\[[0-9;]*m", screen.raw)), coloured)

    def test_a_dumb_terminal_gets_lines(self):
        screen = self.screen(TERM="dumb")
        deadline = time.monotonic() + 15
        while "held 1" not in screen.raw and time.monotonic() < deadline:
            screen.pump(0.05)
        screen.press("quit\n")
        self.assertEqual(screen.end(), PASSED)
        self.assertIn("held 1 client SYN seq 0", screen.raw)
        self.assertNotIn("\x1b", screen.raw)

    def test_ctrl_c_and_sigterm_give_the_terminal_back(self):
        for how in ("key", "signal"):
            with self.subTest(how), Traces() as traces:
                screen = Screen(80, 24, environment(**traces.mark))
                before = termios.tcgetattr(screen.fd)
                self.assertTrue(screen.wait_for("SYN_SENT"), screen.raw)
                self.assertFalse(termios.tcgetattr(screen.fd)[3] & termios.ECHO)
                traces.look()
                keeper = os.dup(screen.fd)  # its settings can be asked once the program has ended
                if how == "key":
                    screen.press("\x03")
                else:
                    os.kill(screen.pid, signal.SIGTERM)
                self.assertEqual(screen.end(), INTERRUPTED, screen.raw)
                self.assertEqual(termios.tcgetattr(keeper)[:4], before[:4])
                os.close(keeper)
                self.assertTrue("\x1b[?25h\x1b[?1049l" in screen.raw, screen.raw)
                self.assertGreater(traces.most_processes, 2)
                self.assertEqual(traces.left(self.folder), [])

    def test_ctrl_z_gives_the_terminal_back_and_fg_goes_on(self):
        screen = self.screen()
        self.assertShows(screen, "SYN_SENT")
        screen.press("\x1a")
        self.assertTrue(wait_until(lambda: screen.pump(0.05) and "\x1b[?1049l" in screen.raw, 10))
        self.assertTrue(wait_until(lambda: "T" in state_of(screen.pid), 10), state_of(screen.pid))
        os.kill(screen.pid, signal.SIGCONT)
        self.assertTrue(wait_until(
            lambda: screen.pump(0.05) and screen.raw.count("\x1b[?1049h") == 2, 10))
        screen.press("q")
        self.assertEqual(screen.end(), PASSED)


if __name__ == "__main__":
    main()
