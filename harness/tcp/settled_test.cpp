// A closed connection that was put away is told as one that was kept, whatever comes of it later.
#include <gmock/gmock.h>

#include <map>

#include "tcp/tcp_model.h"
#include "tcp/trace_builder.h"

namespace wireproof::tcp::testing {
namespace {

using Packets = std::vector<packet::Packet>;

std::string text_of(Opening opening, Closing closing, Verdict verdict,
                    std::optional<std::int64_t> handshake_ns) {
  return std::string(name(opening)) + " " + std::string(name(closing)) + " " +
         std::string(name(verdict)) + " " + std::to_string(handshake_ns.value_or(-1));
}

struct Told {
  std::map<std::uint64_t, std::string> connections;  // by index
  std::size_t settled = 0;
};

Told told(const Packets& packets, bool settling) {
  Told all;
  const CaptureFacts facts;
  const auto sink = [&](Connection& c) {
    const Judgement j = judge(c, facts);
    all.connections[c.index] =
        text_of(c.opening, c.closing, j.verdict, c.handshake_ns) + rules_text(j);
  };
  Settling settle;
  if (settling) {
    settle.settle = [&](const Connection& c, Settled& settled) {
      const Judgement j = judge(c, facts);
      settled.verdict = j.verdict;
      return j.findings.empty();
    };
    settle.told = [&](const Settled& s) {
      ++all.settled;
      all.connections[s.index] =
          text_of(s.opening, s.closing, s.verdict, s.handshake_ns) + rules_text(Judgement{});
    };
  }
  TrackerOptions options;
  options.segments = 0;
  Tracker tracker(facts, options, sink, settle);
  tracker.add(packets);
  tracker.finish();
  return all;
}

// Some of what was sent comes again after the close: as it was, or a little different.
Packets with_stragglers(Packets packets, std::mt19937_64& random) {
  const std::size_t sent = packets.size();
  std::int64_t time_ns = packets.back().frame.time_ns;
  for (std::size_t i = random() % 6; i > 0; --i) {
    packet::Packet late = packets[random() % sent];
    if (random() % 2 == 0) late = packets[sent - 1 - random() % std::min<std::size_t>(sent, 4)];
    switch (random() % 8) {
      case 0:
        late.tcp.seq += static_cast<std::uint32_t>(random() % 5) - 2;
        break;
      case 1:
        late.tcp.ack += static_cast<std::uint32_t>(random() % 5) - 2;
        break;
      case 2:
        late.tcp.flags ^= static_cast<std::uint16_t>(1u << random() % 5);
        break;
      case 3:
        late.tcp.seq += static_cast<std::uint32_t>(random());
        break;
      default:
        break;
    }
    late.ip_id += 1;
    late.frame.number = packets.back().frame.number + 1;
    late.frame.time_ns = time_ns += static_cast<std::int64_t>(random() % 2'000'000'000);
    packets.push_back(late);
  }
  return packets;
}

TEST(Settled, IsToldAsIfItHadBeenKept) {
  std::size_t settled = 0, kept = 0;
  for (std::uint64_t seed = 1; seed <= 10'000; ++seed) {
    std::mt19937_64 random(seed);
    PlayOptions options = random_options(random);
    if (seed % 2 == 0) options.loss = options.reorder = options.duplicate = 0;
    const Play made = play(options, random);
    if (made.packets.empty()) continue;
    const Packets packets = with_stragglers(made.packets, random);
    const Told whole = told(packets, false), away = told(packets, true);
    ASSERT_EQ(whole.connections, away.connections) << "seed " << seed;
    settled += away.settled;
    kept += away.connections.size() - away.settled;
  }
  EXPECT_GT(settled, 500u);
  EXPECT_GT(kept, 1'000u);
}

TEST(Settled, IsSettledAnewWhereSomethingComesOfIt) {
  Trace trace;
  trace.handshake().exchange().client_closes();
  Packets packets = trace.packets();
  const Told before = told(packets, true);
  EXPECT_EQ(before.settled, 1u);
  packet::Packet reset = packets.back();
  reset.tcp.flags = RST;
  reset.tcp.seq += 1'000'000;
  reset.frame.number += 1;
  reset.frame.time_ns += 1'000'000'000;
  packets.push_back(reset);
  const Told after = told(packets, true);
  EXPECT_EQ(after.settled, 0u);  // the sink tells what is found now
  EXPECT_NE(after.connections, before.connections);
  EXPECT_EQ(after.connections, told(packets, false).connections);
}

}  // namespace
}  // namespace wireproof::tcp::testing
