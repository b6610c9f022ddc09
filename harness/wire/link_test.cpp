// The link between two real hosts' stacks, as root and as an ordinary user.
#include <limits>
#include <thread>

#include "wire/link_testing.h"

namespace wireproof::wire {
namespace {

using namespace testing;
using lab::RunIdentity;
using lab::testing::in_case;
using packet::Family;
using packet::flag::ack, packet::flag::fin, packet::flag::syn;
using ::testing::IsEmpty;

class LinkTest : public ::testing::TestWithParam<lab::testing::Setup> {};
INSTANTIATE_TEST_SUITE_P(Levels, LinkTest, ::testing::ValuesIn(lab::testing::namespaced),
                         lab::testing::setup_name);
constexpr Family families[] = {Family::ipv4, Family::ipv6};

Rule rule(std::string name, const Match& on, const Action& action) {
  return {std::move(name), on, action, false};
}

TEST_P(LinkTest, CarriesBothFamiliesUntouched) {
  in_case(GetParam(), [](const RunIdentity& identity) {
    WireLab wire(identity);
    for (const Family family : families) {
      const Fd listener = wire.listen(family);
      const Fd client = wire.connect(family);
      const Fd server = witness::testing::accepted(listener);
      send_text(client, "question");
      EXPECT_EQ(receive_text(server, 8), "question");
      send_text(server, "answer");
      EXPECT_EQ(receive_text(client, 6), "answer");
    }
    wire.stop();
    for (const Side from : {Side::client, Side::server}) {
      const auto sent = wire.packets(from, true), received = wire.packets(other(from), false);
      ASSERT_EQ(sent.size(), received.size());
      EXPECT_GE(sent.size(), 6u);
      for (std::size_t i = 0; i < sent.size(); ++i) {
        EXPECT_TRUE(std::ranges::equal(sent[i].frame.bytes, received[i].frame.bytes));
        EXPECT_EQ(sent[i].checksum, packet::Checksum::good);
      }
    }
    EXPECT_THAT(wire.link->decisions(), IsEmpty());
    EXPECT_GT(wire.link->stats().markers, 0u);
  });
}

TEST_P(LinkTest, ADroppedSynIsSentAgain) {
  in_case(GetParam(), [](const RunIdentity& identity) {
    Plan plan;
    Match on;
    on.flags_all_of = syn;
    on.flags_none_of = ack;
    on.nth = {1, 1};
    plan.rules.push_back(rule("lose syn", on, Drop{}));
    WireLab wire(identity, plan);
    const Fd listener = wire.listen(Family::ipv4);
    const Fd client = wire.connect(Family::ipv4);
    wire.stop();
    const auto is_syn = [](const packet::Packet& one) { return one.tcp.flags == syn; };
    const auto sent = wire.packets(Side::client, true),
               received = wire.packets(Side::server, false);
    EXPECT_EQ(std::ranges::count_if(sent, is_syn), 2);
    EXPECT_EQ(std::ranges::count_if(received, is_syn), 1);
    const auto decisions = wire.link->decisions();
    ASSERT_EQ(decisions.size(), 1u);
    EXPECT_EQ(decisions[0].deed, Deed::dropped);
    EXPECT_EQ(decisions[0].packet.sequence, 0);
    EXPECT_THAT(wire.link->unmatched(), IsEmpty());
    const auto& frames = wire.captures[0]->frames();
    const auto place = find_in_capture(decisions[0].packet, frames);
    ASSERT_TRUE(place);
    EXPECT_EQ(frames[*place].time_ns, sent[0].frame.time_ns);
  });
}

TEST_P(LinkTest, AHeldAcknowledgementOfTheFinKeepsFinWait1) {
  in_case(GetParam(), [](const RunIdentity& identity) {
    for (const Family family : families) {
      Plan plan;
      Match on;
      on.direction = Direction::server_to_client;
      on.acknowledges_fin = true;
      plan.rules.push_back(rule("hold ack", on, Hold{"fin-ack"}));
      WireLab wire(identity, plan);
      const Fd listener = wire.listen(family);
      Fd client = wire.connect(family);
      const Fd server = witness::testing::accepted(listener);
      const packet::Endpoint remote = wire.address(Side::server, family, server_port);
      client.close();
      ASSERT_TRUE(wire.link->await_held("fin-ack", 1, soon()));
      ASSERT_TRUE(wire.reaches(Side::client, remote, tcp::State::fin_wait_1));
      // It stands still: a retransmitted FIN is acknowledged again, and that is held as well.
      ASSERT_TRUE(wire.link->await_held("fin-ack", 2, soon()));
      ASSERT_TRUE(wire.reaches(Side::client, remote, tcp::State::fin_wait_1));
      EXPECT_GE(wire.link->release("fin-ack"), 2u);
      EXPECT_TRUE(wire.reaches(Side::client, remote, tcp::State::fin_wait_2));
      wire.stop();
      EXPECT_EQ(wire.link->release("fin-ack"), 0u);
    }
  });
}

// The server gets what the client sent, whatever happened on the way. Its window is a few hundred
// segments: the kernel's queue between two veth ends holds net.core.netdev_max_backlog (1,000), and
// on a busy machine more in flight than that would be lost before the link sees it.
void expect_transfer(WireLab& wire, Family family, std::size_t size) {
  const Fd listener = wire.listen(family);
  const int window = 192 << 10;
  checked("set", "SO_RCVBUF", [&] {
    return ::setsockopt(listener.get(), SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
  });
  const Fd client = wire.connect(family);
  const Fd server = witness::testing::accepted(listener);
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('!' + i % 89);
  std::thread sender([&] {
    for (std::size_t at = 0; at < size;) {
      const auto sent = ::send(client.get(), text.data() + at, size - at, MSG_NOSIGNAL);
      if (sent <= 0) break;
      at += static_cast<std::size_t>(sent);
    }
  });
  const std::string got = receive_text(server, size, Deadline::after(60s));
  sender.join();
  EXPECT_TRUE(got == text) << "received " << got.size() << " bytes of " << size;
}

TEST_P(LinkTest, ReorderedDoubledAndCorruptedSegmentsAreRepairedByTcp) {
  in_case(GetParam(), [](const RunIdentity& identity) {
    Plan plan;
    Match data;
    data.direction = Direction::client_to_server;
    data.payload_length = Range{1};
    data.sending = Sending::first;
    Match third = data, fifth = data, seventh = data;
    third.nth = {3, 3};
    fifth.nth = {5, 5};
    seventh.nth = {7, 7};
    plan.rules = {rule("reorder", third, ReorderBehind{2, 1s}), rule("double", fifth, Duplicate{}),
                  rule("corrupt", seventh, Corrupt{})};
    WireLab wire(identity, plan);
    expect_transfer(wire, Family::ipv4, 100'000);
    wire.stop();
    EXPECT_THAT(wire.link->unmatched(), IsEmpty());
    const auto sent = wire.packets(Side::client, true),
               received = wire.packets(Side::server, false);
    EXPECT_EQ(received.size(), sent.size() + 1);
    const auto bad = [](const packet::Packet& one) {
      return one.checksum == packet::Checksum::bad;
    };
    EXPECT_EQ(std::ranges::count_if(sent, bad), 0);
    EXPECT_EQ(std::ranges::count_if(received, bad), 1);
  });
}

TEST_P(LinkTest, ALoadIsForwardedWithoutLoss) {
  in_case(GetParam(), [](const RunIdentity& identity) {
    WireLab wire(identity, {}, 16u << 20, false);
    expect_transfer(wire, Family::ipv4, 40'000'000);
    wire.stop();
    const Stats stats = wire.link->stats();
    EXPECT_GT(stats.client_to_server.forwarded, 27'000u);
    EXPECT_EQ(stats.client_to_server.forwarded, stats.client_to_server.received);
    EXPECT_EQ(stats.server_to_client.forwarded, stats.server_to_client.received);
  });
}

TEST_P(LinkTest, DelayIsNeverShortAndCanBeExact) {
  in_case(GetParam(), [](const RunIdentity& identity) {
    for (const auto delay : {1ms, 10ms}) {
      Plan plan;
      plan.client_to_server.delay = delay;
      WireLab wire(identity, plan);
      const Fd listener = wire.listen(Family::ipv4);
      const Fd client = wire.connect(Family::ipv4);
      const Fd server = witness::testing::accepted(listener);
      for (int i = 0; i < 40; ++i) {
        send_text(client, "x");
        ASSERT_EQ(receive_text(server, 1), "x");
      }
      wire.stop();
      const auto sent = wire.packets(Side::client, true),
                 received = wire.packets(Side::server, false);
      ASSERT_EQ(sent.size(), received.size());
      // Never early; and at least once as late as the link makes it: how late a busy machine wakes
      // a thread is not its doing.
      std::int64_t nearest = std::numeric_limits<std::int64_t>::max();
      for (std::size_t i = 0; i < sent.size(); ++i) {
        const auto took = received[i].frame.time_ns - sent[i].frame.time_ns;
        const auto late = took - nanoseconds(delay).count();
        EXPECT_GE(late, -50'000);
        nearest = std::min(nearest, late);
      }
      EXPECT_LT(nearest, 400'000) << delay.count() << " ms";
    }
  });
}

}  // namespace
}  // namespace wireproof::wire
