#include "packet/link.h"

#include <gtest/gtest.h>

#include "packet/build.h"
#include "packet/decode.h"

namespace wireproof::packet {
namespace {

const Endpoint kClient4 = build::endpoint("192.0.2.1", 40000);
const Endpoint kServer4 = build::endpoint("192.0.2.2", 80);
const Endpoint kClient6 = build::endpoint("2001:db8::1", 40000);
const Endpoint kServer6 = build::endpoint("2001:db8::2", 80);

build::Bytes syn(bool version_6) {
  const auto& from = version_6 ? kClient6 : kClient4;
  const auto& to = version_6 ? kServer6 : kServer4;
  return build::ip(from.address, to.address, 6, build::tcp(from, to, {.flags = flag::syn}));
}

Packet decoded(const build::Bytes& bytes, LinkType type = LinkType::ethernet) {
  return decode(build::frame(bytes, 1, 0, type));
}

class EachLink : public testing::TestWithParam<std::tuple<LinkType, bool>> {};

TEST_P(EachLink, LeadsToTheSameSegment) {
  const auto [type, version_6] = GetParam();
  const build::Bytes bytes = build::link(type, syn(version_6));
  const Packet packet = decoded(bytes, type);
  EXPECT_EQ(packet.protocol, Protocol::tcp);
  EXPECT_EQ(packet.source, version_6 ? kClient6 : kClient4);
  EXPECT_EQ(packet.checksum, Checksum::good);
  EXPECT_EQ(packet.malformed, "");
}

INSTANTIATE_TEST_SUITE_P(
    Links, EachLink,
    testing::Combine(testing::Values(LinkType::null, LinkType::ethernet, LinkType::ppp,
                                     LinkType::raw, LinkType::loop, LinkType::cooked_v1,
                                     LinkType::ipv4, LinkType::ipv6, LinkType::cooked_v2),
                     testing::Bool()));

TEST(Link, VlanAndQinQTagsAreStepped) {
  const auto one = build::ethernet(syn(false), {{0x8100, 5}});
  EXPECT_EQ(decoded(one).vlan_tags, 1);
  EXPECT_EQ(decoded(one).protocol, Protocol::tcp);
  const auto three = build::ethernet(syn(true), {{0x9100, 1}, {0x88A8, 2}, {0x8100, 3}});
  EXPECT_EQ(decoded(three).vlan_tags, 3);
  EXPECT_EQ(decoded(three).protocol, Protocol::tcp);
}

TEST(Link, TagsWithoutEndAreCutNotWrapped) {
  build::Bytes bytes(12);
  for (int i = 0; i < 1000; ++i) bytes.insert(bytes.end(), {0x81, 0x00, 0, 1});
  EXPECT_TRUE(decoded(bytes).cut);
}

TEST(Link, NullInTheOtherByteOrderAndOtherSystemsNumbers) {
  for (const std::uint8_t family : build::Bytes{10, 24, 28, 30}) {
    for (const build::Bytes& header :
         {build::Bytes{family, 0, 0, 0}, build::Bytes{0, 0, 0, family}}) {
      const auto bytes = build::join({header, syn(true)});
      EXPECT_EQ(decoded(bytes, LinkType::null).protocol, Protocol::tcp) << int{family};
    }
  }
  const auto appletalk = build::join({build::Bytes{16, 0, 0, 0}, syn(false)});
  EXPECT_EQ(decoded(appletalk, LinkType::null).protocol, Protocol::none);
}

TEST(Link, PppWithoutFramingAndWithOneByteProtocol) {
  EXPECT_EQ(decoded(build::join({build::Bytes{0x00, 0x21}, syn(false)}), LinkType::ppp).protocol,
            Protocol::tcp);
  EXPECT_EQ(decoded(build::join({build::Bytes{0x57}, syn(true)}), LinkType::ppp).protocol,
            Protocol::tcp);
  EXPECT_EQ(decoded(build::join({build::Bytes{0xC0, 0x21}, syn(false)}), LinkType::ppp).protocol,
            Protocol::none);  // LCP
}

TEST(Link, LlcSnapSaysTheTypeInsideAndPlainLlcNone) {
  build::Bytes bytes(12);
  const build::Bytes snap = {0x00, 0x40, 0xAA, 0xAA, 0x03, 0, 0, 0, 0x08, 0x00};
  EXPECT_EQ(decoded(build::join({bytes, snap, syn(false)})).protocol, Protocol::tcp);
  const build::Bytes spanning_tree = {0x00, 0x26, 0x42, 0x42, 0x03, 0, 0, 0, 0x08, 0x00};
  EXPECT_EQ(decoded(build::join({bytes, spanning_tree, syn(false)})).protocol, Protocol::none);
}

TEST(Link, ArpIsRecognised) {
  build::Bytes bytes(12);
  const build::Bytes arp = {0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0,   0, 0, 0,
                            1,    192,  0, 2, 1, 0, 0, 0, 0, 0, 0, 192, 0, 2, 2};
  const auto frame = build::join({bytes, arp});
  const Packet packet = decoded(frame);
  EXPECT_EQ(packet.protocol, Protocol::arp);
  EXPECT_EQ(to_string(packet.source.address), "192.0.2.1");
  EXPECT_EQ(to_string(packet.destination.address), "192.0.2.2");
}

TEST(Link, OtherTypesKeepTheirNumber) {
  build::Bytes bytes(12);
  const auto frame = build::join({bytes, build::Bytes{0x88, 0xB5, 1, 2, 3}});
  const Packet packet = decoded(frame);
  EXPECT_EQ(packet.protocol, Protocol::other);
  EXPECT_EQ(packet.ether_type, 0x88B5);
  EXPECT_EQ(packet.payload.size(), 3u);
}

TEST(Link, RawWithNeitherVersionIsMalformed) {
  const build::Bytes bytes = {0x50, 0, 0, 0};
  EXPECT_EQ(decoded(bytes, LinkType::raw).malformed, "IP version is neither 4 nor 6");
}

}  // namespace
}  // namespace wireproof::packet
