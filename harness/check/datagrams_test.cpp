#include "check/datagrams.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace wireproof::check {
namespace {

using ::testing::HasSubstr;

udp::Exchange with_bad_checksum(std::uint64_t packet) {
  udp::Exchange exchange;
  exchange.index = packet;
  exchange.client.port = 40'000;
  exchange.server.port = 7;
  udp::Datagram datagram;
  datagram.packet = packet;
  datagram.source = exchange.client;
  datagram.destination = exchange.server;
  datagram.checksum = packet::Checksum::bad;
  exchange.datagrams = {datagram, datagram};
  exchange.datagrams[1].packet = packet + 1;
  exchange.datagrams[1].checksum = packet::Checksum::good;
  exchange.requests = 2;
  return exchange;
}

TEST(Datagrams, AnExchangeIsJudgedAndItsDatagramsGo) {
  udp::Exchange exchange = with_bad_checksum(5);
  const JudgedExchange one = judged(exchange, true);
  EXPECT_EQ(one.judgement.verdict, Verdict::inconclusive);  // a bad checksum, of a file
  EXPECT_EQ(one.exchange.requests, 2u);
  ASSERT_EQ(one.exchange.datagrams.size(), 1u);
  EXPECT_EQ(one.exchange.datagrams[0].packet, 5u);
  udp::Exchange again = with_bad_checksum(5);
  EXPECT_EQ(judged(again, false).judgement.verdict, Verdict::passed);
  udp::Exchange wanted = with_bad_checksum(5);
  EXPECT_EQ(judged(wanted, true, 10).exchange.datagrams.size(), 2u);
}

TEST(Datagrams, OfVeryManyTheFirstAreToldAndTheRestCounted) {
  constexpr std::uint64_t many = Datagrams::kOfARule + 234;
  Datagrams all;
  for (std::uint64_t i = 1; i <= many; ++i) {
    udp::Exchange exchange = with_bad_checksum(2 * i);
    JudgedExchange one = judged(exchange, true);
    all.add(one);
  }
  EXPECT_EQ(all.exchanges(), many);
  EXPECT_EQ(all.verdict(), Verdict::inconclusive);
  std::vector<Finding> told = all.take_findings();
  std::erase_if(told, [](const Finding& each) { return each.rule != "udp.checksum.good"; });
  ASSERT_EQ(told.size(), Datagrams::kOfARule + 1);
  EXPECT_THAT(told.back().observed, HasSubstr("the same in 234 more exchanges"));
  EXPECT_TRUE(told.back().packets.empty());
}

}  // namespace
}  // namespace wireproof::check
