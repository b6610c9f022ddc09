// Random connections of two conforming ends never break a must-rule, whatever is lost, doubled or
// overtaken on the way and wherever the sequence numbers wrap; and their outcome is told rightly.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tcp/tcp_model.h"
#include "tcp/trace_builder.h"

namespace wireproof::tcp::testing {
namespace {

constexpr int kPlays = 20'000;

std::string describe(const PlayOptions& o, std::uint64_t seed) {
  return fmt::format(
      "seed {}: isn {:#x} {:#x}, bytes {} {}, loss {} reorder {} duplicate {}, {}{}{}{}{} window "
      "{} "
      "mss {}",
      seed, o.client_isn, o.server_isn, o.client_bytes, o.server_bytes, o.loss, o.reorder,
      o.duplicate, o.client_first ? "client " : "server ", o.both_close ? "both " : "",
      o.merge_fin ? "merge " : "", o.reset ? "reset " : "", o.timestamps ? "stamps" : "", o.window,
      o.mss);
}

TEST(Property, LegalConnectionsBreakNoMustRule) {
  std::size_t finished = 0;
  std::array<std::size_t, 9> closings{};
  for (std::uint64_t seed = 1; seed <= kPlays; ++seed) {
    std::mt19937_64 random(seed);
    const PlayOptions options = random_options(random);
    const Play made = play(options, random);
    for (const CaptureFacts& facts : {kWhole, CaptureFacts{}}) {
      Tracker tracker(facts);
      for (const packet::Packet& packet : made.packets) tracker.add(packet);
      const auto all = tracker.finish();
      ASSERT_EQ(all.size(), 1u) << describe(options, seed);
      const Connection& c = all.front();
      const Judgement j = judge(c, facts);
      ASSERT_NE(j.verdict, Verdict::failed) << describe(options, seed) << "\n" << rules_text(j);
      if (!made.finished) continue;
      ++finished;
      ++closings[static_cast<std::size_t>(c.closing)];
      ASSERT_EQ(c.opening, Opening::three_way) << describe(options, seed);
      ASSERT_EQ(j.verdict, Verdict::passed) << describe(options, seed) << "\n" << rules_text(j);
      ASSERT_EQ(c.end(Side::client).payload_bytes, options.client_bytes) << describe(options, seed);
      ASSERT_EQ(c.end(Side::server).payload_bytes, options.server_bytes) << describe(options, seed);
      const bool reset = options.reset && c.closing == Closing::reset;
      if (!reset) {
        ASSERT_TRUE(c.closing == Closing::four_way || c.closing == Closing::three_segment ||
                    c.closing == Closing::simultaneous)
            << describe(options, seed) << " " << name(c.closing);
      }
    }
  }
  // The plays are not all alike.
  EXPECT_GT(finished, std::size_t{kPlays});
  for (const Closing closing :
       {Closing::four_way, Closing::three_segment, Closing::simultaneous, Closing::reset}) {
    EXPECT_GT(closings[static_cast<std::size_t>(closing)], 100u) << name(closing);
  }
}

// What is never lost leaves nothing to say at all.
TEST(Property, UndisturbedConnectionsHaveNoFindings) {
  for (std::uint64_t seed = 1; seed <= 5000; ++seed) {
    std::mt19937_64 random(seed);
    PlayOptions options = random_options(random);
    options.loss = options.reorder = options.duplicate = 0;
    options.reset = false;
    options.window = std::min(options.window, 10 * options.mss);  // RFC 6928 2
    const Play made = play(options, random);
    ASSERT_TRUE(made.finished) << describe(options, seed);
    Tracker tracker(kWhole);
    for (const packet::Packet& packet : made.packets) tracker.add(packet);
    const Connection c = tracker.finish().at(0);
    const Judgement j = judge(c, kWhole);
    ASSERT_TRUE(j.findings.empty()) << describe(options, seed) << "\n" << rules_text(j);
    ASSERT_EQ(c.end(Side::client).retransmissions + c.end(Side::server).retransmissions, 0u);
  }
}

// What captures do to what they hold: lose, swap, double, begin late, end early, see one direction.
std::vector<packet::Packet> damaged(const std::vector<packet::Packet>& packets,
                                    std::mt19937_64& random) {
  const auto chance = [&](double p) { return std::uniform_real_distribution<>(0, 1)(random) < p; };
  const double lost = chance(0.5) ? 0.1 : 0, doubled = chance(0.2) ? 0.1 : 0,
               swapped = chance(0.3) ? 0.1 : 0;
  const bool one_way = chance(0.1), bad_sums = chance(0.1);
  const std::size_t from = chance(0.3) ? random() % packets.size() : 0;
  const std::size_t to = chance(0.3) ? random() % (packets.size() + 1) : packets.size();
  std::vector<packet::Packet> kept;
  for (std::size_t i = from; i < to; ++i) {
    const packet::Packet& packet = packets[i];
    if (chance(lost) || (one_way && packet.source.port != packets[0].source.port)) continue;
    kept.push_back(packet);
    if (bad_sums) kept.back().checksum = packet::Checksum::bad;
    if (chance(doubled)) kept.push_back(packet);
    if (kept.size() > 1 && chance(swapped)) std::swap(kept.back(), kept[kept.size() - 2]);
  }
  return kept;
}

// In a capture of unknown completeness no loss of the capture's is a fault of an end.
TEST(Property, DamagedCapturesOfLegalConnectionsBreakNoMustRule) {
  for (std::uint64_t seed = 1; seed <= kPlays; ++seed) {
    std::mt19937_64 random(seed);
    const PlayOptions options = random_options(random);
    const Play made = play(options, random);
    if (made.packets.empty()) continue;
    std::vector<packet::Packet> packets = damaged(made.packets, random);
    Tracker tracker;
    for (packet::Packet& packet : packets) tracker.add(packet);
    for (const Connection& c : tracker.finish()) {
      const Judgement j = judge(c, {});
      ASSERT_NE(j.verdict, Verdict::failed) << describe(options, seed) << "\n" << rules_text(j);
    }
  }
}

}  // namespace
}  // namespace wireproof::tcp::testing
