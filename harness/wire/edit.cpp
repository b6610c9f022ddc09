#include "wire/edit.h"

#include <fmt/format.h>

#include <algorithm>

#include "packet/build.h"
#include "packet/bytes.h"
#include "packet/checksum.h"
#include "packet/decode.h"
#include "packet/ip.h"
#include "wire/tcp_options_edit.h"

namespace wireproof::wire {

using packet::be16, packet::be32, packet::store_be;
namespace ip_protocol = packet::ip_protocol;

packet::Packet decoded(View frame) { return packet::decode(packet::build::frame(frame), false); }

namespace {

bool is_ipv4(const packet::Packet& packet) {
  return packet.source.address.family == packet::Family::ipv4;
}

// A whole TCP header, to be changed.
bool has_tcp(const packet::Packet& packet) {
  return packet.protocol == packet::Protocol::tcp && !packet.cut && packet.malformed.empty();
}

std::uint8_t* transport(Bytes& frame, const packet::Packet& packet) {
  return frame.data() + packet.transport_offset;
}

void cut_padding(Bytes& frame) {
  const packet::Packet packet = decoded(frame);
  if (packet.transport_offset == 0 || packet.is_fragment) return;
  const std::size_t ip_length = is_ipv4(packet) ? be16(&frame[packet.ip_offset + 2])
                                                : 40u + be16(&frame[packet.ip_offset + 4]);
  if (packet.ip_offset + ip_length < frame.size()) frame.resize(packet.ip_offset + ip_length);
}

// Where the checksum of this protocol stands in its header; nullopt: it has none that we know.
std::optional<std::size_t> checksum_place(std::uint8_t protocol) {
  switch (protocol) {
    case ip_protocol::tcp:
      return 16;
    case ip_protocol::udp:
      return 6;
    case ip_protocol::icmp:
    case ip_protocol::icmpv6:
      return 2;
    default:
      return std::nullopt;
  }
}

}  // namespace

void mend_lengths(Bytes& frame) {
  const packet::Packet packet = decoded(frame);
  if (packet.ip_offset == 0 || packet.transport_offset == 0) return;
  const std::size_t length = frame.size() - packet.ip_offset;
  if (is_ipv4(packet)) {
    store_be(&frame[packet.ip_offset + 2], static_cast<std::uint16_t>(length));
  } else {
    store_be(&frame[packet.ip_offset + 4], static_cast<std::uint16_t>(length - 40));
  }
  if (packet.ip_protocol == ip_protocol::udp && !packet.is_fragment &&
      frame.size() >= packet.transport_offset + 8) {
    store_be(transport(frame, packet) + 4,
             static_cast<std::uint16_t>(frame.size() - packet.transport_offset));
  }
}

void mend_checksums(Bytes& frame) {
  const packet::Packet packet = decoded(frame);
  if (packet.transport_offset == 0) return;
  if (is_ipv4(packet)) {
    const std::size_t header = packet.transport_offset - packet.ip_offset;
    std::uint8_t* const field = &frame[packet.ip_offset + 10];
    store_be(field, std::uint16_t{0});
    const auto sum = packet::checksum_add(0, View(frame).subspan(packet.ip_offset, header));
    store_be(field, static_cast<std::uint16_t>(~packet::checksum_fold(sum)));
  }
  const auto place = checksum_place(packet.ip_protocol);
  if (!place || packet.is_fragment || frame.size() < packet.transport_offset + *place + 2) return;
  std::uint8_t* const field = transport(frame, packet) + *place;
  const bool udp = packet.ip_protocol == ip_protocol::udp;
  if (udp && be16(field) == 0) return;  // the sender uses none
  store_be(field, std::uint16_t{0});
  const View covered = View(frame).subspan(packet.transport_offset);
  std::uint64_t sum = 0;
  if (packet.ip_protocol != ip_protocol::icmp) {
    sum = packet::pseudo_header_sum(packet.source.address, packet.destination.address,
                                    packet.ip_protocol, static_cast<std::uint32_t>(covered.size()));
  }
  auto checksum =
      static_cast<std::uint16_t>(~packet::checksum_fold(packet::checksum_add(sum, covered)));
  if (udp && checksum == 0) checksum = 0xFFFF;  // RFC 768
  store_be(field, checksum);
}

namespace {

std::uint32_t changed(std::uint32_t raw, std::uint32_t isn, const SequenceValue& value) {
  const auto low = static_cast<std::uint32_t>(value.value);
  switch (value.kind) {
    case SequenceValue::Kind::add:
      return raw + low;
    case SequenceValue::Kind::relative:
      return isn + low;
    case SequenceValue::Kind::raw:
      return low;
  }
  return raw;
}

class FieldSetter {
 public:
  FieldSetter(Bytes& frame, const Standing& standing)
      : frame_(frame), packet_(decoded(frame)), standing_(standing) {}

