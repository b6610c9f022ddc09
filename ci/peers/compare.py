"""The table of ci/bench-peers.sh: each line one kind of load, run in turn by each tool."""
import argparse
import contextlib
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

HTTP_ANSWER = ("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Type: text/plain\r\n\r\nsuccess")
HTTP_REQUEST = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
MESSAGE = "0123456789" * 6 + "0123"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def started(command, port, udp=False):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        table = "/proc/net/udp" if udp else "/proc/net/tcp"
        wanted = f":{port:04X} "
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if wanted in open(table).read():
                break
            time.sleep(0.02)
        else:
            raise RuntimeError(f"{command[0]} does not listen at {port}")
        yield process
    finally:
        process.terminate()
        process.wait()


class Bench:
    def __init__(self, options):
        self.o = options
        self.targets = os.path.join(options.build, "targets")
        self.out = tempfile.mkdtemp()

    def server(self, *arguments, udp=False):
        port = free_port()
        name = "udp-server" if udp else "tcp-server"
        tail = [] if udp else ["--backlog", "4096"]
        return port, started([f"{self.targets}/{name}", "127.0.0.1", str(port), "--quiet", *tail,
                              *arguments], port, udp)

    def wireproof(self, url, *arguments):
        command = [f"{self.o.build}/wireproof", "load", url, "--duration", f"{self.o.seconds}s",
                   "--warm-up", "100ms", "--no-reference", "--no-proof", "--json", "-",
                   "--out", os.path.join(self.out, "r"), *arguments]
        run = subprocess.run(command, capture_output=True, text=True)
        load = json.loads(run.stdout)["cases"][0]["load"]
        return load

    def rate(self, url, *arguments):
        load = self.wireproof(url, *arguments)
        return load["throughput_per_s"], load["cpu"]["generator_us_per_request"]

    def bytes(self, url, *arguments):
        load = self.wireproof(url, *arguments)
        return load["bytes_sent_per_s"], 0

    def bare(self, *arguments, message=MESSAGE):
        environment = dict(os.environ, BARE_MESSAGE=message)
        out = subprocess.run([self.o.bare, *map(str, arguments)], capture_output=True, text=True,
                             env=environment, check=True).stdout.split()
        return float(out[0]), float(out[1])

    def sockperf(self, port, *arguments):
        out = subprocess.run(["sockperf", "ping-pong", "-i", "127.0.0.1", "-p", str(port), "-m", "64",
                              "-t", str(max(1, round(self.o.seconds))), *arguments],
                             capture_output=True, text=True).stdout
        found = re.search(r"\[Valid Duration\] RunTime=([\d.]+) sec; SentMessages=(\d+)", out)
        return float(found.group(2)) / float(found.group(1)), 0

    def wrk(self, port, connections, *arguments):
        before = os.times()
        out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(self.o.seconds))}s",
                              *arguments, f"http://127.0.0.1:{port}/"], capture_output=True,
                             text=True).stdout
        after = os.times()
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
        done = float(re.search(r"(\d+) requests in", out).group(1))
        cpu = (after.children_user - before.children_user +
               after.children_system - before.children_system)
        return rate, cpu * 1e6 / done

    def iperf(self, port, *arguments):
        out = subprocess.run(["iperf3", "-c", "127.0.0.1", "-p", str(port), "-J", "-t",
                              str(max(1, round(self.o.seconds))), *arguments], capture_output=True,
                             text=True).stdout
        end = json.loads(out)["end"]
        return end["sum_received"]["bits_per_second"] / 8, 0


