// What the machine does beside the load: processors' time by kind, what the server's processes and
// our own use, and whether everything stood still. Thread rule: one thread, but for the stall
// watch's own. Lifetime: of its own.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "load/result.h"

namespace wireproof::load {

// /proc/stat's first line, in clock ticks.
struct MachineTime {
  std::uint64_t all = 0, idle = 0, steal = 0, softirq = 0, busy = 0;
};
MachineTime read_machine_time();

// Of processes: user and system time, the processors last seen on.
struct ProcessTime {
  double cpu_ms = 0;
  std::set<unsigned> cpus;
  std::uint64_t resident_kib = 0, descriptors = 0;
};
double cpu_ms_of(const std::vector<pid_t>& pids);
// TCP sockets of a process's network namespace, those in TIME_WAIT left out; 0: not to be read.
std::uint64_t tcp_sockets_around(pid_t process);
ProcessTime read_process_time(const std::vector<pid_t>& pids);

std::string clock_source();  // "tsc", "kvm-clock"; empty: not to be read

// From start() to finish(): the difference. sample() in between sees which processors are used.
class MachineWatch {
 public:
  // `server`: its processes, asked anew each time; empty: not ours.
  explicit MachineWatch(std::function<std::vector<pid_t>()> server);
  void start();
  void sample();
  // `elsewhere_ms` of our own time was not the generator's.
  CpuUse finish(std::uint64_t requests, double elsewhere_ms = 0);
  // Notes who has the processors, ten times a second at most: for the series.
  void mark(std::int64_t now_ns);
  // Who had them in each window of a series that began at `start_ns`.
  void tell(std::vector<SeriesPoint>& series, std::int64_t start_ns) const;
  // Of the samples; absent where there are too few, or the server is not ours.
  std::optional<ServerGrowth> growth() const;

 private:
  std::function<std::vector<pid_t>()> server_;
  MachineTime machine_;
  double own_ms_ = 0, server_ms_ = 0;
  std::uint64_t voluntary_ = 0, involuntary_ = 0;
  std::set<unsigned> own_cpus_, server_cpus_;
  std::vector<double> resident_kib_, descriptors_, sockets_;
  struct Mark {
    std::int64_t at_ns = 0;
    MachineTime machine;
    double ours_ms = 0;  // generator and server
  };
  std::vector<Mark> marks_;
};

// A thread that wakes every few milliseconds and notes how late it was.
class LoadStallWatch {
 public:
  LoadStallWatch();
  ~LoadStallWatch();
  LoadStallWatch(const LoadStallWatch&) = delete;
  std::int64_t longest_ns() const { return longest_ns_; }
  std::uint64_t stalls() const { return stalls_; }  // of more than 10 ms

 private:
  void watch();
  std::atomic<bool> stop_{false};
  std::atomic<std::int64_t> longest_ns_{0};
  std::atomic<std::uint64_t> stalls_{0};
  std::thread thread_;
};

}  // namespace wireproof::load
