// What one question to the kernel costs: in the machine's namespace, whose socket table is as large
// as its memory allows, and in a case's.
#include <benchmark/benchmark.h>

#include "lab/lab.h"
#include "witness/socket_table.h"
#include "witness/socket_testing.h"

namespace wireproof::witness {
namespace {

void DumpTcpOfTheMachine(benchmark::State& state) {
  SocketTable table;
  for (auto _ : state) benchmark::DoNotOptimize(table.tcp());
}
BENCHMARK(DumpTcpOfTheMachine)->Unit(benchmark::kMicrosecond);

// Enters a case once for the whole process; later benchmarks run inside.
const lab::Lab& the_case() {
  static const lab::Lab lab({lab::Topology::loopback, lab::enter_isolation(lab::Isolation::root)});
  return lab;
}

void DumpTcpOfACase(benchmark::State& state) {
  the_case();
  const auto server = testing::loopback(packet::Family::ipv4, 6000);
  const Fd listener = testing::listening(server);
  const Fd client = testing::connected(SOCK_STREAM, server);
  SocketTable table;
  for (auto _ : state) benchmark::DoNotOptimize(table.tcp(state.range(0) != 0));
}
BENCHMARK(DumpTcpOfACase)->ArgName("info")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

void DumpUdpOfACase(benchmark::State& state) {
  the_case();
  const Fd server = testing::bound(SOCK_DGRAM, testing::loopback(packet::Family::ipv4, 6000));
  SocketTable table;
  for (auto _ : state) benchmark::DoNotOptimize(table.udp());
}
BENCHMARK(DumpUdpOfACase)->Unit(benchmark::kMicrosecond);

void DumpUnixOfACase(benchmark::State& state) {
  the_case();
  const Fd server = testing::unix_bound(SOCK_STREAM, "@wireproof-bench");
  SocketTable table;
  for (auto _ : state) benchmark::DoNotOptimize(table.unix_sockets());
}
BENCHMARK(DumpUnixOfACase)->Unit(benchmark::kMicrosecond);

void OpenTable(benchmark::State& state) {
  const int netns = the_case().host(Side::client).netns.get();
  for (auto _ : state) benchmark::DoNotOptimize(SocketTable(netns));
}
BENCHMARK(OpenTable)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace wireproof::witness
