#include "packet/tunnel.h"

#include <gtest/gtest.h>

#include "packet/build.h"
#include "packet/decode.h"

namespace wireproof::packet {
namespace {

const Endpoint client = build::endpoint("10.0.0.1", 4000), server = build::endpoint("10.0.0.2", 80);
const Endpoint left = build::endpoint("192.0.2.1", 0), right = build::endpoint("192.0.2.2", 0);
const Endpoint left6 = build::endpoint("2001:db8::1", 0),
               right6 = build::endpoint("2001:db8::2", 0);

build::Bytes inner_ip() {
  return build::ip(client.address, server.address, 6,
                   build::tcp(client, server, {.seq = 7}, build::text("hello")));
}

void expect_segment(const build::Bytes& outer, int depth = 1) {
  Packet packet = decode(build::frame(outer, 42, 1000));
  for (int i = 0; i < depth; ++i) {
    const auto inner = inner_frame(packet);
    ASSERT_TRUE(inner);
    EXPECT_EQ(inner->number, 42u);
    packet = decode(*inner);
  }
  EXPECT_EQ(packet.protocol, Protocol::tcp);
  EXPECT_EQ(packet.tcp.seq, 7u);
  EXPECT_EQ(packet.checksum, Checksum::good);
  EXPECT_EQ(packet.payload_length, 5u);
  EXPECT_FALSE(inner_frame(packet));
}

TEST(Tunnel, IpInIp) {
  expect_segment(build::ethernet(build::ip(left.address, right.address, 4, inner_ip())));
  expect_segment(build::ethernet(build::ip(left6.address, right6.address, 4, inner_ip())));
  const build::Bytes twice = build::ip(left.address, right.address, 4, inner_ip());
  expect_segment(build::ethernet(build::ip(left6.address, right6.address, 4, twice)), 2);
}

TEST(Tunnel, GreWithEachOfItsFields) {
  for (unsigned flags = 0; flags < 16; ++flags) {
    build::Bytes gre = {static_cast<std::uint8_t>(flags << 4), 0, 0x08, 0x00};
    for (const unsigned field : {8u, 2u, 1u})
      if ((flags & field) != 0) gre.insert(gre.end(), 4, 0);
    const bool routed = (flags & 4) != 0;  // RFC 1701's, which nobody sends
    const build::Bytes outer =
        build::ethernet(build::ip(left.address, right.address, 47, build::join({gre, inner_ip()})));
    if (routed) {
      EXPECT_FALSE(inner_frame(decode(build::frame(outer))));
    } else {
      expect_segment(outer);
    }
  }
  const build::Bytes bridged =
      build::join({build::Bytes{0, 0, 0x65, 0x58}, build::ethernet(inner_ip())});
  expect_segment(build::ethernet(build::ip(left.address, right.address, 47, bridged)));
}

TEST(Tunnel, Vxlan) {
  const build::Bytes head = {8, 0, 0, 0, 0, 0, 5, 0};
  for (const std::uint16_t port : {std::uint16_t{4789}, std::uint16_t{8472}}) {
    const Endpoint from = build::endpoint("192.0.2.1", 50000),
                   to = build::endpoint("192.0.2.2", port);
    expect_segment(build::udp_frame(from, to, build::join({head, build::ethernet(inner_ip())})));
  }
  const Endpoint from = build::endpoint("192.0.2.1", 50000),
                 other = build::endpoint("192.0.2.2", 53);
  EXPECT_FALSE(inner_frame(
      decode(build::frame(build::udp_frame(from, other, build::join({head, inner_ip()}))))));
}

TEST(Tunnel, CutAtEveryByteNothingIsRead) {
  const build::Bytes outer = build::ethernet(
      build::ip(left.address, right.address, 47,
                build::join({build::Bytes{0xB0, 0, 8, 0}, build::Bytes(12), inner_ip()})));
  for (std::size_t size = 0; size <= outer.size(); ++size) {
    const build::Bytes copy(outer.begin(), outer.begin() + static_cast<std::ptrdiff_t>(size));
    Frame frame = build::frame(copy);
    frame.wire_length = static_cast<std::uint32_t>(outer.size());
    if (const auto inner = inner_frame(decode(frame))) {
      const Packet packet = decode(*inner);
      EXPECT_EQ(packet.cut || packet.payload.size() < 5, size < outer.size());
    }
  }
}

}  // namespace
}  // namespace wireproof::packet
