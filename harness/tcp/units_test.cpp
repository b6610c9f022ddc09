// The small parts: widening, kept bytes, the table of flows.
#include <gtest/gtest.h>

#include "tcp/flow_table.h"
#include "tcp/sent_bytes.h"
#include "tcp/sequence.h"

namespace wireproof::tcp {
namespace {

std::span<const std::uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(Sequence, WidensAcrossTheWrap) {
  for (const std::uint32_t base : {0u, 1u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFF0u, 0xFFFFFFFFu}) {
    for (const std::int64_t near : {std::int64_t{0}, std::int64_t{100}, std::int64_t{1} << 32,
                                    (std::int64_t{5} << 32) + 17}) {
      for (const std::int64_t away : {-2'000'000'000ll, -1ll, 0ll, 1ll, 2'000'000'000ll}) {
        const std::int64_t truth = near + away;
        const auto raw = base + static_cast<std::uint32_t>(truth);
        EXPECT_EQ(widen(raw, base, near), truth) << base << " " << near << " " << away;
      }
    }
  }
}

TEST(Sequence, OrdersCircularly) {
  EXPECT_TRUE(before(0xFFFFFFFF, 0));
  EXPECT_FALSE(before(0, 0xFFFFFFFF));
  EXPECT_FALSE(before(7, 7));
}

TEST(SentBytes, FindsTheFirstDifference) {
  SentBytes sent;
  sent.keep(1, bytes("hello "));
  sent.keep(7, bytes("world"));
  EXPECT_FALSE(sent.compare(1, bytes("hello world")));
  EXPECT_FALSE(sent.compare(100, bytes("unknown")));
  const auto difference = sent.compare(5, bytes("o wxrld"));
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->offset, 3);
  EXPECT_EQ(difference->before, 'o');
  EXPECT_EQ(difference->now, 'x');
}

TEST(SentBytes, LetsGoOfWhatIsAcknowledged) {
  SentBytes sent;
  sent.keep(1, bytes("hello"));
  sent.keep(6, bytes("world"));
  EXPECT_EQ(sent.release(6), 0u);
  EXPECT_FALSE(sent.compare(1, bytes("HELLO")));  // no longer known
  EXPECT_TRUE(sent.compare(6, bytes("WORLD")));
  EXPECT_EQ(sent.release(8), 5u);  // within the second chunk
  EXPECT_EQ(sent.release(11), 0u);
  EXPECT_EQ(sent.size(), 0u);
}

TEST(SentBytes, IsBounded) {
  SentBytes sent;
  const std::string chunk(100'000, 'x');
  std::int64_t seq = 1;
  for (int i = 0; i < 200; ++i) {
    sent.keep(seq, bytes(chunk));
    seq += static_cast<std::int64_t>(chunk.size());
    EXPECT_LE(sent.size(), SentBytes::kLimit);
  }
  EXPECT_TRUE(sent.compare(seq - 10, bytes("y")));  // the latest are still there
  EXPECT_FALSE(sent.compare(1, bytes("y")));        // the oldest are not
}

TEST(FlowTable, KnowsBothDirectionsAndGrows) {
  FlowTable table;
  const auto key = [](std::uint32_t i, bool turned) {
    packet::Endpoint a, b;
    a.address.family = b.address.family = packet::Family::ipv4;
    a.address.bytes = {10, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)};
    b.address.bytes = {10, 1, 0, 1};
    a.port = static_cast<std::uint16_t>(i * 7);
    b.port = 80;
    return turned ? flow_key(b, a) : flow_key(a, b);
  };
  std::vector<FlowKey> keys;
  const auto find = [&](const FlowKey& wanted) {
    return table.find(hash(wanted), [&](std::uint32_t at) { return keys[at] == wanted; });
  };
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    ASSERT_EQ(find(key(i, false)), FlowTable::kNone);
    keys.push_back(key(i, false));
    table.insert(hash(keys.back()), i);
  }
  for (std::uint32_t i = 0; i < 20'000; ++i) ASSERT_EQ(find(key(i, true)), i);
  EXPECT_EQ(find(key(60'000, false)), FlowTable::kNone);
  EXPECT_EQ(table.size(), 20'000u);
  for (std::uint32_t i = 0; i < 20'000; i += 2) table.erase(hash(keys[i]), i);
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    ASSERT_EQ(find(key(i, true)), i % 2 == 0 ? FlowTable::kNone : i);
  }
  EXPECT_EQ(table.size(), 10'000u);
}

}  // namespace
}  // namespace wireproof::tcp
