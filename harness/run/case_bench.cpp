// What a case costs beside what it does: the process, its lab, the capture proven live and drained,
// the judgement, the files.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <memory>

#include "run/runner.h"
#include "scenario/load.h"

namespace wireproof::run {
namespace {

// Entered once, before any thread.
const lab::RunIdentity& identity() {
  static const lab::RunIdentity entered = lab::enter_isolation(lab::choose_isolation());
  return entered;
}

void run_cases(benchmark::State& state, const char* topology) {
  const std::string text = std::string(R"({"title": "t", "transport": "tcp", "topology": ")") +
                           topology + R"(", "steps": [{"listen": "l"}]})";
  const auto cases = scenario::load_text(text, "bench.json", "bench");
  char folder[] = "/tmp/wireproof-bench-XXXXXX";
  if (!cases || ::mkdtemp(folder) == nullptr) return state.SkipWithError("set-up");
  RunOptions options;
  options.settings.identity = identity();
  options.settings.results_folder = folder;
  options.jobs = 1;
  double cpu_ms = 0;
  for (auto _ : state) {
    const auto run = wireproof::run::run(*cases, options, {});
    cpu_ms += run.cases.front().cpu_ms;
  }
  state.counters["cpu_ms_per_case"] = cpu_ms / static_cast<double>(state.iterations());
  std::filesystem::remove_all(folder);
}

BENCHMARK_CAPTURE(run_cases, loopback, "loopback")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(run_cases, veth, "veth")->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace wireproof::run
