#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "udp/trace_for_test.h"

namespace wireproof::udp {
namespace {

std::vector<Pairing> pairings(const Exchange& exchange) {
  std::vector<Pairing> all;
  for (const Datagram& each : exchange.datagrams) all.push_back(each.pairing);
  return all;
}

TEST(Tracker, RequestsAndAnswersArePaired) {
  for (const auto& [client, server] :
       {std::pair{kClient, kServer}, std::pair{kClient6, kServer6}}) {
    const Exchange exchange = Trace()
                                  .send(client, server, "one")
                                  .send(server, client, "success")
                                  .send(client, server, "")
                                  .send(server, client, "")
                                  .exchange();
    EXPECT_EQ(exchange.index, 1u);
    EXPECT_EQ(exchange.client, client);
    EXPECT_EQ(exchange.server, server);
    EXPECT_EQ(exchange.requests, 2u);
    EXPECT_EQ(exchange.answers, 2u);
    EXPECT_EQ(exchange.unanswered, 0u);
    EXPECT_EQ(exchange.unpaired_answers, 0u);
    EXPECT_EQ(exchange.client_bytes, 3u);
    EXPECT_EQ(exchange.server_bytes, 7u);
    ASSERT_EQ(exchange.datagrams.size(), 4u);
    EXPECT_EQ(exchange.datagrams[1].answers, 1u);
    EXPECT_EQ(exchange.datagrams[3].answers, 3u);
    EXPECT_EQ(exchange.datagrams[1].from, Side::server);
    EXPECT_EQ(exchange.datagrams[1].payload_start, "success");
    EXPECT_EQ(exchange.datagrams[1].time_ns, 2'000'000);
    EXPECT_EQ(exchange.datagrams[1].checksum, packet::Checksum::good);
  }
}

TEST(Tracker, TwoClientsAtOnceAreTwoExchanges) {
  const Endpoint second = build::endpoint("192.0.2.1", 40001);
  const auto exchanges = Trace()
                             .send(kClient, kServer, "a")
                             .send(second, kServer, "b")
                             .send(kServer, second, "success")
                             .send(kServer, kClient, "success")
                             .exchanges();
  ASSERT_EQ(exchanges.size(), 2u);
  for (const Exchange& exchange : exchanges) {
    EXPECT_EQ(exchange.answers, 1u);
    EXPECT_EQ(exchange.unanswered, 0u);
  }
  EXPECT_EQ(exchanges[1].index, 2u);
}

TEST(Tracker, ALostAnswerLeavesItsRequestUnanswered) {
  const Exchange exchange = Trace()
                                .send(kClient, kServer, "a")
                                .send(kClient, kServer, "a")
                                .send(kServer, kClient, "b")
                                .exchange();
  EXPECT_EQ(exchange.requests, 2u);
  EXPECT_EQ(exchange.answers, 1u);
  EXPECT_EQ(exchange.unanswered, 1u);
}

TEST(Tracker, EchoesFindTheirOwnRequestAndOvertakingIsSeen) {
  const Exchange exchange = Trace()
                                .send(kClient, kServer, "one")
                                .send(kClient, kServer, "two")
                                .send(kServer, kClient, "two")
                                .send(kServer, kClient, "one")
                                .exchange();
  EXPECT_EQ(exchange.datagrams[2].answers, 2u);
  EXPECT_EQ(exchange.datagrams[3].answers, 1u);
  EXPECT_FALSE(exchange.datagrams[2].reordered);
  EXPECT_TRUE(exchange.datagrams[3].reordered);
  EXPECT_EQ(exchange.reordered, 1u);
}

TEST(Tracker, AnIdentificationOutOfOrderIsReordering) {
  const auto reordered = [](std::initializer_list<std::uint32_t> ids) {
    Trace trace;
    for (const std::uint32_t id : ids) {
      trace.send(kClient, kServer, "request " + std::to_string(id), {.id = id});
    }
    return trace.exchange().reordered;
  };
  EXPECT_EQ(reordered({10, 11, 12, 13}), 0u);
  EXPECT_EQ(reordered({10, 12, 11, 13}), 1u);
  EXPECT_EQ(reordered({11, 10}), 1u);
  EXPECT_EQ(reordered({65534, 0xFFFF, 1, 2}), 0u);
  EXPECT_EQ(reordered({10, 13, 11, 12}), 2u);
  EXPECT_EQ(reordered({50000, 1000, 30000, 2, 999}), 0u);  // drawn at random
}

TEST(Tracker, TheSameIdentificationAndBytesIsADuplicate) {
  const Exchange exchange = Trace()
                                .send(kClient, kServer, "a", {.id = 5})
                                .send(kClient, kServer, "a", {.id = 5})
                                .send(kServer, kClient, "b", {.id = 9})
                                .send(kServer, kClient, "b", {.id = 9})
                                .exchange();
  EXPECT_EQ(exchange.requests, 1u);
  EXPECT_EQ(exchange.answers, 1u);
  EXPECT_EQ(exchange.duplicates, 2u);
  EXPECT_EQ(exchange.unanswered, 0u);
  EXPECT_EQ(exchange.unpaired_answers, 0u);
  EXPECT_TRUE(exchange.datagrams[1].duplicate);
  // Identification 0 says nothing; another one says that it is another datagram.
  EXPECT_EQ(Trace().send(kClient, kServer, "a").send(kClient, kServer, "a").exchange().duplicates,
            0u);
  EXPECT_EQ(Trace()
                .send(kClient, kServer, "a", {.id = 5})
                .send(kClient, kServer, "b", {.id = 5})
                .exchange()
                .duplicates,
            0u);
}

TEST(Tracker, AnAnswerGivenTwiceIsRepeated) {
  const Exchange exchange = Trace()
                                .send(kClient, kServer, "a")
                                .send(kServer, kClient, "success")
                                .send(kServer, kClient, "success")
                                .exchange();
  EXPECT_THAT(pairings(exchange),
              testing::ElementsAre(Pairing::request, Pairing::answer, Pairing::repeated));
  EXPECT_EQ(exchange.answers, 1u);
  EXPECT_EQ(exchange.duplicates, 1u);
  EXPECT_EQ(exchange.unpaired_answers, 1u);
  EXPECT_EQ(exchange.datagrams[2].answers, 1u);
}

TEST(Tracker, OtherBytesUnaskedAreUnsolicited) {
  const Exchange exchange = Trace()
                                .send(kClient, kServer, "a")
                                .send(kServer, kClient, "first")
                                .send(kServer, kClient, "second")
                                .exchange();
  EXPECT_EQ(exchange.datagrams[2].pairing, Pairing::unsolicited);
  EXPECT_EQ(exchange.unpaired_answers, 1u);
  EXPECT_EQ(exchange.duplicates, 0u);
}

TEST(Tracker, AnAnswerFromAnotherPortOrAddressBelongsToTheRequest) {
  for (const auto& [from, pairing] :
       {std::pair{build::endpoint("192.0.2.2", 9999), Pairing::other_port},
        std::pair{build::endpoint("192.0.2.77", 7), Pairing::other_address}}) {
    const Exchange exchange =
        Trace().send(kClient, kServer, "a").send(from, kClient, "success").exchange();
    ASSERT_EQ(exchange.datagrams.size(), 2u);
    EXPECT_EQ(exchange.datagrams[1].pairing, pairing);
    EXPECT_EQ(exchange.datagrams[1].from, Side::server);
    EXPECT_EQ(exchange.datagrams[1].answers, 1u);
    EXPECT_EQ(exchange.datagrams[1].source, from);
    EXPECT_EQ(exchange.answers, 0u);
    EXPECT_EQ(exchange.unpaired_answers, 1u);
    EXPECT_EQ(exchange.unanswered, 0u);
  }
}

TEST(Tracker, AnAnswerToWhoNeverAskedBelongsToTheRequest) {
  const Endpoint stranger = build::endpoint("192.0.2.1", 40001);
  const Exchange exchange = Trace()
                                .send(kClient, kServer, "a")
                                .send(kServer, stranger, "success")
                                .icmp(stranger, 2, 3, 3)
                                .exchange();
  ASSERT_EQ(exchange.datagrams.size(), 2u);
  EXPECT_EQ(exchange.datagrams[1].pairing, Pairing::wrong_peer);
  EXPECT_EQ(exchange.datagrams[1].destination, stranger);
  EXPECT_EQ(exchange.datagrams[1].icmp_packet, 3u);
  EXPECT_EQ(exchange.unanswered, 0u);
}

TEST(Tracker, SuspicionsThatDoNotHoldAreExchangesOfTheirOwn) {
  const Endpoint upstream = build::endpoint("192.0.2.9", 53);
  // A forwarder asks on while the first question is open, and is answered.
  EXPECT_EQ(Trace()
                .send(kClient, kServer, "a")
                .send(kServer, upstream, "a?")
                .send(upstream, kServer, "a!")
                .exchanges()
                .size(),
            2u);
  // The server answers itself in the end.
  const auto late = Trace()
                        .send(kClient, kServer, "a")
                        .send(build::endpoint("192.0.2.2", 9999), kClient, "hello")
                        .send(kServer, kClient, "success")
                        .exchanges();
  ASSERT_EQ(late.size(), 2u);
  EXPECT_EQ(late[0].answers, 1u);
  // Nothing is open any more.
  EXPECT_EQ(Trace()
                .send(kClient, kServer, "a")
                .send(kServer, kClient, "b")
                .send(build::endpoint("192.0.2.2", 9999), kClient, "hello")
                .exchanges()
                .size(),
            2u);
  // TFTP answers from a port of its own; multicast is answered by anybody.
  const Endpoint tftp = build::endpoint("192.0.2.2", 69),
                 group = build::endpoint("224.0.0.251", 5353);
  EXPECT_EQ(Trace()
                .send(kClient, tftp, "read")
                .send(build::endpoint("192.0.2.2", 9999), kClient, "data")
                .exchanges()
                .size(),
            2u);
  EXPECT_EQ(Trace()
                .send(kClient, group, "who?")
                .send(build::endpoint("192.0.2.2", 5353), kClient, "me")
                .exchanges()
                .size(),
            2u);
}

TEST(Tracker, AnAnnouncementToABroadcastAddressIsNoAnswer) {
  EXPECT_EQ(Trace()
                .send(kClient, kServer, "a")
                .send(kServer, build::endpoint("192.0.2.255", 7), "here I am")
                .exchanges()
                .size(),
            2u);
}

TEST(Tracker, IcmpErrorsAreTiedToTheirDatagram) {
  for (const bool version_6 : {false, true}) {
    const Endpoint& client = version_6 ? kClient6 : kClient;
    const Endpoint& server = version_6 ? kServer6 : kServer;
    const std::uint8_t type = version_6 ? 1 : 3, code = version_6 ? 4 : 3;
    const Exchange exchange = Trace()
                                  .send(client, server, "a")
                                  .send(client, server, "longer")
                                  .icmp(server, 2, type, code)
                                  .icmp(server, 1, type, code)
                                  .exchange();
    ASSERT_EQ(exchange.datagrams.size(), 2u);
    EXPECT_EQ(exchange.datagrams[0].icmp_packet, 4u);
    EXPECT_EQ(exchange.datagrams[1].icmp_packet, 3u);
    EXPECT_EQ(exchange.datagrams[1].icmp_type, type);
    EXPECT_EQ(exchange.datagrams[1].icmp_code, code);
    EXPECT_EQ(exchange.icmp_errors, 2u);
    EXPECT_EQ(exchange.unanswered, 2u);
  }
}

TEST(Tracker, ErrorsOfTheSameLengthAreTiedInOrder) {
  const Exchange exchange = Trace()
                                .send(kClient, kServer, "a")
                                .send(kClient, kServer, "b")
                                .icmp(kServer, 1, 3, 3)
                                .icmp(kServer, 2, 3, 3)
                                .exchange();
  EXPECT_EQ(exchange.datagrams[0].icmp_packet, 3u);
  EXPECT_EQ(exchange.datagrams[1].icmp_packet, 4u);
}

TEST(Tracker, FragmentsAreOneDatagram) {
  const build::Bytes whole = build::udp(kClient, kServer, build::Bytes(2000, 'x'));
  const Exchange exchange = Trace()
                                .datagram(kClient, kServer, build::View(whole).first(1480),
                                          {.id = 3, .more_fragments = true})
                                .datagram(kClient, kServer, build::View(whole).subspan(1480),
                                          {.id = 3, .fragment_offset = 1480})
                                .send(kServer, kClient, "success")
                                .exchange();
  ASSERT_EQ(exchange.datagrams.size(), 2u);
  EXPECT_EQ(exchange.datagrams[0].packet, 2u);
  EXPECT_EQ(exchange.datagrams[0].length, 2000u);
  EXPECT_EQ(exchange.datagrams[0].fragments, 2u);
  EXPECT_EQ(exchange.datagrams[0].payload_start, std::string(64, 'x'));
  EXPECT_EQ(exchange.datagrams[0].checksum, packet::Checksum::good);
  EXPECT_EQ(exchange.fragments, 2u);
  EXPECT_EQ(exchange.answers, 1u);
}

TEST(Tracker, AnAnswerThatLostAFragmentIsNone) {
  const build::Bytes whole = build::udp(kServer, kClient, build::Bytes(2000, 'x'));
  const Exchange exchange = Trace()
                                .send(kClient, kServer, "a")
                                .datagram(kServer, kClient, build::View(whole).first(1480),
                                          {.id = 3, .more_fragments = true})
                                .exchange();
  ASSERT_EQ(exchange.datagrams.size(), 2u);
  EXPECT_FALSE(exchange.datagrams[1].complete);
  EXPECT_EQ(exchange.datagrams[1].length, 1472u);
  EXPECT_EQ(exchange.unanswered, 1u);
  EXPECT_EQ(exchange.answers, 0u);
}

TEST(Tracker, OtherProtocolsAreIgnoredAndFinishStartsAfresh) {
  Tracker tracker;
  const auto tcp = build::tcp_frame(kClient, kServer, {});
  tracker.add(packet::decode(build::frame(tcp)));
  EXPECT_TRUE(tracker.finish().empty());
  const auto udp = build::udp_frame(kClient, kServer, {});
  tracker.add(packet::decode(build::frame(udp)));
  EXPECT_EQ(tracker.finish().size(), 1u);
  EXPECT_TRUE(tracker.finish().empty());
}

}  // namespace
}  // namespace wireproof::udp
