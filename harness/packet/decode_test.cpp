// TCP, UDP and ICMP: frames that Linux sent (hexadecimal, from lo in a network namespace) and
// frames built to be wrong.
#include "packet/decode.h"

#include <gtest/gtest.h>

#include "packet/build.h"
#include "packet/bytes.h"

namespace wireproof::packet {
namespace {

using build::Bytes;

const Endpoint kClient4 = build::endpoint("192.0.2.1", 40000);
const Endpoint kServer4 = build::endpoint("192.0.2.2", 80);
const Endpoint kClient6 = build::endpoint("2001:db8::1", 40000);
const Endpoint kServer6 = build::endpoint("2001:db8::2", 80);

Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(
        static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::string text_of(std::span<const std::uint8_t> bytes) {
  return std::string(bytes.begin(), bytes.end());
}

TEST(RealFrames, SynOnLoopbackHasPartialChecksum) {
  const Bytes bytes = from_hex(
      "00000000000000000000000008004500003ca4a64000400682020a0900010a0900019e5200503910782400000000"
      "a002ffd7144200000204ffd70402080abf2171f7000000000103030a");
  const Packet packet = decode(build::frame(bytes));
  EXPECT_EQ(packet.protocol, Protocol::tcp);
  EXPECT_EQ(to_string(packet.source), "10.9.0.1:40530");
  EXPECT_EQ(to_string(packet.destination), "10.9.0.1:80");
  EXPECT_EQ(packet.tcp.flags, flag::syn);
  EXPECT_EQ(packet.tcp.seq, 0x39107824u);
  EXPECT_EQ(packet.tcp.window, 0xFFD7);
  EXPECT_EQ(packet.tcp.options.mss, 0xFFD7);
  EXPECT_EQ(packet.tcp.options.window_scale, 10);
  EXPECT_TRUE(packet.tcp.options.sack_permitted);
  EXPECT_EQ(packet.tcp.options.timestamps->value, 0xBF2171F7u);
  EXPECT_EQ(packet.ip_checksum, Checksum::good);
  EXPECT_EQ(packet.checksum, Checksum::partial);
  EXPECT_EQ(packet.payload_length, 0u);
}

TEST(RealFrames, Ipv6DataAndUdp) {
  const Bytes syn_ack = from_hex(
      "00000000000000000000000086dd60034f0d0028064020010db800000000000000000000000120010db800000000"
      "00000000000000010050e44075ce8f12f67a37f3a012ffb85ba200000204ffc40402080a3afd4f9a624840a50103"
      "030a");
  const Packet packet = decode(build::frame(syn_ack));
  EXPECT_EQ(packet.tcp.flags, flag::syn | flag::ack);
  EXPECT_EQ(packet.tcp.ack, 0xF67A37F3u);
  EXPECT_EQ(packet.checksum, Checksum::partial);
  const Bytes udp = from_hex(
      "00000000000000000000000086dd6005680f0010114020010db800000000000000000000000120010db800000000"
      "00000000000000018cb6000900105b95646174616772616d");
  const Packet datagram = decode(build::frame(udp));
  EXPECT_EQ(datagram.protocol, Protocol::udp);
  EXPECT_EQ(datagram.udp_length, 16);
  EXPECT_EQ(datagram.destination.port, 9);
  EXPECT_EQ(text_of(datagram.payload), "datagram");
}

TEST(RealFrames, IcmpErrorsQuoteTheDatagram) {
  const Bytes v4 = from_hex(
      "000000000000000000000000080045c0004041a70000400124430a0900010a09000103037cd80000000045000024"
      "208b40004011062b0a0900010a090001ca33000900101435646174616772616d");
  const Bytes v6 = from_hex(
      "00000000000000000000000086dd60010a2100403a4020010db800000000000000000000000120010db800000000"
      "00000000000000010104e42c000000006005680f0010114020010db800000000000000000000000120010db80000"
      "000000000000000000018cb6000900105b95646174616772616d");
  for (const auto& [bytes, type, code, port] :
       {std::tuple{v4, 3, 3, 0xCA33}, std::tuple{v6, 1, 4, 0x8CB6}}) {
    const Packet packet = decode(build::frame(bytes));
    EXPECT_EQ(packet.protocol, type == 3 ? Protocol::icmp : Protocol::icmpv6);
    EXPECT_TRUE(packet.icmp.is_error);
    EXPECT_EQ(packet.icmp.type, type);
    EXPECT_EQ(packet.icmp.code, code);
    EXPECT_EQ(packet.checksum, Checksum::good);
    EXPECT_EQ(packet.icmp.quoted_protocol, Protocol::udp);
    EXPECT_EQ(packet.icmp.quoted_source.port, port);
    EXPECT_EQ(packet.icmp.quoted_destination.port, 9);
    EXPECT_EQ(packet.icmp.quoted_destination.address, packet.source.address);
    EXPECT_EQ(packet.icmp.quoted_udp_length, 16);
  }
}

TEST(Tcp, BuiltSegmentsComeBackAsTheyWere) {
  for (const bool version_6 : {false, true}) {
    const auto& from = version_6 ? kClient6 : kClient4;
    const auto& to = version_6 ? kServer6 : kServer4;
    const Bytes bytes = build::tcp_frame(from, to,
                                         {.seq = 0xFFFFFFFF,
                                          .ack = 5,
                                          .flags = 0x1FF,
                                          .window = 77,
                                          .urgent = 3,
                                          .options = build::option_timestamps(1, 2)},
                                         build::text("success"));
    const Packet packet = decode(build::frame(bytes, 12, 34));
    EXPECT_EQ(packet.frame.number, 12u);
    EXPECT_EQ(packet.frame.time_ns, 34);
    EXPECT_EQ(packet.source, from);
    EXPECT_EQ(packet.destination, to);
    EXPECT_EQ(packet.tcp.seq, 0xFFFFFFFF);
    EXPECT_EQ(packet.tcp.ack, 5u);
    EXPECT_EQ(packet.tcp.flags, 0x1FF);
    EXPECT_EQ(packet.tcp.window, 77);
    EXPECT_EQ(packet.tcp.urgent, 3);
    EXPECT_EQ(packet.tcp.header_length, 32);
    EXPECT_EQ(packet.checksum, Checksum::good);
    EXPECT_EQ(text_of(packet.payload), "success");
    EXPECT_EQ(packet.payload_length, 7u);
    EXPECT_FALSE(packet.cut);
  }
}

TEST(Tcp, ChecksumBadPartialAndUnknown) {
  const auto checksum = [](const build::TcpFields& fields, std::size_t keep, bool verify) {
    const Bytes bytes = build::tcp_frame(kClient4, kServer4, fields, build::text("success"));
    Frame frame = build::frame(bytes);
    frame.bytes = frame.bytes.first(std::min(keep, bytes.size()));
    return decode(frame, verify).checksum;
  };
  EXPECT_EQ(checksum({.checksum = 0x1234}, 999, true), Checksum::bad);
  EXPECT_EQ(checksum({.offloaded = true}, 999, true), Checksum::partial);
  EXPECT_EQ(checksum({.checksum = 0x1234}, 60, true), Checksum::unknown);
  EXPECT_EQ(checksum({.checksum = 0x1234}, 999, false), Checksum::unknown);
}

TEST(Tcp, EveryFlippedBitOfASegmentIsSeenByItsChecksum) {
  const Bytes good = build::tcp_frame(kClient6, kServer6, {.seq = 1}, build::text("abc"));
  for (std::size_t bit = 54 * 8; bit < good.size() * 8; ++bit) {
    Bytes bytes = good;
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1u << (bit % 8)));
    EXPECT_NE(decode(build::frame(bytes)).checksum, Checksum::good) << bit;
  }
}

TEST(Tcp, DataOffsetThatLies) {
  for (std::uint8_t words = 0; words < 5; ++words) {
    const Bytes bytes = build::tcp_frame(kClient4, kServer4, {.data_offset = words});
    EXPECT_EQ(decode(build::frame(bytes)).malformed,
              "TCP data offset " + std::to_string(words) + " is below 5");
  }
  const Bytes bytes = build::tcp_frame(kClient4, kServer4, {.data_offset = 15});
  const Packet packet = decode(build::frame(bytes));
  EXPECT_EQ(packet.malformed, "TCP header ends past the IP payload");
  EXPECT_EQ(packet.source, kClient4);
}

TEST(Tcp, AHeaderCutByTheSnapLengthHasWhatWasCaptured) {
  const Bytes bytes = build::tcp_frame(
      kClient4, kServer4,
      {.seq = 9, .flags = flag::syn, .window = 5, .options = build::option_mss(1460)},
      build::text("abc"));
  Frame frame = build::frame(bytes);
  frame.bytes = build::View(bytes).first(34 + 14);
  Packet packet = decode(frame);
  EXPECT_TRUE(packet.cut);
  EXPECT_EQ(packet.protocol, Protocol::tcp);
  EXPECT_EQ(packet.tcp.flags, flag::syn);
  EXPECT_EQ(packet.tcp.seq, 9u);
  EXPECT_EQ(packet.tcp.window, 0);
  EXPECT_EQ(packet.payload_length, 3u);
  frame.bytes = build::View(bytes).first(34 + 13);
  packet = decode(frame);
  EXPECT_TRUE(packet.cut);
  EXPECT_EQ(packet.protocol, Protocol::other);
  EXPECT_EQ(packet.ip_protocol, 6);
  EXPECT_EQ(packet.source, kClient4);
  frame.bytes = build::View(bytes).first(34 + 24);
  packet = decode(frame);
  EXPECT_FALSE(packet.cut);  // only the payload is not there
  EXPECT_EQ(packet.tcp.options.mss, 1460);
  EXPECT_EQ(packet.payload_length, 3u);
  EXPECT_TRUE(packet.payload.empty());
}

TEST(Tcp, MalformedOptionsLeaveTheSegmentReadable) {
  const Bytes bytes =
      build::tcp_frame(kClient4, kServer4, {.options = {8, 0, 0, 0}}, build::text("abc"));
  const Packet packet = decode(build::frame(bytes));
  EXPECT_EQ(packet.tcp.options.malformed, "option 8 has length 0");
  EXPECT_EQ(packet.malformed, "");
  EXPECT_EQ(text_of(packet.payload), "abc");
}

TEST(Udp, LengthAndChecksum) {
  const auto decoded = [](Bytes& keep, const build::UdpFields& fields, bool version_6 = false) {
    keep = version_6 ? build::udp_frame(kClient6, kServer6, build::text("abcd"), fields)
                     : build::udp_frame(kClient4, kServer4, build::text("abcd"), fields);
    return decode(build::frame(keep));
  };
  Bytes keep;
  EXPECT_EQ(decoded(keep, {}).checksum, Checksum::good);
  EXPECT_EQ(decoded(keep, {}).payload_length, 4u);
  EXPECT_EQ(decoded(keep, {.checksum = 1}).checksum, Checksum::bad);
  EXPECT_EQ(decoded(keep, {.checksum = 0}).checksum, Checksum::absent);
  EXPECT_EQ(decoded(keep, {.checksum = 0}, true).checksum, Checksum::absent);
  EXPECT_EQ(decoded(keep, {.length = 7}).malformed, "UDP length is below 8");
  EXPECT_EQ(decoded(keep, {.length = 0}).malformed, "UDP length is below 8");
  EXPECT_EQ(decoded(keep, {.length = 13}).malformed, "UDP length exceeds the IP payload");
  const Packet shorter = decoded(keep, {.length = 10});
  EXPECT_EQ(shorter.malformed, "");
  EXPECT_EQ(text_of(shorter.payload), "ab");
}

TEST(Udp, AnEmptyDatagramIsADatagram) {
  const Bytes bytes = build::udp_frame(kClient6, kServer6, {});
  const Packet packet = decode(build::frame(bytes));
  EXPECT_EQ(packet.protocol, Protocol::udp);
  EXPECT_EQ(packet.payload_length, 0u);
  EXPECT_EQ(packet.checksum, Checksum::good);
}

TEST(Udp, FirstFragmentCarriesTheWholeLength) {
  const Bytes whole = build::udp(kClient4, kServer4, Bytes(3000, 'x'));
  const Bytes bytes =
      build::ethernet(build::ip(kClient4.address, kServer4.address, 17,
                                build::View(whole).first(1480), {.id = 9, .more_fragments = true}));
  const Packet packet = decode(build::frame(bytes));
  EXPECT_EQ(packet.udp_length, 3008);
  EXPECT_EQ(packet.payload_length, 1472u);
  EXPECT_EQ(packet.malformed, "");
  EXPECT_EQ(packet.checksum, Checksum::unknown);
}

TEST(Icmp, EchoIsNoErrorAndFragmentationNeededHasItsMtu) {
  const Address a = kClient4.address, b = kServer4.address;
  const Bytes echo = build::ethernet(build::ip(a, b, 1, build::icmp(a, b, 8, 0, 1, {})));
  EXPECT_EQ(decode(build::frame(echo)).protocol, Protocol::icmp);
  EXPECT_FALSE(decode(build::frame(echo)).icmp.is_error);
  const Bytes quoted = build::ip(a, b, 6, build::tcp(kClient4, kServer4, {.seq = 42}));
  const Bytes error = build::ethernet(
      build::ip(b, a, 1, build::icmp(b, a, 3, 4, 1400, build::View(quoted).first(28))));
  const Packet packet = decode(build::frame(error));
  EXPECT_TRUE(packet.icmp.is_error);
  EXPECT_EQ(packet.icmp.mtu, 1400);
  EXPECT_EQ(packet.icmp.quoted_protocol, Protocol::tcp);
  EXPECT_EQ(packet.icmp.quoted_source, kClient4);
  EXPECT_EQ(packet.icmp.quoted_destination, kServer4);
  EXPECT_EQ(packet.icmp.quoted_tcp_seq, 42u);
  EXPECT_EQ(packet.checksum, Checksum::good);
}

TEST(Icmp, Version6TooBigAndNeighbourDiscovery) {
  const Address a = kClient6.address, b = kServer6.address;
  const Bytes quoted = build::ip(a, b, 6, build::tcp(kClient6, kServer6, {.seq = 42}));
  const Bytes error = build::ethernet(build::ip(b, a, 58, build::icmp(b, a, 2, 0, 100000, quoted)));
  const Packet packet = decode(build::frame(error));
  EXPECT_TRUE(packet.icmp.is_error);
  EXPECT_EQ(packet.icmp.mtu, 0xFFFF);
  EXPECT_EQ(packet.icmp.quoted_tcp_seq, 42u);
  for (const std::uint8_t type : Bytes{128, 129, 130, 133, 135, 136, 143}) {
    const Bytes other =
        build::ethernet(build::ip(b, a, 58, build::icmp(b, a, type, 0, 0, Bytes(16, 0))));
    const Packet housekeeping = decode(build::frame(other));
    EXPECT_EQ(housekeeping.protocol, Protocol::icmpv6);
    EXPECT_EQ(housekeeping.icmp.type, type);
    EXPECT_FALSE(housekeeping.icmp.is_error);
  }
}

TEST(Icmp, QuotesOfAnyLengthAndOfFragments) {
  const Address a = kClient4.address, b = kServer4.address;
  const Bytes quoted = build::ip(a, b, 17, build::udp(kClient4, kServer4, build::text("abc")));
  for (std::size_t length = 0; length <= quoted.size(); ++length) {
    const Bytes bytes = build::ethernet(
        build::ip(b, a, 1, build::icmp(b, a, 11, 0, 0, build::View(quoted).first(length))));
    const Packet packet = decode(build::frame(bytes));
    EXPECT_TRUE(packet.icmp.is_error);
    EXPECT_EQ(packet.icmp.quoted_protocol, length >= 20 ? Protocol::udp : Protocol::none);
    EXPECT_EQ(packet.icmp.quoted_source.port, length >= 24 ? 40000 : 0);
    EXPECT_EQ(packet.icmp.quoted_udp_length, length >= 26 ? 11 : 0);
  }
  const Bytes later = build::ip(a, b, 17, build::text("not a header"), {.fragment_offset = 800});
  const Bytes bytes = build::ethernet(build::ip(b, a, 1, build::icmp(b, a, 11, 1, 0, later)));
  EXPECT_EQ(decode(build::frame(bytes)).icmp.quoted_source.port, 0);
}

TEST(Icmp, ShorterThanItsHeader) {
  const Address a = kClient4.address, b = kServer4.address;
  const Bytes bytes = build::ethernet(build::ip(b, a, 1, Bytes{3, 3}));
  EXPECT_EQ(decode(build::frame(bytes)).malformed, "ICMP header ends past the IP payload");
}

}  // namespace
}  // namespace wireproof::packet