  void tcp_header(const SetFields& fields) {
    std::uint8_t* const at = transport(frame_, packet_);
    if (fields.set_flags != 0 || fields.clear_flags != 0) {
      const auto bits = be16(at + 12);
      const auto now = static_cast<std::uint16_t>((bits & ~(fields.clear_flags & 0x1FF)) |
                                                  (fields.set_flags & 0x1FF));
      store_be(at + 12, now);
      say("flags {} -> {}", packet::flags_text(bits & 0x1FF), packet::flags_text(now & 0x1FF));
    }
    if (fields.window) number16(at + 14, *fields.window, "window");
    if (fields.urgent) number16(at + 18, *fields.urgent, "urgent pointer");
    if (fields.sequence) number32(at + 4, *fields.sequence, standing_.sender_isn, "seq");
    if (fields.acknowledgement)
      number32(at + 8, *fields.acknowledgement, standing_.receiver_isn, "ack");
  }

  void options(const SetFields& fields) {
    namespace build = packet::build;
    if (fields.mss) option(2, build::option_mss(*fields.mss), "MSS");
    if (fields.window_scale)
      option(3, build::option_window_scale(*fields.window_scale), "window scale");
    if (fields.timestamps) {
      option(8, build::option_timestamps(fields.timestamps->value, fields.timestamps->echo_reply),
             "time stamps");
    }
    for (const std::uint8_t kind : fields.strip_options)
      if (strip_tcp_option(frame_, kind)) say("option {} stripped", kind);
  }

  void ip_header(const SetFields& fields) {
    std::uint8_t* const ip = frame_.data() + packet_.ip_offset;
    const bool version_4 = is_ipv4(packet_);
    if (fields.ecn) {
      // IPv6's traffic class lies across the first two bytes; its last two bits are bits 4 and 5.
      const int shift = version_4 ? 0 : 4;
      const auto mask = static_cast<std::uint8_t>(3 << shift);
      ip[1] = static_cast<std::uint8_t>((ip[1] & ~mask) | (*fields.ecn << shift & mask));
      say("ECN {} -> {}", packet_.ecn, *fields.ecn & 3);
    }
    if (fields.ttl) {
      ip[version_4 ? 8 : 7] = *fields.ttl;
      say("TTL {} -> {}", packet_.ttl, *fields.ttl);
    }
  }

  const packet::Packet& packet() const { return packet_; }
  Edited result() const {
    return {changed_, said_.empty() ? "the packet has nothing of this" : said_};
  }

 private:
  template <typename... Values>
  void say(fmt::format_string<Values...> text, Values&&... values) {
    note(fmt::format(text, std::forward<Values>(values)...));
    changed_ = true;
  }
  void note(const std::string& text) { said_ += (said_.empty() ? "" : ", ") + text; }
  void number16(std::uint8_t* at, std::uint16_t value, std::string_view name) {
    say("{} {} -> {}", name, be16(at), value);
    store_be(at, value);
  }
  void number32(std::uint8_t* at, const SequenceValue& value, std::uint32_t isn,
                std::string_view name) {
    const std::uint32_t before = be32(at), after = changed(before, isn, value);
    say("{} {:+}", name, static_cast<std::int32_t>(after - before));
    store_be(at, after);
  }
  void option(std::uint8_t kind, const Bytes& whole, std::string_view name) {
    const bool done = set_tcp_option(frame_, kind, View(whole).subspan(2));
    if (done) {
      say("{} set to {}", name,
          kind == 2   ? be16(&whole[2])
          : kind == 3 ? whole[2]
                      : be32(&whole[2]));
    } else {
      note(fmt::format("no room for {}", name));
    }
  }

