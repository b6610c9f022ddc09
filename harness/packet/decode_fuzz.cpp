// libFuzzer's entry: the first byte chooses the link type and whether to verify checksums, the next
// two how much longer the frame was on the wire; the rest is the frame. Checks what must hold of
// any packet whatever. Built as a fuzzer with WIREPROOF_FUZZ; its regression inputs
// (testdata/fuzz) run in the ordinary tests.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <tuple>

#include "packet/build.h"
#include "packet/decode.h"

using namespace wireproof::packet;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_invariants(const Packet& packet) {
  const auto bytes = packet.frame.bytes;
  if (!packet.payload.empty()) {
    require(packet.payload.data() >= bytes.data());
    require(packet.payload.data() + packet.payload.size() <= bytes.data() + bytes.size());
    require(packet.payload.size() <= packet.payload_length);
  }
  require(packet.transport_offset <= bytes.size());
  require(packet.tcp.options.sack_count <= packet.tcp.options.sack.size());
  if (packet.protocol == Protocol::tcp || packet.protocol == Protocol::udp) {
    require(packet.source.address.family != Family::none);
    require(packet.ip_protocol == (packet.protocol == Protocol::tcp ? 6 : 17));
    require(packet.fragment_offset == 0);
  }
  // A sum can only be known of bytes that were all captured.
  if (packet.checksum == Checksum::good) require(!packet.cut && !packet.is_fragment);
}

bool same(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  return a.data() == b.data() && a.size() == b.size();
}

bool same(const TcpOptions& a, const TcpOptions& b) {
  const auto stamps = [](const TcpOptions& of) {
    const auto ts = of.timestamps.value_or(TcpOptions::Timestamps{});
    return std::tuple(of.timestamps.has_value(), ts.value, ts.echo_reply);
  };
  const auto rest = [](const TcpOptions& of) {
    return std::tie(of.mss, of.window_scale, of.sack_count, of.sack_permitted, of.fast_open,
                    of.fast_open_cookie_length, of.mptcp, of.md5_or_ao, of.user_timeout,
                    of.unknown_count, of.malformed);
  };
  const auto alike = [](const TcpOptions::SackBlock& x, const TcpOptions::SackBlock& y) {
    return x.left == y.left && x.right == y.right;
  };
  return stamps(a) == stamps(b) && rest(a) == rest(b) &&
         std::equal(a.sack.begin(), a.sack.end(), b.sack.begin(), alike);
}

// All of it, whether the packet's kind has use for it or not.
bool same(const Packet& a, const Packet& b) {
  const auto ip = [](const Packet& of) {
    return std::tie(of.frame.number, of.frame.time_ns, of.frame.link, of.frame.wire_length,
                    of.frame.clock_ns, of.protocol, of.ip_protocol, of.ether_type, of.source,
                    of.destination, of.ttl, of.ecn, of.dscp, of.ip_id, of.dont_fragment,
                    of.is_fragment, of.fragment_offset, of.more_fragments, of.fragment_data,
                    of.fragment_length, of.vlan_tags, of.cut, of.malformed, of.ip_checksum,
                    of.checksum);
  };
  const auto transport = [](const Packet& of) {
    return std::tie(of.tcp.seq, of.tcp.ack, of.tcp.flags, of.tcp.window, of.tcp.urgent,
                    of.tcp.header_length, of.icmp.type, of.icmp.code, of.icmp.mtu, of.icmp.is_error,
                    of.icmp.quoted_protocol, of.icmp.quoted_source, of.icmp.quoted_destination,
                    of.icmp.quoted_tcp_seq, of.icmp.quoted_udp_length, of.udp_length, of.ip_offset,
                    of.transport_offset, of.payload_length, of.plain);
  };
  return ip(a) == ip(b) && transport(a) == transport(b) && same(a.tcp.options, b.tcp.options) &&
         same(a.frame.bytes, b.frame.bytes) && same(a.payload, b.payload);
}

// What a packet held before leaves nothing in it.
void check_reuse(const Frame& frame, bool verify) {
  static const auto held_before = [] {
    const Endpoint a = build::endpoint("192.0.2.1", 1), b = build::endpoint("192.0.2.2", 2);
    const build::Bytes options = build::join({build::option_mss(9), build::option_window_scale(3),
                                              build::option_sack({{1, 2}, {3, 4}})});
    return std::array{build::tcp_frame(a, b, {.options = options}, build::text("text")),
                      build::tcp_frame(b, a, {})};
  }();
  const Packet wanted = decode(frame, verify);
  Packet packet;
  for (const build::Bytes& before : held_before) {
    const Frame other = build::frame(before);
    decode(other, true, packet);
    require(packet.plain && same(packet, decode(other, true)));
    decode(frame, verify, packet);
    require(same(packet, wanted));
  }
  decode(frame, verify, packet);
  require(same(packet, wanted));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  static constexpr LinkType links[] = {
      LinkType::ethernet, LinkType::raw,  LinkType::null,      LinkType::loop,     LinkType::ppp,
      LinkType::ipv4,     LinkType::ipv6, LinkType::cooked_v1, LinkType::cooked_v2};
  Frame frame;
  frame.number = 1;
  frame.link = links[(data[0] & 0x7F) % std::size(links)];
  frame.bytes = {data + 3, size - 3};
  frame.wire_length = static_cast<std::uint32_t>(size - 3 + data[1] * 256u + data[2]);
  const bool verify = (data[0] & 0x80) == 0;
  check_invariants(decode(frame, verify));
  check_reuse(frame, verify);
  return 0;
}
