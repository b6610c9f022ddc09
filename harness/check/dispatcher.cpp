#include "check/dispatcher.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "packet/bytes.h"
#include "packet/decode.h"
#include "packet/ip.h"
#include "packet/link.h"
#include "packet/tunnel.h"

namespace wireproof::check {
namespace {

using packet::be16;
using packet::Frame;
using packet::Packet;
using packet::Protocol;
namespace ip_protocol = packet::ip_protocol;

constexpr unsigned deepest = 8;  // tunnels within tunnels
constexpr std::size_t named_packets = 16;
constexpr std::uint8_t ip_in_ip = 4, ipv6_in_ip = 41, gre = 47;

constexpr std::array kRules = {
    Rule{"ip.fragment.incomplete", Severity::note, "RFC 791 3.2, RFC 8200 4.5",
         "A packet of which a fragment was lost is lost (other than UDP's)"},
    Rule{"ip.fragment.overlap", Severity::must, "RFC 8200 4.5, RFC 5722",
         "IPv6 fragments do not overlap (other than UDP's)"},
    Rule{"ip.fragment.overlap-ipv4", Severity::note, "RFC 791 3.2",
         "IPv4 fragments that overlap, which receivers resolve differently (other than UDP's)"},
};

// An end of a connection as a number; the sum of both is the same in either direction.
std::uint64_t mix(const std::uint8_t* address, std::size_t size, std::uint16_t port) {
  std::uint64_t state = 0x9E3779B97F4A7C15ull ^ port;
  const auto stir = [&](std::size_t at) {
    std::uint32_t word;
    std::memcpy(&word, address + at, sizeof word);
    state = (state ^ word) * 0xD6E8FEB86659FD93ull;
    state ^= state >> 32;
  };
  stir(0);
  if (size == 4) return state;  // IPv4, without a loop
  for (std::size_t at = 4; at < size; at += 4) stir(at);
  return state;
}

std::uint64_t mix(const packet::Endpoint& end) {
  const std::size_t size = end.address.family == packet::Family::ipv4 ? 4 : 16;
  return mix(end.address.bytes.data(), size, end.port);
}

std::uint64_t spread(std::uint64_t sum) { return (sum * 0xD6E8FEB86659FD93ull) >> 32; }

enum class Kind : std::uint8_t { tcp, udp, other, unclear };
struct Look {
  Kind kind = Kind::unclear;
  std::uint64_t hash = 0;
};

bool is_tunnel(std::uint8_t protocol) {
  return protocol == ip_in_ip || protocol == ipv6_in_ip || protocol == gre;
}

Look transport(std::uint8_t protocol, const std::uint8_t* addresses, std::size_t size,
               std::span<const std::uint8_t> rest, bool decapsulate) {
  switch (protocol) {
    case ip_protocol::tcp:
      if (rest.size() < 4) return {};
      return {Kind::tcp, spread(mix(addresses, size, be16(rest.data())) +
                                mix(addresses + size, size, be16(rest.data() + 2)))};
    case ip_protocol::udp:
      return {decapsulate ? Kind::unclear : Kind::udp, 0};
    case ip_protocol::icmp:
    case ip_protocol::icmpv6:
    case ip_protocol::ah:
    case ip_protocol::hop_by_hop:
    case ip_protocol::routing:
    case ip_protocol::fragment:
    case ip_protocol::destination:
    case ip_protocol::mobility:
    case ip_protocol::hip:
    case ip_protocol::shim6:
      return {};
    default:
      return {decapsulate && is_tunnel(protocol) ? Kind::unclear : Kind::other, 0};
  }
}

// What can be told from the fixed places of the headers alone.
Look look_at(const Frame& frame, bool decapsulate) {
  // Nearly all: Ethernet, IPv4 without options, no fragment.
  const auto& all = frame.bytes;
  if (frame.link == packet::LinkType::ethernet && all.size() >= 38 &&
      be16(all.data() + 12) == packet::ether_type::ipv4 && all[14] == 0x45 &&
      (be16(all.data() + 20) & 0x3FFF) == 0) {
    return transport(all[23], all.data() + 26, 4, all.subspan(34), decapsulate);
  }
  const packet::LinkHeader link = packet::decode_link(frame);
  if (link.cut || !link.malformed.empty()) return {Kind::other, 0};
  const auto ip = frame.bytes.subspan(link.length);
  if (link.type == packet::ether_type::ipv4) {
    if (ip.size() < 20 || ip[0] >> 4 != 4) return {};
    const std::size_t length = (ip[0] & 0x0Fu) * 4u;
    const bool fragment = (be16(ip.data() + 6) & 0x3FFF) != 0;
    if (fragment || length < 20 || ip.size() < length) return {};
    return transport(ip[9], ip.data() + 12, 4, ip.subspan(length), decapsulate);
  }
  if (link.type == packet::ether_type::ipv6) {
    if (ip.size() < 40 || ip[0] >> 4 != 6) return {};
    return transport(ip[6], ip.data() + 8, 16, ip.subspan(40), decapsulate);
  }
  return {Kind::other, 0};
}

}  // namespace

void PacketCounts::add(const PacketCounts& more) {
  for (const auto each :
       {&PacketCounts::packets, &PacketCounts::bytes, &PacketCounts::tcp, &PacketCounts::udp,
        &PacketCounts::other, &PacketCounts::filtered_out, &PacketCounts::fragments,
        &PacketCounts::reassembled, &PacketCounts::decapsulated}) {
    this->*each += more.*each;
  }
}

std::span<const Rule> ip_rules() { return kRules; }

Dispatcher::Dispatcher(const Options& options) : options_(options) {
  const std::size_t all = shard_of_.size(), others = options.shards - 1;
  const auto first = static_cast<std::size_t>(options.first * static_cast<double>(all));
  for (std::size_t i = first; others > 0 && i < all; ++i) {
    shard_of_[i] = static_cast<std::uint16_t>(1 + (i - first) * others / (all - first));
  }
}

void Dispatcher::to_tcp(Frame& frame, std::uint64_t hash, Batch& batch) {
  ++counts_.tcp;
  frame.clock_ns = clock_.now();
  batch.shares[shard_of_[hash >> 22]].push_back(&frame);
}

void Dispatcher::to_udp(const Frame& frame, Batch& batch) {
  ++counts_.udp;
  batch.shares.back().push_back(&frame);
}

// Flattened: every packet goes through this, and more is spent on calls than on what they do.
[[gnu::flatten]] void Dispatcher::dispatch(Batch& batch) {
  batch.shares.resize(options_.shards);
  // Room for all, so that nearly none ever has to grow in the loop.
  for (auto& share : batch.shares) share.reserve(batch.block.frames.size());
  for (Frame& frame : batch.block.frames) {
    clock_.advance(frame.time_ns);
    if (counts_.packets++ == 0) counts_.first_ns = frame.time_ns;
    counts_.last_ns = std::max(counts_.last_ns, frame.time_ns);
    counts_.bytes += frame.wire_length;
    const Look look = look_at(frame, options_.decapsulate);
    switch (look.kind) {
      case Kind::tcp:
        to_tcp(frame, look.hash, batch);
        break;
      case Kind::udp:
        to_udp(frame, batch);
        break;
      case Kind::other:
        ++counts_.other;
        break;
      case Kind::unclear:
        look_closer(frame, batch, 0);
        break;
    }
  }
  if (batch.now_ns != 0) clock_.advance(batch.now_ns);
  batch.clock_ns = clock_.now();
}

void Dispatcher::look_closer(const Frame& frame, Batch& batch, unsigned depth) {
  const auto kept = [&]() -> Frame& { return batch.extra.emplace_back(frame); };
  const Packet packet = packet::decode(frame, false);
  if (packet.is_fragment) return fragment(packet, batch, depth);
  if (options_.decapsulate && depth < deepest) {
    if (const auto inner = packet::inner_frame(packet)) {
      ++counts_.decapsulated;
      return look_closer(*inner, batch, depth + 1);
    }
  }
  const bool icmp = packet.protocol == Protocol::icmp || packet.protocol == Protocol::icmpv6;
  if (packet.protocol == Protocol::tcp) {
    to_tcp(kept(), spread(mix(packet.source) + mix(packet.destination)), batch);
  } else if (icmp && packet.icmp.is_error && packet.icmp.quoted_protocol == Protocol::tcp) {
    to_tcp(kept(), spread(mix(packet.icmp.quoted_source) + mix(packet.icmp.quoted_destination)),
           batch);
  } else if (packet.ip_protocol == ip_protocol::udp ||
             (icmp && packet.icmp.is_error && packet.icmp.quoted_protocol == Protocol::udp)) {
    to_udp(kept(), batch);
  } else {
    ++counts_.other;
  }
}

// UDP's are put together, and judged, where UDP is.
void Dispatcher::fragment(const Packet& packet, Batch& batch, unsigned depth) {
  ++counts_.fragments;
  const bool udp = packet.ip_protocol == ip_protocol::udp;
  if (udp) to_udp(batch.extra.emplace_back(packet.frame), batch);
  if (udp && !options_.decapsulate) return;
  const auto whole = reassembler_.add(packet);
  if (!udp) note_overlaps();
  if (!whole) {
    if (!udp) ++counts_.other;
    return;
  }
  Frame frame = *whole;
  frame.bytes = batch.made.copy(frame.bytes);
  if (udp) {  // only what a tunnel carries is new
    if (const auto inner = packet::inner_frame(packet::decode(frame, false))) {
      ++counts_.decapsulated;
      look_closer(*inner, batch, depth + 1);
    }
    return;
  }
  ++counts_.reassembled;
  if (depth < deepest) look_closer(frame, batch, depth + 1);
}

void Dispatcher::note_overlaps() {
  for (const auto& overlap : reassembler_.take_overlaps()) {
    Overlaps& all = overlaps_[overlap.family == packet::Family::ipv6 ? 1 : 0];
    ++all.count;
    if (!overlap.same_bytes) ++all.different;
    if (all.packets.size() < named_packets) {
      all.packets.push_back(overlap.first_packet);
      all.packets.push_back(overlap.packet);
    }
  }
}

std::vector<Finding> Dispatcher::finish() {
  std::vector<Finding> findings;
  for (const bool version_6 : {false, true}) {
    const Overlaps& all = overlaps_[version_6 ? 1 : 0];
    if (all.count == 0) continue;
    findings.push_back(make_finding(
        kRules[version_6 ? 1 : 2], Blame::none, all.packets,
        version_6 ? "fragments that do not overlap; a packet of which some do is dropped"
                  : "fragments that do not overlap",
        fmt::format("{} that overlap earlier ones, {} of them with other bytes", all.count,
                    all.different)));
  }
  if (const std::uint64_t lost = reassembler_.given_up() + reassembler_.pending(); lost > 0) {
    findings.push_back(make_finding(kRules[0], Blame::none, {}, "every fragment of a packet",
                                    fmt::format("{} packets lack some", lost)));
  }
  return findings;
}

}  // namespace wireproof::check
