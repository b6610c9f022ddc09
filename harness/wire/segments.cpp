// Segments and packets cut in pieces and put together (edit.h).
#include <algorithm>

#include "packet/bytes.h"
#include "wire/edit.h"

namespace wireproof::wire {

using packet::be16, packet::store_be;
using packet::flag::fin, packet::flag::psh;

namespace {

struct Segment {
  packet::Packet packet;
  std::size_t payload = 0;  // its place in the frame
};

std::optional<Segment> whole_segment(View frame) {
  Segment segment{decoded(frame)};
  const packet::Packet& packet = segment.packet;
  if (packet.protocol != packet::Protocol::tcp || packet.cut || packet.is_fragment ||
      !packet.malformed.empty() || packet.payload.size() != packet.payload_length)
    return std::nullopt;
  segment.payload = packet.transport_offset + packet.tcp.header_length;
  return segment;
}

void change_flags(Bytes& frame, const Segment& segment, std::uint16_t clear, std::uint16_t set) {
  std::uint8_t* const at = &frame[segment.packet.transport_offset + 12];
  store_be(at, static_cast<std::uint16_t>((be16(at) & ~clear) | set));
}

void mend(Bytes& frame) {
  mend_lengths(frame);
  mend_checksums(frame);
}

Bytes copy(View part) { return Bytes(part.begin(), part.end()); }

}  // namespace

std::optional<std::pair<Bytes, Bytes>> split(View frame, std::uint32_t payload_bytes) {
  const auto segment = whole_segment(frame);
  if (!segment || payload_bytes == 0 || segment->packet.payload_length <= payload_bytes)
    return std::nullopt;
  Bytes first = copy(frame.first(segment->payload + payload_bytes));
  change_flags(first, *segment, fin | psh, 0);
  mend(first);

  Bytes second = copy(frame.first(segment->payload));
  const View rest = segment->packet.payload.subspan(payload_bytes);
  second.insert(second.end(), rest.begin(), rest.end());
  // CWR is for the first data segment alone (RFC 3168 6.1.2).
  change_flags(second, *segment, packet::flag::cwr, 0);
  store_be(&second[segment->packet.transport_offset + 4], segment->packet.tcp.seq + payload_bytes);
  mend(second);
  return std::pair(std::move(first), std::move(second));
}

std::optional<Bytes> join(View first, View second, unsigned mtu) {
  const auto one = whole_segment(first), two = whole_segment(second);
  if (!one || !two) return std::nullopt;
  const packet::Packet &a = one->packet, &b = two->packet;
  if (a.source != b.source || a.destination != b.destination || a.tcp.has(fin) ||
      a.tcp.has(packet::flag::syn) || b.tcp.has(packet::flag::syn) ||
      b.tcp.has(packet::flag::rst) || a.tcp.seq + a.payload_length != b.tcp.seq)
    return std::nullopt;
  // The second's headers: its acknowledgement, window and time stamps are the newer ones.
  Bytes joined = copy(second.first(two->payload));
  joined.insert(joined.end(), a.payload.begin(), a.payload.end());
  joined.insert(joined.end(), b.payload.begin(), b.payload.end());
  if (joined.size() - b.ip_offset > mtu) return std::nullopt;
  change_flags(joined, *two, 0, a.tcp.flags & (psh | packet::flag::cwr));
  store_be(&joined[b.transport_offset + 4], a.tcp.seq);
  mend(joined);
  return joined;
}

std::vector<Bytes> fragment(View frame, unsigned mtu) {
  const packet::Packet packet = decoded(frame);
  const std::size_t header = packet.transport_offset - packet.ip_offset;
  if (packet.source.address.family != packet::Family::ipv4 || packet.dont_fragment ||
      packet.transport_offset == 0 || mtu < header + 8)
    return {};
  const std::size_t piece = (mtu - header) / 8 * 8;
  const std::size_t ip_length = be16(&frame[packet.ip_offset + 2]);
  const View data =
      frame.subspan(packet.transport_offset,
                    std::min(frame.size() - packet.transport_offset, ip_length - header));
  std::vector<Bytes> fragments;
  for (std::size_t at = 0; at < data.size(); at += piece) {
    const View part = data.subspan(at, std::min(piece, data.size() - at));
    Bytes out = copy(frame.first(packet.transport_offset));
    out.insert(out.end(), part.begin(), part.end());
    const bool more = packet.more_fragments || at + part.size() < data.size();
    store_be(&out[packet.ip_offset + 2], static_cast<std::uint16_t>(header + part.size()));
    store_be(&out[packet.ip_offset + 6],
             static_cast<std::uint16_t>((more ? 0x2000 : 0) | (packet.fragment_offset + at) / 8));
    mend_checksums(out);
    fragments.push_back(std::move(out));
  }
  return fragments;
}

}  // namespace wireproof::wire
