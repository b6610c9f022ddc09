"""Ordinary programs talking over loopback and a veth pair, captured: run as root, or as the root of a
user namespace, in a network and mount namespace of its own (see test_ordinary_traffic.py).

    ordinary_traffic.py FOLDER      writes FOLDER/NAME.pcap for each kind of traffic and path
"""

import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

OUTGOING = 4  # PACKET_OUTGOING: lo shows each packet as sent and as received
ALL, MARK = 0x0003, 0x88B5  # EtherTypes; the second is for local experiments
FAR = "10.77.0.2"
PORT = 8000


class Capture(threading.Thread):
    """All frames of one interface in a file, from before start() returns until stop() is called: a
    frame of its own is sent and waited for, so nothing before it is missing."""

    def __init__(self, interface, path):
        super().__init__(daemon=True)
        self.interface = interface
        self.loop = interface == "lo"
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 20)
        self.socket.bind((interface, ALL))
        self.file = open(path, "wb")
        self.file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 1 << 18, 1))
        self.start()

    def run(self):
        while True:
            frame, where = self.socket.recvfrom(1 << 18)
            if where[1] == MARK:
                return
            if self.loop and where[2] == OUTGOING:
                continue
            now = time.time_ns()
            self.file.write(struct.pack("<IIII", now // 10**9, now % 10**9, len(frame), len(frame)) + frame)

    def stop(self):
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as other:  # none sees its own frames
            other.bind((self.interface, 0))
            other.send(bytes(12) + struct.pack(">H", MARK) + bytes(46))
        self.join(timeout=30)
        self.file.close()
        self.socket.close()
        if self.is_alive():
            raise RuntimeError("the mark did not come back")


def run(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, timeout=60, **more)


def patiently(*command, **more):
    """Of a program that now and then hangs by itself: once more, then."""
    for _ in range(2):
        try:
            return subprocess.run(command, check=True, capture_output=True, timeout=15, **more)
        except subprocess.TimeoutExpired:
            pass
    return run(*command, **more)


def wait_for_listener(port, near):
    """Asks the kernel, never by connecting: that would be in the capture."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        tables = near("cat", "/proc/net/tcp", "/proc/net/tcp6").stdout.decode()
        if f":{port:04X} " in tables and " 0A " in tables:
            return
        time.sleep(0.02)
    raise RuntimeError(f"nobody listens on port {port}")


def http(serve, near, address, folder):
    (folder / "page").write_bytes(b"x" * 300_000)
    server = serve("busybox", "httpd", "-f", "-p", str(PORT), "-h", str(folder))
    wait_for_listener(PORT, near)
    for _ in range(5):
        run("busybox", "wget", "-q", "-O", "/dev/null", f"http://{address}:{PORT}/page")
    return server


def python_http(serve, near, address, folder):
    server = serve(sys.executable, "-m", "http.server", str(PORT), "--directory", str(folder))
    wait_for_listener(PORT, near)
    run(sys.executable, "-c", "import http.client\n"
        f"c = http.client.HTTPConnection('{address}', {PORT})\n"
        "for _ in range(10):\n"
        "    c.request('GET', '/'); c.getresponse().read()\n"
        "    c.close()\n")
    return server


def echo(serve, near, address, folder):
    server = serve("socat", f"TCP-LISTEN:{PORT},reuseaddr,fork", "EXEC:cat")
    wait_for_listener(PORT, near)
    for size in (1, 1000, 100_000):
        run("socat", "-t5", "-", f"TCP:{address}:{PORT}", input=b"y" * size)
    return server


def bulk(serve, near, address, folder):
    server = serve("iperf3", "-s", "-p", str(PORT))
    wait_for_listener(PORT, near)
    run("iperf3", "-c", address, "-p", str(PORT), "-n", "3M", "-P", "3")
    deadline = time.monotonic() + 20  # the server says that it is busy until it has summed up
    while subprocess.run(["iperf3", "-c", address, "-p", str(PORT), "-n", "1M", "-R"],
                         capture_output=True, timeout=60).returncode:
        if time.monotonic() > deadline:
            raise RuntimeError("iperf3 stays busy")
        time.sleep(0.1)
    return server


def refused(serve, near, address, folder):
    for _ in range(3):
        with socket.socket() as one:
            if one.connect_ex((address, PORT)) == 0:
                raise RuntimeError("somebody listens")
    return serve("sleep", "60")


def crowd(serve, near, address, folder):
    """Many short connections at once, some closed by RST."""
    server = serve("socat", f"TCP-LISTEN:{PORT},reuseaddr,fork,backlog=100", "EXEC:cat")
    wait_for_listener(PORT, near)
    sockets = [socket.create_connection((address, PORT)) for _ in range(50)]
    for i, one in enumerate(sockets):
        one.sendall(b"z" * (i * 100 + 1))
        if i % 5 == 0:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            one.shutdown(socket.SHUT_WR)
            while one.recv(65536):
                pass
        one.close()
    return server


def web(serve, near, address, folder):
    """nginx and curl: connections that are kept for several requests, and many at a time."""
    (folder / "page").write_bytes(b"x" * 300_000)
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; user root; pid {folder}/nginx.pid; error_log /dev/null;\n"
        f"events {{}}\nhttp {{ access_log off; server {{ listen {PORT}; root {folder}; }} }}\n")
    server = serve("nginx", "-e", "/dev/null", "-p", str(folder), "-c", str(folder / "nginx.conf"))
    wait_for_listener(PORT, near)
    page = f"http://{address}:{PORT}/page"
    run("curl", "-sS", *["-o", "/dev/null", page] * 5)
    run("curl", "-sS", "--parallel", "-H", "Connection: close", *["-o", "/dev/null", page] * 5)
    run("curl", "-sS", "-o", "/dev/null", "-F", f"file=@{folder / 'page'}", page)  # refused by the server: 405
    return server


def store(serve, near, address, folder):
    """redis: many small requests over connections that last, pipelined or not."""
    server = serve("redis-server", "--port", str(PORT), "--bind", "0.0.0.0", "--protected-mode", "no",
                   "--save", "", "--dir", str(folder))
    wait_for_listener(PORT, near)
    run("redis-benchmark", "-h", address, "-p", str(PORT), "-n", "1000", "-c", "20", "-q", "-t", "set,get")
    run("redis-benchmark", "-h", address, "-p", str(PORT), "-n", "2000", "-c", "5", "-P", "16", "-d", "2000",
        "-q", "-t", "set,get")
    return server


def ssh(serve, near, address, folder):
    """Keystrokes' worth of packets first, then bytes both ways, and many each way."""
    for name in "host", "user":
        subprocess.run(["dropbearkey", "-t", "ed25519", "-f", str(folder / name)], capture_output=True, timeout=60)
    public = run("dropbearkey", "-y", "-f", str(folder / "user")).stdout.decode()
    home = pathlib.Path("/root")  # in a mount namespace of ours
    run("mount", "-t", "tmpfs", "-o", "mode=0700", "tmpfs", str(home))
    try:
        (home / ".ssh").mkdir(mode=0o700)
        keys = home / ".ssh/authorized_keys"
        keys.write_text(next(line for line in public.splitlines() if line.startswith("ssh-")))
        keys.chmod(0o600)
        # The server keeps seeing these: nsenter below joins the network namespace alone.
        server = serve("dropbear", "-F", "-E", "-p", str(PORT), "-r", str(folder / "host"),
                       "-P", str(folder / "dropbear.pid"))
        wait_for_listener(PORT, near)
        ask = ["dbclient", "-y", "-y", "-T", "-i", str(folder / "user"), "-p", str(PORT), f"root@{address}"]
        much, some = b"k" * 300_000, b"k" * 20_000  # some: within dropbear's window, which both ways at once may fill
        for command, given, wanted in (("echo here", b"", b"here\n"), ("cat", some, some), ("wc -c", much, b"300000\n"),
                                       ("head -c 300000 /dev/zero", b"", bytes(300_000))):
            if patiently(*ask, command, input=given).stdout != wanted:
                raise RuntimeError(f"not what {command} answers")
        return server
    finally:
        run("umount", "-l", str(home))


# Some install as services, which a test does not ask of a machine: they take part where they are.
OPTIONAL = {web: ("nginx", "curl"), store: ("redis-server", "redis-benchmark")}
# A user namespace that may not set groups lets nobody log in.
if pathlib.Path("/proc/self/setgroups").read_text().strip() == "allow":
    OPTIONAL[ssh] = ("dropbear", "dropbearkey", "dbclient")
TRAFFIC = (http, python_http, echo, bulk, refused, crowd,
           *(kind for kind, programs in OPTIONAL.items() if all(map(shutil.which, programs))))


def over(path, interface, address, folder, inside):
    """Each kind of traffic; `inside`: what leads a command into the server's namespace."""
    def near(*command):
        return run(*inside, *command)

    def serve(*command):
        return subprocess.Popen([*inside, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    for kind in TRAFFIC:
        capture = Capture(interface, folder / f"{kind.__name__}-{path}.pcap")
        server = kind(serve, near, address, folder)
        server.terminate()
        server.wait()
        time.sleep(0.3)  # what the kernels still send of themselves: the last ACKs
        capture.stop()


def main():
    folder = pathlib.Path(sys.argv[1])
    run("ip", "link", "set", "lo", "up")
    over("loopback", "lo", "127.0.0.1", folder, [])
    holder = subprocess.Popen(["unshare", "--net", "sleep", "300"])
    inside = ["nsenter", f"--net=/proc/{holder.pid}/ns/net"]
    try:
        home = pathlib.Path("/proc/self/ns/net").readlink()
        deadline = time.monotonic() + 10
        while pathlib.Path(f"/proc/{holder.pid}/ns/net").readlink() == home:
            if time.monotonic() > deadline:
                raise RuntimeError("no second network namespace")
            time.sleep(0.01)
        run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", str(holder.pid))
        for where, name, address in (([], "near", "10.77.0.1/24"), (inside, "far", f"{FAR}/24")):
            run(*where, "ip", "address", "add", address, "dev", name)
            run(*where, "ip", "link", "set", name, "up")
        over("veth-offloads", "near", FAR, folder, inside)
        for where, name in (([], "near"), (inside, "far")):
            run(*where, "ethtool", "-K", name, "tx", "off", "tso", "off", "gso", "off", "gro", "off")
        over("veth", "near", FAR, folder, inside)
    finally:
        holder.kill()
        holder.wait()


if __name__ == "__main__":
    main()