  Bytes& frame_;
  packet::Packet packet_;
  const Standing& standing_;
  std::string said_;
  bool changed_ = false;
};

bool changes_tcp(const SetFields& fields) {
  return fields.set_flags != 0 || fields.clear_flags != 0 || fields.window || fields.urgent ||
         fields.sequence || fields.acknowledgement || fields.mss || fields.window_scale ||
         fields.timestamps || !fields.strip_options.empty();
}

}  // namespace

Edited set_fields(Bytes& frame, const SetFields& fields, const Standing& standing) {
  cut_padding(frame);
  FieldSetter setter(frame, standing);
  if (setter.packet().transport_offset == 0) return {false, "no whole IP header"};
  if (changes_tcp(fields)) {
    if (!has_tcp(setter.packet())) return {false, "no TCP header"};
    setter.tcp_header(fields);
    setter.options(fields);
  }
  setter.ip_header(fields);
  if (setter.result().done && fields.mend_checksum) mend_checksums(frame);
  return setter.result();
}

namespace {

struct Place {
  std::size_t at = 0, size = 0;  // 0: the packet has no such part
  std::string_view name;
};

Place place_of(const Corrupt& corruption, View frame, const packet::Packet& packet) {
  using Part = Corrupt::Part;
  const std::size_t ip = packet.ip_offset, begin = packet.transport_offset;
  const bool tcp = has_tcp(packet);
  const bool ports = tcp || packet.protocol == packet::Protocol::udp;
  switch (corruption.part) {
    case Part::payload: {
      const auto size = static_cast<std::int64_t>(packet.payload.size());
      const std::int64_t offset =
          corruption.offset < 0 ? size + corruption.offset : corruption.offset;
      if (offset < 0 || offset >= size) return {0, 0, "payload byte"};
      const auto payload = static_cast<std::size_t>(packet.payload.data() - frame.data());
      return {payload + static_cast<std::size_t>(offset), 1, "payload byte"};
    }
    case Part::source_port:
      return {begin, ports ? 2u : 0u, "source port"};
    case Part::destination_port:
      return {begin + 2, ports ? 2u : 0u, "destination port"};
    case Part::sequence:
      return {begin + 4, tcp ? 4u : 0u, "seq"};
    case Part::acknowledgement:
      return {begin + 8, tcp ? 4u : 0u, "ack"};
    case Part::flags:
      return {begin + 12, tcp ? 2u : 0u, "flags"};
    case Part::window:
      return {begin + 14, tcp ? 2u : 0u, "window"};
    case Part::urgent:
      return {begin + 18, tcp ? 2u : 0u, "urgent pointer"};
    case Part::checksum: {
      const auto place = checksum_place(packet.ip_protocol);
      const bool there = place && begin != 0 && frame.size() >= begin + *place + 2;
      return {begin + place.value_or(0), there ? 2u : 0u, "checksum"};
    }
    case Part::ttl:
      return {ip + (is_ipv4(packet) ? 8 : 7), begin != 0 ? 1u : 0u, "TTL"};
    case Part::ip_checksum:
      return {ip + 10, begin != 0 && is_ipv4(packet) ? 2u : 0u, "IP checksum"};
  }
  return {};
}

}  // namespace

Edited corrupt(Bytes& frame, const Corrupt& corruption) {
  const packet::Packet packet = decoded(frame);
  const Place place = place_of(corruption, frame, packet);
  if (place.size == 0) return {false, fmt::format("no such {}", place.name)};
  std::uint32_t mask = corruption.mask;
  for (std::size_t i = place.size; i-- > 0; mask >>= 8)
    frame[place.at + i] ^= static_cast<std::uint8_t>(mask);
  if (corruption.mend_checksum) mend_checksums(frame);
  return {true, fmt::format("{} ^ {:#x}{}", place.name, corruption.mask,
                            corruption.mend_checksum ? ", checksum mended" : "")};
}

Edited flip_bit(Bytes& frame, std::uint64_t random) {
  const packet::Packet packet = decoded(frame);
  const std::size_t begin = packet.transport_offset;
  if (begin == 0 || begin >= frame.size()) return {false, "no transport header"};
  const std::uint64_t bit = random % ((frame.size() - begin) * 8);
  frame[begin + bit / 8] ^= static_cast<std::uint8_t>(0x80u >> bit % 8);
  return {true, fmt::format("bit {} behind the IP header flipped", bit)};
}

Edited truncate(Bytes& frame, const Truncate& truncation) {
  const packet::Packet packet = decoded(frame);
  if (packet.payload.size() <= truncation.payload_bytes)
    return {false, "no more payload than that"};
  const auto payload = static_cast<std::size_t>(packet.payload.data() - frame.data());
  frame.resize(payload + truncation.payload_bytes);
  if (truncation.mend) {
    mend_lengths(frame);
    mend_checksums(frame);
  }
  return {true, fmt::format("payload cut from {} to {} bytes{}", packet.payload.size(),
                            truncation.payload_bytes, truncation.mend ? "" : ", lengths left")};
}

}  // namespace wireproof::wire
