// What loading costs a case. The shipped scenarios are some 200 cases: all of them must cost less
// than 20 ms of CPU.
#include <benchmark/benchmark.h>

#include "scenario/load.h"

namespace {

using namespace wireproof::scenario;

void load_shipped(benchmark::State& state) {
  std::size_t cases = 0;
  for (auto _ : state) {
    auto loaded = load(std::string(WIREPROOF_SOURCE_DIR) + "/scenarios");
    if (!loaded) {
      state.SkipWithError(to_string(loaded.error()[0]).c_str());
      return;
    }
    cases += loaded->size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(cases));
  state.counters["cases"] = static_cast<double>(cases) / static_cast<double>(state.iterations());
}
BENCHMARK(load_shipped)->Unit(benchmark::kMillisecond);

constexpr std::string_view typical = R"({
  "title": "The client closes first", "matrix": {"family": ["ipv4", "ipv6"]}, "family": "${family}",
  "server": {"target": "tcp-server", "args": ["--close-wait-ms", 120]},
  "steps": [{"connect": "c"}, {"send": "123"}, {"expect": "success", "within_ms": 1000},
    {"shutdown": "c"}, {"expect": {"end": true}}, {"close": "c"}],
  "expect": {"connections": {"count": 1, "opening": "three-way", "closing": "four-way"}}})";

void load_typical(benchmark::State& state) {
  std::int64_t cases = 0;
  for (auto _ : state) {
    auto loaded = load_text(typical, "f", "id");
    cases += static_cast<std::int64_t>(loaded.value().size());
    benchmark::DoNotOptimize(loaded);
  }
  state.SetItemsProcessed(cases);
}
BENCHMARK(load_typical)->Unit(benchmark::kMicrosecond);

}  // namespace
