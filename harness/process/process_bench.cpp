// What starting a program costs, to its execve(2) and to its end, in every place a lab has for it.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include "process/process.h"

namespace wireproof::process {
namespace {

using namespace std::chrono_literals;

double cpu_seconds(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

// CPU of ours alone: what launching takes, without the program itself.
void measure(benchmark::State& state, const LaunchSpec& spec) {
  double own = 0, program = 0;
  for (auto _ : state) {
    const double before = cpu_seconds(RUSAGE_SELF);
    Process process = Process::start(spec);
    process.wait(Deadline::after(10s));
    own += cpu_seconds(RUSAGE_SELF) - before;
    program += process.cpu_seconds();
  }
  state.counters["own_cpu_us"] = benchmark::Counter(own * 1e6, benchmark::Counter::kAvgIterations);
  state.counters["program_cpu_us"] =
      benchmark::Counter(program * 1e6, benchmark::Counter::kAvgIterations);
}

void LaunchAlone(benchmark::State& state) {
  LaunchSpec spec;
  spec.command = {"/bin/true"};
  measure(state, spec);
}
BENCHMARK(LaunchAlone)->UseRealTime()->Unit(benchmark::kMicrosecond);

void LaunchInNone(benchmark::State& state) {
  const lab::Lab lab({lab::Topology::loopback, lab::enter_isolation(lab::Isolation::none)});
  measure(state, launch_in(lab, Side::server, "true", {"/bin/true"}));
}
BENCHMARK(LaunchInNone)->UseRealTime()->Unit(benchmark::kMicrosecond);

// Last: it moves this process into the lab's namespaces.
void LaunchInPidNamespace(benchmark::State& state) {
  static const lab::Lab lab({lab::Topology::loopback, lab::enter_isolation(lab::Isolation::root)});
  measure(state, launch_in(lab, Side::server, "true", {"/bin/true"}));
}
BENCHMARK(LaunchInPidNamespace)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace wireproof::process
