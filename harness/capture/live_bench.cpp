// What a capture costs a case: opening until proven live, stopping until drained, and closing,
// in CPU time of the whole process (the capture's thread is most of it) and in time that passes.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include "capture/live.h"
#include "capture/netns_for_test.h"

namespace wireproof::capture {
namespace {

void start_and_stop(benchmark::State& state, bool immediate) {
  if (const std::string why = why_no_namespaces(); !why.empty()) {
    state.SkipWithError(why.c_str());
    return;
  }
  const TestNetns netns;
  LiveOptions options;
  options.interface = "lo";
  options.ignore_outgoing = true;
  options.immediate = immediate;
  options.ring_bytes = static_cast<std::size_t>(state.range(0)) << 20;
  double start_ms = 0, stop_ms = 0, close_ms = 0;
  const auto timed = [](double& sum_ms, const auto& work) {
    const auto before = std::chrono::steady_clock::now();
    work();
    sum_ms += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before)
                  .count();
  };
  const auto deadline = [] { return Deadline::after(std::chrono::seconds(10)); };
  for (auto _ : state) {
    std::unique_ptr<LiveCapture> capture;
    timed(start_ms, [&] { capture = LiveCapture::start(netns.fd(), options, deadline()); });
    timed(stop_ms, [&] { capture->stop(deadline()); });
    timed(close_ms, [&] { capture.reset(); });
  }
  const auto average = benchmark::Counter::kAvgIterations;
  state.counters["start_ms"] = {start_ms, average};
  state.counters["stop_ms"] = {stop_ms, average};
  state.counters["close_ms"] = {close_ms, average};
}

BENCHMARK_CAPTURE(start_and_stop, immediate, true)
    ->Arg(2)
    ->Arg(64)
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(start_and_stop, blocks, false)
    ->Arg(64)
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace wireproof::capture
