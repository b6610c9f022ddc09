#include "capture/pcapng_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "packet/bytes.h"

namespace wireproof::capture {
namespace {

namespace block {
constexpr std::uint32_t interface = 1, obsolete_packet = 2, simple_packet = 3, statistics = 5,
                        enhanced_packet = 6, section = 0x0A0D0D0A;
}
constexpr std::uint32_t byte_order_magic = 0x1A2B3C4D;
constexpr std::size_t kept_comments = 16, kept_text = 4096;
constexpr std::size_t most_interfaces = 65536;
// A packet block longer than this is a lie; other blocks are skipped whatever their length.
constexpr std::uint32_t longest_block = kLongestFrame + (1u << 20);

std::uint32_t native32(const std::uint8_t* at) {
  std::uint32_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

std::size_t padded(std::size_t size) { return (size + 3) / 4 * 4; }

std::string text_of(std::span<const std::uint8_t> bytes) {
  const std::size_t size = std::min(bytes.size(), kept_text);
  std::string text(reinterpret_cast<const char*>(bytes.data()), size);
  while (!text.empty() && text.back() == '\0') text.pop_back();
  return text;
}

}  // namespace

bool is_pcapng(std::span<const std::uint8_t> head) {
  if (head.size() < 4 || native32(head.data()) != block::section) return false;
  if (head.size() < 12) return true;  // cut within the first block
  const std::uint32_t magic = native32(head.data() + 8);
  return magic == byte_order_magic || magic == packet::swapped(byte_order_magic);
}

// A block's options one by one: code, length, value padded to whole words. Ends at the first that
// does not fit.
struct PcapngFormat::Options {
  const PcapngFormat& format;
  Bytes rest;
  std::uint16_t code = 0;
  Bytes value;

