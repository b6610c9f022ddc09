// What a case's place costs, in wall time and in CPU of the case process and its children.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/lab.h"

namespace wireproof::lab {
namespace {

double cpu_seconds_of_children() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

// A fork, its Lab and its end, as for each case of a run. `topology` < 0: no Lab, for comparison.
void OneCase(benchmark::State& state) {
  static const RunIdentity identity = enter_isolation(Isolation::user);
  const double before = cpu_seconds_of_children();
  for (auto _ : state) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (state.range(0) >= 0) const Lab lab({static_cast<Topology>(state.range(0)), identity});
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) state.SkipWithError("the case process failed");
  }
  state.counters["cpu_ms"] = benchmark::Counter((cpu_seconds_of_children() - before) * 1e3,
                                                benchmark::Counter::kAvgIterations);
}
BENCHMARK(OneCase)
    ->ArgName("topology")
    ->Arg(-1)
    ->Arg(static_cast<int>(Topology::loopback))
    ->Arg(static_cast<int>(Topology::veth))
    ->Arg(static_cast<int>(Topology::wire))
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace wireproof::lab
