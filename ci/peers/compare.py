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
HTTP_LAST_ANSWER = HTTP_ANSWER.replace("Content-Type", "Connection: close\r\nContent-Type")
MESSAGE = "0123456789" * 6 + "0123"

# The command that a tool of the table needs, by the first word of its name there.
TOOLS = {name: name for name in ("sockperf", "qperf", "wrk", "redis-benchmark", "iperf3", "nuttcp")}


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
            if wanted in open(table).read() + open(table + "6").read():
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

    def server(self, *arguments, udp=False, engine="epoll"):
        """Of ours, the same for all clients, with the engine that measures best for the load."""
        port = free_port()
        name = "udp-server" if udp else "tcp-server"
        tail = [] if udp else ["--backlog", "4096", "--engine", engine]
        return port, started([f"{self.targets}/{name}", "127.0.0.1", str(port), "--quiet", *tail,
                              *arguments], port, udp)

    def wireproof(self, url, *arguments, proof=False):
        command = [f"{self.o.build}/wireproof", "load", url, "--duration", f"{self.o.seconds}s",
                   "--warm-up", "100ms", "--no-reference", *([] if proof else ["--capture", "none"]), "--json", "-",
                   "--out", os.path.join(self.out, "r"), *arguments]
        run = subprocess.run(command, capture_output=True, text=True)
        load = json.loads(run.stdout)["cases"][0]["load"]
        self.measured = load["measured_s"] + load["warm_up_s"]
        return load

    def rate(self, url, *arguments):
        load = self.wireproof(url, *arguments)
        return load["throughput_per_s"], load["cpu"]["generator_us_per_request"]

    def bytes(self, url, *arguments):
        load = self.wireproof(url, *arguments)
        return max(load["bytes_sent_per_s"], load["bytes_received_per_s"]), 0

    def proven(self, url, *arguments):
        load = self.wireproof(url, *arguments, proof=True)
        proof = load.get("proof")
        if proof and (not proof["balanced"] or proof["dropped"]):
            print(f"  not all proven: {proof['difference']}, {proof['dropped']} packets dropped")
        return load["throughput_per_s"], load["cpu"]["generator_us_per_request"]

    def received(self, run):
        """Datagrams a second that reached a program, by the kernel's count, whichever tool sent them."""
        def count():
            names, values = [line.split() for line in open("/proc/net/snmp") if line.startswith("Udp:")]
            return int(values[names.index("InDatagrams")])
        before = count()
        run()
        return (count() - before) / self.measured, 0

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
        if "-u" in arguments:
            self.measured = end["sum"]["seconds"]
            return end["sum"]["packets"] / self.measured, 0
        return end["sum_received"]["bits_per_second"] / 8, 0

    def sockperf_flood(self, port):
        self.measured = max(1, round(self.o.seconds))
        subprocess.run(["sockperf", "throughput", "-i", "127.0.0.1", "-p", str(port), "-m", "64", "-t",
                        str(self.measured)], capture_output=True)
        return 0, 0

    def qperf(self, port, test):
        out = subprocess.run(["qperf", "-lp", str(port), "-t", str(max(1, round(self.o.seconds))), "-m", "64",
                              "-u", "127.0.0.1", test], capture_output=True, text=True).stdout
        value, unit = re.search(r"latency\s*=\s*([\d.]+) (\w+)", out).groups()
        return 1 / (2 * float(value) * {"ns": 1e-9, "us": 1e-6, "ms": 1e-3}[unit]), 0  # it tells half a round trip

    def nuttcp(self, port):
        out = subprocess.run(["nuttcp", "-P", str(port), f"-T{max(1, round(self.o.seconds))}", "-fparse",
                              "127.0.0.1"], capture_output=True, text=True).stdout
        return float(re.search(r"rate_Mbps=([\d.]+)", out).group(1)) * 1e6 / 8, 0

    def redis_benchmark(self, port, connections):
        out = subprocess.run(["redis-benchmark", "-p", str(port), "-t", "ping_mbulk", "-c", str(connections), "-n",
                              "50000", "-q"], capture_output=True, text=True).stdout
        return float(re.search(r"([\d.]+) requests per second", out.split("\r")[-1]).group(1)), 0

    def line(self, title, *runs, unit="/s"):
        """Runs: a name and a function each; the first is ours. Each other turn goes backwards. Ratios are medians
        of those within each turn: what the machine was like then is the same for both."""
        runs = [run for run in runs if shutil.which(TOOLS.get(run[0].split()[0].strip(","), "true"))]
        if self.o.only and self.o.only not in title:
            return
        figures = {name: [] for name, _ in runs}
        for turn in range(self.o.runs):
            for name, function in runs if turn % 2 == 0 else runs[::-1]:
                figures[name].append(function())
        median = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in figures.items()}
        ours = figures[runs[0][0]]
        print(f"\n{title}")
        for name, _ in runs:
            its_rate, its_cpu = median[name]
            rates = [row[0] for row in figures[name]]
            words = f"  {name:24} {its_rate:>16,.0f}{unit}  {f'{min(rates):,.0f} .. {max(rates):,.0f}':>32}"
            words += f"  {its_cpu:6.2f} us CPU" if its_cpu else " " * 15
            if name != runs[0][0]:
                ratios = sorted(mine[0] / its[0] for mine, its in zip(ours, figures[name]))
                quarter = len(ratios) // 4
                words += (f"  ours is {statistics.median(ratios):.2f} times"
                          f" ({ratios[quarter]:.2f} .. {ratios[-quarter - 1]:.2f})")
                if its_cpu and ours[0][1]:
                    words += f", CPU {statistics.median(m[1] / t[1] for m, t in zip(ours, figures[name])):.2f}"
            print(words, flush=True)


