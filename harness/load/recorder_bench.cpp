// What recording one answer costs, and the clock beside it.
#include <benchmark/benchmark.h>

#include "load/now.h"
#include "load/recorder.h"

namespace wireproof::load {
namespace {

void record_an_answer(benchmark::State& state) {
  Recorder recorder(0, 1'000'000'000);
  std::int64_t now = 0;
  std::uint64_t bits = 1;
  for (auto _ : state) {
    bits = bits * 6364136223846793005u + 1442695040888963407u;
    now += 10'000;
    const auto latency = static_cast<std::int64_t>(20'000 + (bits >> 48));
    recorder.roll(now);
    ++recorder.counts().answered;
    recorder.record(Phase::latency, latency);
    recorder.record(Phase::first_byte, latency);
  }
}
BENCHMARK(record_an_answer);

void read_the_clock(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(now_ns());
}
BENCHMARK(read_the_clock);

}  // namespace
}  // namespace wireproof::load
