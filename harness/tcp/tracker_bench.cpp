// Cost of tracking and judging, per packet. Items are packets.
#include <benchmark/benchmark.h>

#include "tcp/trace_builder.h"

namespace wireproof::tcp {
namespace {

// Short connections, many at once: 11 packets each, their packets interleaved.
std::vector<packet::Packet> short_connections(std::size_t count) {
  testing::Trace one;
  one.handshake().exchange().client_closes();
  static const std::vector<packet::Packet> pattern = one.packets();
  static const std::string payload(16, 'x');
  std::vector<packet::Packet> all;
  all.reserve(count * pattern.size());
  for (const packet::Packet& step : pattern) {
    for (std::size_t i = 0; i < count; ++i) {
      packet::Packet p = step;
      const bool client = p.destination.port == 80;
      packet::Endpoint& end = client ? p.source : p.destination;
      end.port = static_cast<std::uint16_t>(1024 + i % 60'000);
      end.address.bytes[3] = static_cast<std::uint8_t>(3 + i / 60'000);
      p.payload = {reinterpret_cast<const std::uint8_t*>(payload.data()), p.payload_length};
      p.frame.number = all.size() + 1;
      all.push_back(p);
    }
  }
  return all;
}

void track(benchmark::State& state, const std::vector<packet::Packet>& packets, bool with_judge) {
  std::size_t findings = 0;
  for (auto _ : state) {
    Tracker tracker(testing::kWhole);
    for (const packet::Packet& packet : packets) tracker.add(packet);
    const auto connections = tracker.finish();
    if (with_judge)
      for (const Connection& c : connections) findings += judge(c, testing::kWhole).findings.size();
    benchmark::DoNotOptimize(connections.data());
  }
  if (findings != 0) state.SkipWithError("good connections have findings");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(packets.size()));
}

void BM_TrackShort(benchmark::State& state) {
  track(state, short_connections(static_cast<std::size_t>(state.range(0))), false);
}
BENCHMARK(BM_TrackShort)->Arg(100)->Arg(10'000)->Unit(benchmark::kMicrosecond);

void BM_TrackAndJudgeShort(benchmark::State& state) {
  track(state, short_connections(static_cast<std::size_t>(state.range(0))), true);
}
BENCHMARK(BM_TrackAndJudgeShort)->Arg(100)->Arg(10'000)->Unit(benchmark::kMicrosecond);

void BM_TrackBulk(benchmark::State& state) {
  testing::Trace t;
  t.handshake();
  const std::string segment(1448, 'x');
  for (int i = 0; i < 5000; ++i) t.client(segment).client(segment).server(testing::ACK);
  t.client_closes();
  track(state, t.packets(), true);
}
BENCHMARK(BM_TrackBulk)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace wireproof::tcp