def peer(name, command, port, udp=False):
    """A peer's server, where Debian's package of it is installed; else it is left out."""
    return started(command, port, udp) if shutil.which(name) else contextlib.nullcontext()


def requests_on_one_connection(b):
    port, server = b.server("--echo", "--exchanges", "0")
    sport, qport = free_port(), free_port()
    with server, peer("sockperf", ["sockperf", "server", "-i", "127.0.0.1", "-p", str(sport), "--tcp"], sport), \
            peer("qperf", ["qperf", "-lp", str(qport)], qport):
        url, message = f"tcp://127.0.0.1:{port}", ["--message", MESSAGE, "--echo"]
        bare = ("bare blocking loop", lambda: b.bare("pingpong", "127.0.0.1", port, b.o.seconds))
        b.line("tcp, 1 connection, 64-byte request/response",
               ("wireproof", lambda: b.rate(url, *message)), bare,
               ("sockperf ping-pong", lambda: b.sockperf(sport, "--tcp")),
               ("qperf tcp_lat", lambda: b.qperf(qport, "tcp_lat")))
        b.line("tcp, 1 connection, busy polling",
               ("wireproof --busy-poll", lambda: b.rate(url, *message, "--busy-poll")), bare)


def requests_on_many_connections(b):
    port, server = b.server("--answer", HTTP_ANSWER, "--exchanges", "0", engine="auto")
    with server:
        for connections in (64, 1000):
            message = ["--message", HTTP_REQUEST, "--answer-length", str(len(HTTP_ANSWER)), "-c", str(connections)]
            b.line(f"tcp, {connections} connections, request/response",
                   ("wireproof", lambda: b.rate(f"tcp://127.0.0.1:{port}", *message)),
                   ("bare epoll loop", lambda: b.bare("epoll", "127.0.0.1", port, b.o.seconds, connections,
                                                      message=HTTP_REQUEST)),
                   ("wrk (same server)", lambda: b.wrk(port, connections)))
    rport = free_port()
    with peer("redis-server", ["redis-server", "--port", str(rport), "--save", ""], rport) as redis:
        if redis:
            ping = ["--message", r"*1\r\n$4\r\nPING\r\n", "--answer", r"+PONG\r\n", "-c", "64"]
            b.line("redis-server, 64 connections, PING",
                   ("wireproof", lambda: b.rate(f"tcp://127.0.0.1:{rport}", *ping)),
                   ("redis-benchmark", lambda: b.redis_benchmark(rport, 64)))


def connections_made(b):
    port, server = b.server("--answer", HTTP_ANSWER)
    message = ["--message", HTTP_REQUEST, "-c", "32", "--pattern", "connect-request-close"]
    with server:
        ours = [*message, "--answer-length", str(len(HTTP_ANSWER))]
        url = f"tcp://127.0.0.1:{port}"
        b.line("tcp, 32 connections, connect-request-close, the client closes",
               ("wireproof, 16 sources", lambda: b.rate(url, *ours)),
               ("wireproof, 1 source", lambda: b.rate(url, *ours, "--sources", "1")),
               ("bare loop, 16 sources", lambda: b.bare("connect", "127.0.0.1", port, b.o.seconds, 32, 16,
                                                        message=HTTP_REQUEST)))
    # wrk makes a new connection only where the answer says so, and then the server closes.
    port, server = b.server("--answer", HTTP_LAST_ANSWER, "--close", "now")
    with server:
        ours = [*message, "--answer-length", str(len(HTTP_LAST_ANSWER)), "--close", "server"]
        url = f"tcp://127.0.0.1:{port}"
        b.line("tcp, 32 connections, connect-request-close, the server closes",
               ("wireproof", lambda: b.rate(url, *ours)), ("wrk, Connection: close", lambda: b.wrk(port, 32)))
    what_proof_costs(b, message)


