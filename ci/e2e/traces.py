"""What a run of the program could leave behind: processes, namespaces, interfaces, socket paths,
temporary files.

A run is followed by a mark in its environment, which all that it starts inherits: so several tests
can look at once, each for its own. While it runs its namespaces are noted; afterwards nothing may
refer to one of them any more: no process, no descriptor, no mount. The kernel gives the number of a
namespace that is gone to a new one, so what began after the run's end holds nothing of the run's.
"""

import contextlib
import os
import pathlib
import re
import secrets
import threading
import time

from support import wait_until

PROC = pathlib.Path("/proc")
KINDS = ("net", "pid", "mnt", "user", "ipc", "uts", "cgroup", "time")


def pids():
    return [int(name) for name in os.listdir(PROC) if name.isdigit()]


def began(pid):
    """Seconds from boot to the process's start (proc_pid_stat(5), field 22)."""
    with contextlib.suppress(OSError):
        after_name = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(after_name[19]) / os.sysconf("SC_CLK_TCK")
    return 0


def namespaces_of(pid):
    found = set()
    for kind in KINDS:
        with contextlib.suppress(OSError):
            found.add(os.readlink(f"/proc/{pid}/ns/{kind}"))
    return found


class Traces(threading.Thread):
    """Follows one run from before it starts: `with Traces() as traces: ...`, environment=traces.mark."""

    def __init__(self):
        super().__init__(daemon=True)
        self.secret = secrets.token_hex(12)
        self.mark = {"WIREPROOF_E2E_MARK": self.secret}
        self.needle = f"WIREPROOF_E2E_MARK={self.secret}".encode()
        self.home = namespaces_of("self")
        self.namespaces = set()
        self.most_processes = 0
        self.interfaces = set(os.listdir("/sys/class/net"))
        self.sockets = unix_sockets()
        self.ended = threading.Event()
        self.over = None  # since boot, in seconds: when the run was known to have ended

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()

    def run(self):
        while not self.ended.wait(0.02):
            self.look()

    def look(self):
        alive = self.processes()
        self.most_processes = max(self.most_processes, len(alive))
        for pid in alive:
            self.namespaces |= namespaces_of(pid) - self.home

    def processes(self):
        """Pids of the run's processes that live (a zombie has no environment)."""
        found = []
        for pid in pids():
            if pid == os.getpid():
                continue
            with contextlib.suppress(OSError):
                if self.needle in pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                    found.append(pid)
        return found

    def left(self, *folders, seconds=5):
        """What is left some time after the run's end, in words; empty as soon as nothing is."""
        last = []
        if self.over is None:
            self.over = time.clock_gettime(time.CLOCK_BOOTTIME)

        def clean():
            last[:] = self.describe_left(folders)
            return not last

        wait_until(clean, seconds, step=0.05)
        return last

    def describe_left(self, folders):
        left = [f"process {pid}: {command_of(pid)}" for pid in self.processes()]
        left += [f"namespace {name} is held by {holder}" for name, holder in self.held()]
        left += [f"interface {name}" for name in
                 sorted(set(os.listdir("/sys/class/net")) - self.interfaces)
                 if not another_test_made(name)]
        left += [f"socket {name}" for name in sorted(unix_sockets() - self.sockets)
                 if self.secret in name]
        for folder in folders:
            left += [f"file {path}" for path in sorted(pathlib.Path(folder).rglob("*"))]
        return left

    def held(self):
        for pid in pids():
            if self.over is not None and began(pid) > self.over:
                continue
            for name in namespaces_of(pid) & self.namespaces:
                yield name, f"process {pid} ({command_of(pid)})"
            with contextlib.suppress(OSError):
                for descriptor in os.listdir(f"/proc/{pid}/fd"):
                    with contextlib.suppress(OSError):
                        name = os.readlink(f"/proc/{pid}/fd/{descriptor}")
                        if name in self.namespaces:
                            yield name, f"descriptor {descriptor} of process {pid}"
        with contextlib.suppress(OSError):
            for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
                for name in self.namespaces:
                    if name in line:
                        yield name, f"the mount {line.split()[4]}"


def command_of(pid):
    with contextlib.suppress(OSError):
        return (pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(
            "utf-8", "replace").strip() or pathlib.Path(f"/proc/{pid}/comm").read_text().strip())
    return "?"


def another_test_made(interface):
    """Interfaces of tests that run beside this one come and go; what stays is left behind."""
    return not os.path.exists(f"/sys/class/net/{interface}")


def unix_sockets():
    """Names of this network namespace's UNIX sockets."""
    with open("/proc/net/unix") as table:
        return {line.split()[-1] for line in table.readlines()[1:] if len(line.split()) == 8}


def files_of(uid, *folders):
    """Files of that user below the folders, deeper than nothing that is not the user's to enter."""
    found = []
    for folder in folders:
        for root, folders_in, names in os.walk(folder, onerror=lambda _: None):
            for name in folders_in + names:
                path = os.path.join(root, name)
                with contextlib.suppress(OSError):
                    if os.lstat(path).st_uid == uid:
                        found.append(path)
    return found


def capabilities_of(status):
    """CapEff of /proc/PID/status, as a number."""
    return int(re.search(r"^CapEff:\s*([0-9a-f]+)", status, re.M).group(1), 16)
