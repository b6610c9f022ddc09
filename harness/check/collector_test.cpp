#include "check/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wireproof::check {
namespace {

using ::testing::ElementsAre;

Account::Ended ended(std::uint64_t order, Verdict verdict = Verdict::passed) {
  return {order, tcp::Opening::three_way, tcp::Closing::four_way, verdict};
}

report::ConnectionReport report_of(std::uint64_t order, std::uint64_t first_packet) {
  report::ConnectionReport one;
  one.connection.index = order;
  one.connection.first_packet = first_packet;
  return one;
}

TEST(OpenConnections, AreFoundByTheirOrderUntilTheyEnd) {
  constexpr std::uint64_t kMany = 10 * OpenConnections::kChunk + 7;
  OpenConnections open;
  EXPECT_EQ(open.index_of(1), 0u);
  for (std::uint64_t order = 1; order <= kMany; ++order) open.begin(order * 3);
  EXPECT_EQ(open.index_of(0), 0u);
  EXPECT_EQ(open.index_of(kMany + 1), 0u);
  EXPECT_EQ(open.chunks(), 11u);
  // All but one end, the last begun first: their memory goes, that of the one does not.
  constexpr std::uint64_t kStays = 3 * OpenConnections::kChunk;
  for (std::uint64_t order = kMany; order > 0; --order) {
    ASSERT_EQ(open.index_of(order), order * 3);
    if (order != kStays) open.end(order);
  }
  EXPECT_EQ(open.chunks(), 2u);  // its own, and that of the next to begin
  EXPECT_EQ(open.index_of(kStays), kStays * 3);
  EXPECT_EQ(open.index_of(kStays - 1), 0u);
  EXPECT_EQ(open.index_of(kStays + 1), 0u);
  open.end(kStays - 1);  // again
  EXPECT_EQ(open.index_of(kStays), kStays * 3);
  open.end(kStays);
  EXPECT_EQ(open.chunks(), 1u);
  EXPECT_EQ(open.index_of(kStays), 0u);
  open.begin(5);
  EXPECT_EQ(open.index_of(kMany + 1), 5u);
}

TEST(OpenConnections, FullChunksGoWhereTheNextHasNotBegun) {
  OpenConnections open;
  for (std::uint64_t order = 1; order <= OpenConnections::kChunk; ++order) open.begin(order);
  for (std::uint64_t order = 1; order <= OpenConnections::kChunk; ++order) open.end(order);
  EXPECT_EQ(open.chunks(), 0u);
  open.begin(9);
  EXPECT_EQ(open.index_of(OpenConnections::kChunk + 1), 9u);
  EXPECT_EQ(open.index_of(1), 0u);
}

TEST(Collector, NumbersByFirstPacketWhoeverHadTheConnection) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> given;  // index, first packet
  Collector collector(2, [&](report::ConnectionReport& one) {
    given.emplace_back(one.connection.index, one.connection.first_packet);
  });
  Account a, b;
  a.begun = {3, 9};
  a.ended = {ended(2)};
  a.reports.push_back(report_of(2, 9));
  RuleCount rule;
  rule.connections = rule.findings = 1;
  rule.examples = {2};
  a.rules["some.rule"] = rule;
  b.begun = {5};
  // Worker 0 is a batch ahead: nothing is numbered before worker 1 has said what it saw.
  Account a_next, b_next;
  a_next.ended = {ended(1, Verdict::failed)};
  a_next.reports.push_back(report_of(1, 3));
  b_next.begun = {11};
  b_next.ended = {ended(1), ended(2)};
  b_next.slow.push_back({70, 2, {}, {}});
  b_next.reports.push_back(report_of(1, 5));
  b_next.reports.push_back(report_of(2, 11));
  collector.deliver(0, a);
  collector.deliver(0, a_next);
  EXPECT_EQ(collector.summary().connections, 0u);
  collector.deliver(1, b);
  EXPECT_EQ(collector.summary().connections, 1u);
  EXPECT_THAT(collector.summary().rules.at("some.rule").examples, ElementsAre(3));
  collector.deliver(1, b_next);
  EXPECT_TRUE(given.empty());
  collector.flush();
  EXPECT_THAT(given, ElementsAre(std::pair(1u, 3u), std::pair(2u, 5u), std::pair(3u, 9u),
                                 std::pair(4u, 11u)));
  const Summary summary = collector.summary();
  EXPECT_EQ(summary.connections, 4u);
  EXPECT_EQ(summary.count(Verdict::failed), 1u);
  ASSERT_EQ(summary.slowest.size(), 1u);
  EXPECT_EQ(summary.slowest[0].index, 4u);
}

TEST(Collector, KeepsBackNoMoreThanItMay) {
  std::vector<std::uint64_t> given;
  Collector collector(
      1, [&](report::ConnectionReport& one) { given.push_back(one.connection.index); }, 2);
  for (const std::uint64_t order : {3u, 1u, 2u, 4u}) {
    Account account;
    account.ended = {ended(order)};
    account.reports.push_back(report_of(order, order));
    collector.deliver(0, account);
  }
  EXPECT_THAT(given, ElementsAre(1, 2, 3));
  collector.flush();
  EXPECT_THAT(given, ElementsAre(1, 2, 3, 4));
}

TEST(Summary, TheSlowestAndTheMostFrequentComeFirst) {
  Summary summary;
  for (const std::int64_t took : {5, 50, 1, 9, 30, 70, 2}) {
    summary.add(SlowHandshake{took, static_cast<std::uint64_t>(took), {}, {}});
  }
  ASSERT_EQ(summary.slowest.size(), Summary::kSlowest);
  EXPECT_EQ(summary.slowest.front().handshake_ns, 70);
  EXPECT_EQ(summary.slowest.back().handshake_ns, 5);
  const auto rule = [](Severity severity, std::uint64_t connections) {
    RuleCount count;
    count.severity = severity;
    count.connections = connections;
    return count;
  };
  summary.add("a.note", rule(Severity::note, 100));
  summary.add("b.must", rule(Severity::must, 1));
  summary.add("c.must", rule(Severity::must, 2));
  summary.add("c.must", rule(Severity::must, 3));
  const auto sorted = by_frequency(summary);
  ASSERT_EQ(sorted.size(), 3u);
  EXPECT_EQ(sorted[0].first, "c.must");
  EXPECT_EQ(sorted[0].second.connections, 5u);
  EXPECT_EQ(sorted[2].first, "a.note");
}

}  // namespace
}  // namespace wireproof::check
