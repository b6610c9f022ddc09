#include "packet/ip.h"

#include <gtest/gtest.h>

#include "packet/build.h"
#include "packet/decode.h"

namespace wireproof::packet {
namespace {

using build::Bytes;

const Endpoint kClient4 = build::endpoint("192.0.2.1", 40000);
const Endpoint kServer4 = build::endpoint("192.0.2.2", 80);
const Endpoint kClient6 = build::endpoint("2001:db8::1", 40000);
const Endpoint kServer6 = build::endpoint("2001:db8::2", 80);

Bytes segment4(std::string_view text = "") {
  return build::tcp(kClient4, kServer4, {.seq = 1, .ack = 2}, build::text(text));
}
Bytes segment6(std::string_view text = "") {
  return build::tcp(kClient6, kServer6, {.seq = 1, .ack = 2}, build::text(text));
}
Bytes packet4(const build::IpFields& fields, std::string_view text = "") {
  return build::ip(kClient4.address, kServer4.address, 6, segment4(text), fields);
}
Bytes packet6(const build::IpFields& fields, std::string_view text = "") {
  return build::ip(kClient6.address, kServer6.address, 6, segment6(text), fields);
}
// `keep` lets the frame live as long as the packet that points into it.
Packet decoded(Bytes& keep, const Bytes& ip_packet) {
  keep = build::ethernet(ip_packet);
  return decode(build::frame(keep));
}

TEST(Ipv4, FieldsAreRead) {
  Bytes keep;
  const Packet packet = decoded(keep, packet4({.ttl = 7, .traffic_class = 0xBA, .id = 77}));
  EXPECT_EQ(packet.ttl, 7);
  EXPECT_EQ(packet.dscp, 0xBA >> 2);
  EXPECT_EQ(packet.ecn, 2);
  EXPECT_EQ(packet.ip_id, 77u);
  EXPECT_TRUE(packet.dont_fragment);
  EXPECT_EQ(packet.ip_checksum, Checksum::good);
  EXPECT_EQ(packet.ip_offset, 14u);
  EXPECT_EQ(packet.transport_offset, 34u);
}

TEST(Ipv4, EthernetPaddingIsNoPayload) {
  Bytes bytes = build::ethernet(packet4({}, "a"));
  bytes.resize(60);
  const Packet packet = decode(build::frame(bytes));
  EXPECT_EQ(packet.payload_length, 1u);
  EXPECT_EQ(packet.payload.size(), 1u);
  EXPECT_EQ(packet.checksum, Checksum::good);
}

TEST(Ipv4, OptionsAreStepped) {
  Bytes keep;
  const Packet packet = decoded(keep, packet4({.options = Bytes(37, 1)}));
  EXPECT_EQ(packet.protocol, Protocol::tcp);
  EXPECT_EQ(packet.transport_offset, 14u + 60u);
}

TEST(Ipv4, TotalLengthZeroIsWhatTsoWrites) {
  Bytes keep;
  const Packet packet = decoded(keep, packet4({.length = 0}, "abc"));
  EXPECT_EQ(packet.payload_length, 3u);
  EXPECT_EQ(packet.malformed, "");
}

TEST(Ipv4, LengthsThatLieAreMalformed) {
  Bytes keep;
  EXPECT_EQ(decoded(keep, packet4({.length = 19})).malformed,
            "IPv4 total length is below the header's");
  const Packet longer = decoded(keep, packet4({.length = 2000}, "abc"));
  EXPECT_EQ(longer.malformed, "IPv4 total length exceeds the frame");
  EXPECT_EQ(longer.protocol, Protocol::tcp);
  EXPECT_EQ(longer.payload.size(), 3u);
  EXPECT_EQ(decoded(keep, packet4({.length = 25})).malformed,
            "TCP header ends past the IP payload");
  Bytes short_header = packet4({});
  short_header[0] = 0x44;
  EXPECT_EQ(decoded(keep, short_header).malformed, "IPv4 header length is below 20");
  short_header[0] = 0x55;
  EXPECT_EQ(decoded(keep, short_header).malformed, "IPv4 version field is not 4");
  EXPECT_EQ(decoded(keep, Bytes(10, 0x45)).malformed, "IPv4 header ends past the frame");
}

TEST(Ipv4, ChecksumGoodBadAndLeftToHardware) {
  Bytes keep;
  EXPECT_EQ(decoded(keep, packet4({.checksum = 0x1234})).ip_checksum, Checksum::bad);
  EXPECT_EQ(decoded(keep, packet4({.checksum = 0})).ip_checksum, Checksum::partial);
  keep = build::ethernet(packet4({.checksum = 0x1234}));
  EXPECT_EQ(decode(build::frame(keep), false).ip_checksum, Checksum::unknown);
}

TEST(Ipv4, FirstFragmentHasItsHeaderAndLaterOnesNone) {
  const Bytes whole = segment4("0123456789abcdef");
  Bytes keep;
  const Packet first =
      decoded(keep, build::ip(kClient4.address, kServer4.address, 6, build::View(whole).first(24),
                              {.id = 5, .more_fragments = true}));
  EXPECT_EQ(first.protocol, Protocol::tcp);
  EXPECT_TRUE(first.is_fragment);
  EXPECT_TRUE(first.more_fragments);
  EXPECT_EQ(first.checksum, Checksum::unknown);
  EXPECT_EQ(first.payload.size(), 4u);
  EXPECT_EQ(first.fragment_data, first.transport_offset);
  EXPECT_EQ(first.fragment_length, 24u);
  const Packet later =
      decoded(keep, build::ip(kClient4.address, kServer4.address, 6, build::View(whole).subspan(24),
                              {.id = 5, .fragment_offset = 24}));
  EXPECT_EQ(later.protocol, Protocol::other);
  EXPECT_EQ(later.ip_protocol, 6);
  EXPECT_EQ(later.fragment_offset, 24);
  EXPECT_FALSE(later.more_fragments);
  EXPECT_EQ(later.source.port, 0);
  EXPECT_EQ(later.payload.size(), 12u);
}

TEST(Ipv6, FieldsAreRead) {
  Bytes keep;
  const Packet packet = decoded(keep, packet6({.ttl = 9, .traffic_class = 0xBA}));
  EXPECT_EQ(packet.ttl, 9);
  EXPECT_EQ(packet.dscp, 0xBA >> 2);
  EXPECT_EQ(packet.ecn, 2);
  EXPECT_EQ(packet.checksum, Checksum::good);
  EXPECT_EQ(packet.transport_offset, 54u);
}

TEST(Ipv6, EveryExtensionHeaderIsStepped) {
  // hop-by-hop, destination, routing (none left), AH (24 bytes), mobility, HIP, shim6
  const Bytes chain =
      build::join({Bytes{60, 0, 1, 4, 0, 0, 0, 0}, Bytes{43, 0, 1, 4, 0, 0, 0, 0},
                   Bytes{51, 0, 4, 0, 0, 0, 0, 0},
                   Bytes{135, 4, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3},
                   Bytes{139, 0, 0, 0, 0, 0, 0, 0}, Bytes{140, 0, 0, 0, 0, 0, 0, 0},
                   Bytes{6, 0, 0, 0, 0, 0, 0, 0}});
  Bytes keep;
  const Packet packet = decoded(keep, packet6({.options = chain, .first_extension = 0}, "abc"));
  EXPECT_EQ(packet.protocol, Protocol::tcp);
  EXPECT_EQ(packet.payload_length, 3u);
  EXPECT_EQ(packet.checksum, Checksum::good);
}

TEST(Ipv6, EspAndNoneEndTheChain) {
  Bytes keep;
  for (const std::uint8_t last : Bytes{50, 59}) {
    const Packet packet = decoded(
        keep, packet6({.options = Bytes{last, 0, 1, 4, 0, 0, 0, 0}, .first_extension = 60}));
    EXPECT_EQ(packet.protocol, Protocol::other);
    EXPECT_EQ(packet.ip_protocol, last);
    EXPECT_EQ(packet.malformed, "");
  }
}

TEST(Ipv6, ExtensionPastThePacketIsMalformed) {
  Bytes keep;
  const Packet packet =
      decoded(keep, packet6({.options = Bytes{6, 200, 1, 4, 0, 0, 0, 0}, .first_extension = 60}));
  EXPECT_EQ(packet.malformed, "IPv6 extension header ends past the packet");
  EXPECT_EQ(packet.protocol, Protocol::other);
}

TEST(Ipv6, ChecksumCoversTheFinalDestinationOfARoutingHeader) {
  const Bytes last = Bytes(kServer6.address.bytes.begin(), kServer6.address.bytes.end());
  const Endpoint router = build::endpoint("2001:db8::99", 80);
  for (const std::uint8_t type : Bytes{0, 2, 4}) {
    const Bytes routing = build::join({Bytes{6, 2, type, 1, 0, 0, 0, 0}, last});
    Bytes keep;
    const Packet packet =
        decoded(keep, build::ip(kClient6.address, router.address, 6, segment6("x"),
                                {.options = routing, .first_extension = 43}));
    EXPECT_EQ(packet.checksum, Checksum::good) << int{type};
    EXPECT_EQ(packet.destination.address, router.address);
  }
  const Bytes unknown = build::join({Bytes{6, 2, 99, 1, 0, 0, 0, 0}, last});
  Bytes keep;
  EXPECT_EQ(decoded(keep, build::ip(kClient6.address, router.address, 6, segment6("x"),
                                    {.options = unknown, .first_extension = 43}))
                .checksum,
            Checksum::unknown);
}

TEST(Ipv6, FragmentHeaderIsReadAndAtomicFragmentsAreWhole) {
  Bytes keep;
  const Packet first = decoded(keep, packet6({.id = 0xABCDEF01, .more_fragments = true}));
  EXPECT_TRUE(first.is_fragment);
  EXPECT_EQ(first.ip_id, 0xABCDEF01);
  EXPECT_EQ(first.protocol, Protocol::tcp);
  const Packet later =
      decoded(keep, build::ip(kClient6.address, kServer6.address, 6, segment6("abc"),
                              {.id = 3, .fragment_offset = 1232}));
  EXPECT_EQ(later.fragment_offset, 1232);
  EXPECT_EQ(later.protocol, Protocol::other);
  // In the fragmentable part may be headers of its own before the transport's.
  const Bytes inner = build::join({Bytes{6, 0, 1, 4, 0, 0, 0, 0}, segment6("abcd")});
  const Packet with_options = decoded(keep, build::ip(kClient6.address, kServer6.address, 60, inner,
                                                      {.id = 3, .more_fragments = true}));
  EXPECT_EQ(with_options.protocol, Protocol::tcp);
  EXPECT_EQ(with_options.fragment_data, 14u + 48);
  EXPECT_EQ(with_options.transport_offset, 14u + 56);
  EXPECT_EQ(with_options.fragment_length, 32u);
  const Packet atomic = decoded(
      keep, packet6({.options = Bytes{6, 0, 0, 0, 0, 0, 0, 9}, .first_extension = 44}, "abc"));
  EXPECT_FALSE(atomic.is_fragment);
  EXPECT_EQ(atomic.checksum, Checksum::good);
}

TEST(Ipv6, JumboAndTsoLengths) {
  Bytes keep;
  const Bytes jumbo = {6, 0, 0xC2, 4, 0, 0, 0, 8 + 20 + 3};
  const Packet with_option =
      decoded(keep, packet6({.options = jumbo, .first_extension = 0, .length = 0}, "abc"));
  EXPECT_EQ(with_option.payload_length, 3u);
  EXPECT_EQ(with_option.malformed, "");
  EXPECT_EQ(decoded(keep, packet6({.length = 0}, "abc")).payload_length, 3u);
  EXPECT_EQ(decoded(keep, packet6({.length = 999}, "abc")).malformed,
            "IPv6 payload length exceeds the frame");
}

}  // namespace
}  // namespace wireproof::packet