  bool next() {
    if (rest.size() < 4) return false;
    code = format.u16(rest.data());
    const std::size_t length = format.u16(rest.data() + 2);
    if (code == 0 || rest.size() - 4 < length) return false;
    value = rest.subspan(4, length);
    rest = rest.subspan(std::min(rest.size(), 4 + padded(length)));
    return true;
  }
};

PcapngFormat::PcapngFormat() { notes_.format = "pcapng"; }

std::uint16_t PcapngFormat::u16(const std::uint8_t* at) const {
  std::uint16_t value;
  std::memcpy(&value, at, sizeof value);
  return swapped_ ? packet::swapped(value) : value;
}
std::uint32_t PcapngFormat::u32(const std::uint8_t* at) const {
  const std::uint32_t value = native32(at);
  return swapped_ ? packet::swapped(value) : value;
}
std::uint64_t PcapngFormat::u64(const std::uint8_t* at) const {
  std::uint64_t value;
  std::memcpy(&value, at, sizeof value);
  return swapped_ ? __builtin_bswap64(value) : value;
}

std::int64_t PcapngFormat::Clock::to_ns(std::uint64_t units) const {
  __extension__ using Wide = unsigned __int128;
  Wide time_ns = 0;
  if (binary) {
    time_ns = exponent >= 64 ? 0 : (Wide{units} * 1'000'000'000) >> exponent;
  } else if (exponent <= 9) {
    Wide factor = 1;
    for (unsigned i = exponent; i < 9; ++i) factor *= 10;
    time_ns = Wide{units} * factor;
  } else {
    time_ns = units;
    for (unsigned i = 9; i < exponent && time_ns != 0; ++i) time_ns /= 10;
  }
  // What 64 bits of nanoseconds cannot say is the last moment they can.
  constexpr auto last = std::numeric_limits<std::int64_t>::max();
  const std::int64_t whole =
      time_ns > static_cast<Wide>(last) ? last : static_cast<std::int64_t>(time_ns);
  std::int64_t offset_ns = 0, sum = 0;
  if (__builtin_mul_overflow(offset_seconds, std::int64_t{1'000'000'000}, &offset_ns) ||
      __builtin_add_overflow(whole, offset_ns, &sum)) {
    return whole;
  }
  return sum;
}

void PcapngFormat::keep_comment(Bytes comment) {
  if (notes_.comments.size() < kept_comments) notes_.comments.push_back(text_of(comment));
}

// byte-order magic | major, minor | section length | options
std::string PcapngFormat::section(Bytes body) {
  if (body.size() < 16) return "a section header is too short";
  const std::uint16_t major = u16(body.data() + 4), minor = u16(body.data() + 6);
  if (major != 1) return fmt::format("version {}.{} of pcapng is not known", major, minor);
  in_section_ = true;
  ++notes_.sections;
  first_interface_ = notes_.interfaces.size();
  constexpr std::uint16_t comment = 1, os = 3, application = 4;
  for (Options option{*this, body.subspan(16), 0, {}}; option.next();) {
    if (option.code == comment) keep_comment(option.value);
    if (option.code == os) notes_.os = text_of(option.value);
    if (option.code == application) notes_.application = text_of(option.value);
  }
  return {};
}

// link type | reserved | snap length | options
std::string PcapngFormat::interface(Bytes body) {
  if (body.size() < 8) return "an interface description is too short";
  if (notes_.interfaces.size() >= most_interfaces) return "more interfaces than any file needs";
  FileInterface one;
  one.link_number = u16(body.data());
  const auto link = link_type(one.link_number);
  one.supported = link.has_value();
  one.link = link.value_or(static_cast<packet::LinkType>(one.link_number));
  one.snap_length = u32(body.data() + 4);
  Clock clock;
  constexpr std::uint16_t comment = 1, name = 2, description = 3, resolution = 9, filter = 11,
                          os = 12, offset = 14;
  for (Options option{*this, body.subspan(8), 0, {}}; option.next();) {
    const Bytes value = option.value;
    if (option.code == comment) keep_comment(value);
    if (option.code == name) one.name = text_of(value);
    if (option.code == description) one.description = text_of(value);
    // Its first byte says what language the rest is in; 0 is libpcap's.
    if (option.code == filter && !value.empty() && value[0] == 0)
      one.filter = text_of(value.subspan(1));
    if (option.code == os) one.os = text_of(value);
    if (option.code == resolution && !value.empty()) {
      clock.binary = (value[0] & 0x80) != 0;
      clock.exponent = value[0] & 0x7F;
    }
    if (option.code == offset && value.size() >= 8) {
      clock.offset_seconds = static_cast<std::int64_t>(u64(value.data()));
    }
  }
  notes_.interfaces.push_back(std::move(one));
  clocks_.push_back(clock);
  return {};
}

std::string PcapngFormat::add_frame(std::size_t interface, std::uint64_t time,
                                    std::uint32_t captured, std::uint32_t original, Bytes data,
                                    std::vector<packet::Frame>& frames) {
  const std::size_t place = first_interface_ + interface;
  if (place >= notes_.interfaces.size()) {
    return fmt::format("packet {} is of interface {}, which the section does not describe",
                       packets_ + 1, interface);
  }
  if (captured > kLongestFrame) {
    return fmt::format("packet {} claims {} captured bytes, more than any frame has", packets_ + 1,
                       captured);
  }
  if (captured > data.size()) {
    return fmt::format("packet {} claims {} captured bytes where its block has {}", packets_ + 1,
                       captured, data.size());
  }
  FileInterface& one = notes_.interfaces[place];
  ++one.packets;
  packet::Frame& frame = frames.emplace_back();
  frame.number = ++packets_;
  frame.time_ns = clocks_[place].to_ns(time);
  frame.link = one.link;
  frame.wire_length = original;
  frame.bytes = data.first(captured);
  return {};
}

void PcapngFormat::packet_options(std::size_t interface, Bytes options) {
  constexpr std::uint16_t comment = 1, dropped = 4;
  for (Options option{*this, options, 0, {}}; option.next();) {
    if (option.code == comment) ++notes_.packet_comments;
    if (option.code == dropped && option.value.size() >= 8) {
      notes_.interfaces[first_interface_ + interface].dropped_before_packets +=
          u64(option.value.data());
    }
  }
}

// interface | time, upper half first | captured | original | bytes, padded | options
std::string PcapngFormat::enhanced_packet(Bytes body, std::vector<packet::Frame>& frames) {
  if (body.size() < 20) return "a packet's block is too short";
  const std::uint32_t interface = u32(body.data()), captured = u32(body.data() + 12);
  const std::uint64_t time = std::uint64_t{u32(body.data() + 4)} << 32 | u32(body.data() + 8);
  const Bytes data = body.subspan(20);
  std::string wrong = add_frame(interface, time, captured, u32(body.data() + 16), data, frames);
  if (wrong.empty() && data.size() > padded(captured)) {
    packet_options(interface, data.subspan(padded(captured)));
  }
  return wrong;
}

// original length | bytes: of the first interface, at no time, captured up to its snap length
std::string PcapngFormat::simple_packet(Bytes body, std::vector<packet::Frame>& frames) {
  if (body.size() < 4) return "a packet's block is too short";
  const std::uint32_t original = u32(body.data());
  std::uint32_t captured = original;
  if (first_interface_ < notes_.interfaces.size()) {
    const std::uint32_t snap_length = notes_.interfaces[first_interface_].snap_length;
    if (snap_length != 0) captured = std::min(captured, snap_length);
  }
  captured = std::min(captured, static_cast<std::uint32_t>(body.size() - 4));
  return add_frame(0, 0, captured, original, body.subspan(4), frames);
}

// interface, drops (16 bits each) | time | captured | original | bytes, padded | options
std::string PcapngFormat::obsolete_packet(Bytes body, std::vector<packet::Frame>& frames) {
  if (body.size() < 20) return "a packet's block is too short";
  const std::uint16_t interface = u16(body.data()), drops = u16(body.data() + 2);
  const std::uint32_t captured = u32(body.data() + 12);
  const std::uint64_t time = std::uint64_t{u32(body.data() + 4)} << 32 | u32(body.data() + 8);
  std::string wrong =
      add_frame(interface, time, captured, u32(body.data() + 16), body.subspan(20), frames);
  if (wrong.empty() && drops != 0xFFFF) {
    notes_.interfaces[first_interface_ + interface].dropped_before_packets += drops;
  }
  return wrong;
}

// interface | time | options
void PcapngFormat::statistics(Bytes body) {
  if (body.size() < 12) return;
  const std::size_t place = first_interface_ + u32(body.data());
  if (place >= notes_.interfaces.size()) return;
  FileInterface& one = notes_.interfaces[place];
  constexpr std::uint16_t received = 4, interface_drops = 5, os_drops = 7;
  for (Options option{*this, body.subspan(12), 0, {}}; option.next();) {
    if (option.value.size() < 8) continue;
    const std::uint64_t count = u64(option.value.data());
    if (option.code == received) one.received = count;
    if (option.code == interface_drops) one.dropped_by_interface = count;
    if (option.code == os_drops) one.dropped_by_kernel = count;
  }
}

FormatStep PcapngFormat::parse(Bytes bytes, std::vector<packet::Frame>& frames) {
  std::size_t at = 0;
  const auto damage = [&](std::string what) {
    return FormatStep{at, 0, std::move(what), "the file is damaged from there on"};
  };
  for (;;) {
    const Bytes rest = bytes.subspan(at);
    if (rest.size() < 12) return {at, 12, {}, {}};
    const std::uint32_t type = native32(rest.data());  // the section's is the same either way
    if (type == block::section) {
      const std::uint32_t magic = native32(rest.data() + 8);
      swapped_ = magic == packet::swapped(byte_order_magic);
      if (!swapped_ && magic != byte_order_magic) return damage("a section without byte order");
    } else if (!in_section_) {
      return damage("the file does not begin with a section");
    }
    const std::uint32_t kind = u32(rest.data()), length = u32(rest.data() + 4);
    // Lengths that are no multiple of four are an old fault of writers, who pad all the same.
    const std::size_t whole = padded(length);
    if (length < 12) return damage(fmt::format("a block claims to be {} bytes long", length));
    const bool known = type == block::section || kind == block::interface ||
                       kind == block::obsolete_packet || kind == block::simple_packet ||
                       kind == block::statistics || kind == block::enhanced_packet;
    if (known && length > longest_block) {
      return damage(fmt::format("a block of type {} claims to be {} bytes long", kind, length));
    }
    if (!known && (!hook_ || length > longest_block)) {
      ++notes_.skipped_blocks;
      at += whole;
      if (at > bytes.size()) return {at, 0, {}, {}};
      continue;
    }
    if (rest.size() < whole) return {at, whole, {}, {}};
    if (const std::uint32_t again = u32(rest.data() + whole - 4); again != length) {
      return damage(fmt::format("a block of {} bytes ends with the length {}", length, again));
    }
    const Bytes body = rest.subspan(8, whole - 12);
    const std::uint64_t packets_before = packets_;
    std::string wrong;
    if (type == block::section) {
      wrong = section(body);
    } else if (kind == block::enhanced_packet) {
      wrong = enhanced_packet(body, frames);
    } else if (kind == block::interface) {
      wrong = interface(body);
    } else if (kind == block::simple_packet) {
      wrong = simple_packet(body, frames);
    } else if (kind == block::obsolete_packet) {
      wrong = obsolete_packet(body, frames);
    } else if (kind == block::statistics) {
      statistics(body);
    } else {
      ++notes_.skipped_blocks;
    }
    if (!wrong.empty()) return damage(std::move(wrong));
    if (hook_) hook_(rest.first(whole), packets_ == packets_before ? 0 : packets_, swapped_);
    at += whole;
  }
}

std::string PcapngFormat::unfinished(std::size_t left, std::size_t needed) const {
  if (left < 12) return "the file ends within the head of a block";
  return fmt::format("the file ends in the middle of a block: {} of {} bytes are there", left,
                     needed);
}

}  // namespace wireproof::capture
