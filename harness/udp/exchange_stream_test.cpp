#include "udp/exchange_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "udp/trace_for_test.h"

namespace wireproof::udp {
namespace {

using ::testing::IsEmpty;

constexpr std::int64_t kSecond = 1'000'000'000;

// Given on by a stream within `bounds`, with the moments that count for memory.
struct Streamed {
  std::vector<Exchange> ended;
  std::size_t most_kept = 0;
  ExchangeStream stream;
  std::uint64_t number = 0;

  explicit Streamed(const Bounds& bounds)
      : stream(bounds, [this](Exchange& one) { ended.push_back(std::move(one)); }) {}
  void send(const Endpoint& from, const Endpoint& to, std::int64_t time_ns,
            std::string_view text = "x") {
    const build::Bytes bytes = build::ethernet(
        build::ip(from.address, to.address, 17, build::udp(from, to, build::text(text), {}), {}));
    stream.add(packet::decode(build::frame(bytes, ++number, time_ns)));
    most_kept = std::max(most_kept, stream.kept());
  }
};

Endpoint client(unsigned i) {
  Endpoint end = kClient;
  end.address.bytes[2] = static_cast<std::uint8_t>(i >> 8);
  end.address.bytes[3] = static_cast<std::uint8_t>(i);
  return end;
}

TEST(ExchangeStream, WhatIsSilentForLongHasEnded) {
  Streamed it({.idle_ns = 10 * kSecond});
  it.send(client(1), kServer, 1 * kSecond);
  it.send(kServer, client(1), 2 * kSecond);
  it.send(client(2), kServer, 11 * kSecond);
  EXPECT_THAT(it.ended, IsEmpty());  // not longer than that
  it.send(client(2), kServer, 13 * kSecond);
  ASSERT_EQ(it.ended.size(), 1u);
  EXPECT_EQ(it.ended[0].answers, 1u);
  it.stream.advance(24 * kSecond);  // time passes without packets too
  ASSERT_EQ(it.ended.size(), 2u);
  EXPECT_EQ(it.ended[1].requests, 2u);
  EXPECT_EQ(it.stream.kept(), 0u);
  it.send(client(1), kServer, 25 * kSecond);  // the same endpoints: another exchange
  it.stream.finish();
  ASSERT_EQ(it.ended.size(), 3u);
  EXPECT_EQ(it.ended[2].index, 3u);
}

TEST(ExchangeStream, ALongOneIsGivenOnInParts) {
  Streamed it({.of_one = 100});
  for (int i = 0; i < 1050; ++i) it.send(client(1), kServer, i * 1000);
  EXPECT_LE(it.most_kept, 101u);
  it.stream.finish();
  EXPECT_EQ(it.ended.size(), 11u);
  std::uint64_t requests = 0;
  for (const Exchange& one : it.ended) requests += one.requests;
  EXPECT_EQ(requests, 1050u);  // each datagram in one of them
}

TEST(ExchangeStream, MemoryIsBoundedHoweverManyThereAre) {
  Streamed it({.datagrams = 1000});
  for (unsigned i = 0; i < 20'000; ++i) {
    it.send(client(i), kServer, i * 1000);
    it.send(kServer, client(i), i * 1000 + 500);
  }
  EXPECT_LE(it.most_kept, 1003u);
  it.stream.finish();
  EXPECT_EQ(it.ended.size(), 20'000u);
  for (const Exchange& one : it.ended) ASSERT_EQ(one.answers, 1u);
}

// Whose answer it may be is decided by the end of either.
TEST(ExchangeStream, AnAnswerFromAnotherPortFindsItsRequestHoweverTheyEnd) {
  Endpoint other_port = kServer;
  other_port.port = 9;
  for (const bool request_ends_first : {true, false}) {
    Streamed it({.idle_ns = 10 * kSecond});
    it.send(client(1), kServer, 0, "question");
    it.send(other_port, client(1), kSecond, "answer");
    if (!request_ends_first) it.send(client(1), kServer, 8 * kSecond, "again");
    it.stream.advance(30 * kSecond);
    ASSERT_EQ(it.ended.size(), 1u) << request_ends_first;
    EXPECT_EQ(it.ended[0].server, kServer);
    EXPECT_EQ(it.ended[0].unpaired_answers, 1u);
    EXPECT_EQ(it.stream.kept(), 0u);
  }
}

TEST(ExchangeStream, AClockThatWasSetBackEndsNothing) {
  Streamed it({.idle_ns = 10 * kSecond});
  it.send(client(1), kServer, 100'000 * kSecond);
  it.send(client(2), kServer, 5 * kSecond);
  it.send(client(2), kServer, 6 * kSecond);
  it.send(client(2), kServer, 12 * kSecond);
  EXPECT_THAT(it.ended, IsEmpty());
  it.send(client(2), kServer, 17 * kSecond);
  ASSERT_EQ(it.ended.size(), 1u);
  EXPECT_EQ(it.ended[0].client, client(1));
}

}  // namespace
}  // namespace wireproof::udp