def line(bench, title, runs, unit="/s"):
    """runs: [(name, function)]; the first is ours."""
    if bench.o.only and bench.o.only not in title:
        return
    values = {name: [] for name, _ in runs}
    cpus = {name: [] for name, _ in runs}
    for turn in range(bench.o.runs):
        order = runs if turn % 2 == 0 else runs[::-1]
        for name, function in order:
            rate, cpu = function()
            values[name].append(rate)
            cpus[name].append(cpu)
    ours = statistics.median(values[runs[0][0]])
    print(f"\n{title}")
    for name, _ in runs:
        median = statistics.median(values[name])
        spread = f"{min(values[name]):,.0f} .. {max(values[name]):,.0f}"
        cpu = statistics.median(cpus[name])
        print(f"  {name:28} {median:>16,.0f}{unit}  {spread:>32}"
              + (f"  {cpu:6.2f} us CPU" if cpu else " " * 15)
              + (f"  ours is {ours / median:.2f} times" if name != runs[0][0] else ""), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bare", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    b = Bench(options)
    s = options.seconds
    have = {name: shutil.which(name) for name in ("sockperf", "wrk", "iperf3")}
    for name, path in have.items():
        if not path:
            print(f"{name} is not installed: left out")

    port, server = b.server("--echo", "--exchanges", "0")
    with server:
        url, message = f"tcp://127.0.0.1:{port}", ["--message", MESSAGE, "--echo"]
        runs = [("wireproof", lambda: b.rate(url, *message)),
                ("bare blocking loop", lambda: b.bare("pingpong", "127.0.0.1", port, s))]
        if have["sockperf"]:
            sport = free_port()
            peer = started(["sockperf", "server", "-i", "127.0.0.1", "-p", str(sport), "--tcp"], sport)
            with peer:
                line(b, "tcp, 1 connection, 64-byte request/response",
                     runs + [("sockperf ping-pong", lambda: b.sockperf(sport, "--tcp"))])
        else:
            line(b, "tcp, 1 connection, 64-byte request/response", runs)
        line(b, "tcp, 1 connection, busy polling",
             [("wireproof --busy-poll", lambda: b.rate(url, *message, "--busy-poll")),
              ("bare blocking loop", lambda: b.bare("pingpong", "127.0.0.1", port, s))])

    answer = b.server("--answer", HTTP_ANSWER, "--exchanges", "0")
    port, server = answer
    with server:
        url = f"tcp://127.0.0.1:{port}"
        message = ["--message", HTTP_REQUEST, "--answer-length", str(len(HTTP_ANSWER))]
        for connections in (64, 1000):
            runs = [("wireproof", lambda: b.rate(url, *message, "-c", str(connections))),
                    ("bare epoll loop", lambda: b.bare("epoll", "127.0.0.1", port, s, connections,
                                                       message=HTTP_REQUEST))]
            if have["wrk"]:
                runs.append(("wrk (same server)", lambda: b.wrk(port, connections)))
            line(b, f"tcp, {connections} connections, request/response", runs)

    port, server = b.server("--answer", HTTP_ANSWER)
    with server:
        url = f"tcp://127.0.0.1:{port}"
        message = ["--message", HTTP_REQUEST, "--answer-length", str(len(HTTP_ANSWER)), "-c", "32",
                   "--pattern", "connect-request-close"]
        runs = [("wireproof, 16 sources", lambda: b.rate(url, *message)),
                ("wireproof, 1 source", lambda: b.rate(url, *message, "--sources", "1")),
                ("bare loop, 16 sources", lambda: b.bare("connect", "127.0.0.1", port, s, 32, 16,
                                                         message=HTTP_REQUEST))]
        if have["wrk"]:
            runs.append(("wrk, Connection: close", lambda: b.wrk(port, 32, "-H", "Connection: close")))
        line(b, "tcp, 32 connections, connect-request-close", runs)

    port, server = b.server("--exchanges", "1", "--receive-exactly", str(1 << 50), "--receive",
                            str(1 << 20))
    with server:
        url = f"tcp://127.0.0.1:{port}"
        runs = [("wireproof", lambda: b.bytes(url, "--pattern", "stream")),
                ("bare loop", lambda: b.bare("stream", "127.0.0.1", port, s))]
        if have["iperf3"]:
            iport = free_port()
            with started(["iperf3", "-s", "-p", str(iport)], iport):
                line(b, "tcp, one stream, bytes read", runs + [("iperf3", lambda: b.iperf(iport))],
                     " B/s")
        else:
            line(b, "tcp, one stream, bytes read", runs, " B/s")

    port, server = b.server("--echo", udp=True)
    with server:
        url = f"udp://127.0.0.1:{port}"
        runs = [("wireproof", lambda: b.rate(url, "--message", MESSAGE, "--echo")),
                ("bare loop", lambda: b.bare("udp", "127.0.0.1", port, s))]
        if have["sockperf"]:
            sport = free_port()
            with started(["sockperf", "server", "-i", "127.0.0.1", "-p", str(sport)], sport, True):
                line(b, "udp, 64-byte request/response",
                     runs + [("sockperf ping-pong", lambda: b.sockperf(sport))])
        else:
            line(b, "udp, 64-byte request/response", runs)


main()
