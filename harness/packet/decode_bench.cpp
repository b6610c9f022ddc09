// Nanoseconds to decode one packet, without and with its checksums, over frames spread in memory
// as a capture's are.
#include <benchmark/benchmark.h>

#include "packet/build.h"
#include "packet/decode.h"

namespace wireproof::packet {
namespace {

struct Capture {
  build::Bytes memory;
  std::vector<Frame> frames;
};

Capture capture(bool version_6, std::size_t payload) {
  const Endpoint from = build::endpoint(version_6 ? "2001:db8::1" : "192.0.2.1", 40000);
  const Endpoint to = build::endpoint(version_6 ? "2001:db8::2" : "192.0.2.2", 80);
  const build::Bytes one = build::tcp_frame(
      from, to, {.options = build::join({build::Bytes{1, 1}, build::option_timestamps(1, 2)})},
      build::Bytes(payload, 'x'));
  constexpr std::size_t count = 4096;
  Capture all;
  for (std::size_t i = 0; i < count; ++i) {
    all.memory.insert(all.memory.end(), one.begin(), one.end());
  }
  for (std::size_t i = 0; i < count; ++i) {
    all.frames.push_back(
        build::frame(build::View(all.memory).subspan(i * one.size(), one.size()), i + 1));
  }
  return all;
}

void decode_packets(benchmark::State& state, bool verify, bool version_6) {
  const Capture all = capture(version_6, static_cast<std::size_t>(state.range(0)));
  std::size_t at = 0;
  for (auto _ : state) {
    const Packet packet = decode(all.frames[at], verify);
    benchmark::DoNotOptimize(&packet);
    benchmark::ClobberMemory();
    at = (at + 1) % all.frames.size();
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK_CAPTURE(decode_packets, ipv4, false, false)->Arg(0)->Arg(1448);
BENCHMARK_CAPTURE(decode_packets, ipv6, false, true)->Arg(0)->Arg(1428);
BENCHMARK_CAPTURE(decode_packets, ipv4_verified, true, false)->Arg(0)->Arg(1448);
BENCHMARK_CAPTURE(decode_packets, ipv6_verified, true, true)->Arg(0)->Arg(1428);

}  // namespace
}  // namespace wireproof::packet
