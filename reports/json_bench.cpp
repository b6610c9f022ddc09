// What a report costs: an ordinary case of one connection and eleven packets, written and read.
#include <benchmark/benchmark.h>

#include "reports/json.h"
#include "reports/sample.h"

namespace wireproof::report {
namespace {

void write_case(benchmark::State& state) {
  const CaseReport one = sample::every_field().cases[0];
  std::size_t bytes = 0;
  for (auto _ : state) bytes += to_json(one).size();
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(write_case);

void read_case(benchmark::State& state) {
  const std::string text = to_json(sample::every_field().cases[0]);
  for (auto _ : state) benchmark::DoNotOptimize(case_from_json(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(read_case);

void write_run(benchmark::State& state) {
  RunReport run;
  run.cases.assign(static_cast<std::size_t>(state.range(0)), sample::every_field().cases[0]);
  for (auto _ : state) benchmark::DoNotOptimize(to_json(run));
}
BENCHMARK(write_run)->Arg(2'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace wireproof::report