def what_proof_costs(b, message):
    server = f"{b.targets}/tcp-server {{address}} {{port}} --quiet --backlog 4096 --exchanges 0 --engine auto"
    lab = ["--server", server, "--answer-length", "7"]
    b.line("tcp, 32 connections, every one proven, against none",
           ("wireproof, proof on", lambda: b.proven("tcp://127.0.0.1", *lab, *message)),
           ("wireproof, proof off", lambda: b.rate("tcp://127.0.0.1", *lab, *message)))
    def captured(kind, *load):
        return (f"wireproof, {kind}", lambda: b.proven("tcp://127.0.0.1", *lab, *load, "--capture", kind))
    for title, load in (("32 connections, connect-request-close", message),
                        ("64 connections, request/response", ["--message", "123", "-c", "64"])):
        b.line(f"tcp, {title}, by what is captured",
               *(captured(kind, *load) for kind in ("none", "handshakes", "headers", "whole", "auto")))


def streams(b):
    iport, nport = free_port(), free_port()
    port, server = b.server("--exchanges", "1", "--receive-exactly", str(1 << 50), "--receive", str(1 << 20),
                            engine="auto")
    source_port, source = b.server("--speak-first", "--send-bytes", str(1 << 40), "--sndbuf", str(208 << 10),
                                   engine="auto")
    with server, source, peer("iperf3", ["iperf3", "-s", "-p", str(iport)], iport), \
            peer("nuttcp", ["nuttcp", "-S", "--nofork", "-P", str(nport)], nport):
        iperf = ("iperf3", lambda: b.iperf(iport))
        b.line("tcp, one stream, bytes read",
               ("wireproof", lambda: b.bytes(f"tcp://127.0.0.1:{port}", "--pattern", "stream")),
               ("bare loop", lambda: b.bare("stream", "127.0.0.1", port, b.o.seconds)), iperf,
               ("nuttcp", lambda: b.nuttcp(nport)), unit=" B/s")
        b.line("tcp, one stream, bytes discarded",
               ("wireproof --discard", lambda: b.bytes(f"tcp://127.0.0.1:{source_port}", "--pattern", "stream",
                                                       "--direction", "from-server", "--discard")),
               iperf, unit=" B/s")


def datagrams(b):
    port, server = b.server("--echo", udp=True)
    sport, iport, sink = free_port(), free_port(), free_port()
    with server, peer("sockperf", ["sockperf", "server", "-i", "127.0.0.1", "-p", str(sport)], sport, True), \
            peer("iperf3", ["iperf3", "-s", "-p", str(iport)], iport):
        b.line("udp, 64-byte request/response",
               ("wireproof", lambda: b.rate(f"udp://127.0.0.1:{port}", "--message", MESSAGE, "--echo")),
               ("bare loop", lambda: b.bare("udp", "127.0.0.1", port, b.o.seconds)),
               ("sockperf ping-pong", lambda: b.sockperf(sport)))
        one_way = ["--pattern", "one-way", "--sink", "--message", MESSAGE]
        b.line("udp, 64 bytes one way, received (the kernel's count)",
               ("wireproof", lambda: b.received(lambda: b.rate(f"udp://127.0.0.1:{sink}", *one_way))),
               ("iperf3 -u -b 0", lambda: b.received(lambda: b.iperf(iport, "-u", "-b", "0", "-l", "64"))),
               ("sockperf throughput", lambda: b.received(lambda: b.sockperf_flood(sport))))


def schedule(b):
    """How late the generator itself sends."""
    port, server = b.server("--echo", "--exchanges", "0")
    with server:
        late = []
        for _ in range(b.o.runs):
            load = b.wireproof(f"tcp://127.0.0.1:{port}", "--message", MESSAGE, "--echo", "-c", "64", "--rate", "20k")
            phase = next(phase for phase in load["phases"] if phase["phase"] == "lateness")
            late.append({p["quantile"]: p["value_ns"] / 1e3 for p in phase["percentiles"]})
        print("\nschedule error at 20,000 requests/s: " + ", ".join(
            f"p{100 * q:g} {statistics.median(one.get(q, 0) for one in late):.0f} us" for q in (0.5, 0.9, 0.99)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bare", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    for name in ("sockperf", "qperf", "wrk", "redis-server", "redis-benchmark", "iperf3", "nuttcp"):
        if not shutil.which(name):
            print(f"{name} is not installed: left out")
    b = Bench(options)
    for part in (requests_on_one_connection, requests_on_many_connections, connections_made, streams, datagrams):
        part(b)
    if not options.only:
        schedule(b)


main()
