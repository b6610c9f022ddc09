"""Runs a command some times and prints the median of its wall time, what that is a packet, and its
peak memory. Usage: measure.py NAME PACKETS RUNS COMMAND ..."""

import os
import statistics
import subprocess
import sys
import time


def main():
    name, packets, runs, command = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    walls, cpus, memory = [], [], 0
    for _ in range(runs):
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        walls.append(time.monotonic() - start)
        cpus.append(usage.ru_utime + usage.ru_stime)
        memory = max(memory, usage.ru_maxrss)
        if os.waitstatus_to_exitcode(status) not in (0, 1):
            sys.exit(f"{name}: exit status {os.waitstatus_to_exitcode(status)}")
    wall = statistics.median(walls)
    print(f"{name:30} {wall:8.2f} s  {packets / wall / 1e6:7.3f} M packets/s  "
          f"CPU {statistics.median(cpus):7.2f} s  peak {memory / 1024:7.0f} MiB", flush=True)


main()
