#include "packet/reassembly.h"

#include <algorithm>
#include <utility>

#include "packet/bytes.h"
#include "packet/checksum.h"

namespace wireproof::packet {
namespace {

constexpr std::uint32_t longest = 65535;
constexpr std::size_t kept_overlaps = 1024;

std::size_t unit_count(std::size_t bytes) { return (bytes + 7) / 8; }

}  // namespace

std::size_t Reassembler::cost(const Pending& pending) {
  return sizeof(Table::value_type) + 64 + pending.header.capacity() + pending.data.capacity() +
         pending.there.capacity() / 8;
}

void Reassembler::erase(Table::iterator at) {
  bytes_ -= cost(at->second);
  pending_.erase(at);
}

void Reassembler::make_room(std::int64_t now_ns) {
  while (!order_.empty()) {
    const auto at = pending_.find(order_.front().second);
    const bool gone = at == pending_.end() || at->second.serial != order_.front().first;
    if (!gone) {
      const bool old = now_ns - at->second.begun_ns > limits_.age_ns;
      if (!old && pending_.size() < limits_.packets && bytes_ < limits_.bytes) return;
      ++given_up_;
      erase(at);
    }
    order_.pop_front();
  }
}

// True: its bytes, or some of them, were there before, and it is no mere repetition.
bool Reassembler::overlaps(Pending& pending, const Packet& fragment,
                           std::span<const std::uint8_t> part) {
  const std::size_t begin = fragment.fragment_offset / 8u;
  const std::size_t end = begin + unit_count(fragment.fragment_length);
  std::size_t shared = 0;
  bool same = true;
  for (std::size_t unit = begin; unit < std::min(end, pending.there.size()); ++unit) {
    if (!pending.there[unit]) continue;
    ++shared;
    const std::size_t from = (unit - begin) * 8;
    const std::size_t to = std::min({from + 8, part.size(), pending.data.size() - begin * 8});
    if (from < to &&
        !std::equal(part.begin() + static_cast<std::ptrdiff_t>(from),
                    part.begin() + static_cast<std::ptrdiff_t>(to),
                    pending.data.begin() + static_cast<std::ptrdiff_t>(begin * 8 + from))) {
      same = false;
    }
  }
  if (shared == 0 || (shared == end - begin && same)) return false;
  if (overlaps_.size() < kept_overlaps) {
    overlaps_.push_back(
        {fragment.source.address.family, fragment.frame.number, pending.first_packet, same});
  }
  return true;
}

void Reassembler::insert(Pending& pending, const Packet& fragment,
                         std::span<const std::uint8_t> part) {
  const std::uint32_t begin = fragment.fragment_offset, length = fragment.fragment_length;
  if (pending.data.size() < begin + length) pending.data.resize(begin + length);
  if (pending.there.size() < unit_count(begin + length)) {
    pending.there.resize(unit_count(begin + length));
  }
  for (std::size_t unit = begin / 8; unit < unit_count(begin + length); ++unit) {
    if (pending.there[unit]) continue;  // the bytes that came first stand
    pending.there[unit] = true;
    ++pending.units;
    const std::size_t from = unit * 8 - begin;
    for (std::size_t i = from; i < std::min<std::size_t>(from + 8, part.size()); ++i) {
      pending.data[begin + i] = part[i];
    }
  }
  if (part.size() < length) {
    pending.captured_to =
        std::min(pending.captured_to, begin + static_cast<std::uint32_t>(part.size()));
  }
  if (!fragment.more_fragments) pending.total = begin + length;
  if (begin == 0 && pending.header.empty()) {
    const auto bytes = fragment.frame.bytes;
    pending.header.assign(bytes.begin() + fragment.ip_offset,
                          bytes.begin() + fragment.fragment_data);
  }
}

std::optional<Frame> Reassembler::assemble(const Pending& pending, const Packet& last) {
  const bool version_4 = last.source.address.family == Family::ipv4;
  const std::size_t all = pending.header.size() + *pending.total;
  if (all - (version_4 ? 0 : 40) > longest) return std::nullopt;
  whole_ = pending.header;
  std::uint8_t* const header = whole_.data();
  if (version_4) {
    store_be(header + 2, static_cast<std::uint16_t>(all));
    store_be(header + 6, std::uint16_t{0});
    store_be(header + 10, std::uint16_t{0});
    store_be(header + 10, static_cast<std::uint16_t>(~checksum_fold(checksum_add(0, whole_))));
  } else {
    // The fragment header stays, as that of a packet in one piece (RFC 6946).
    store_be(header + 4, static_cast<std::uint16_t>(all - 40));
    store_be(header + whole_.size() - 6, std::uint16_t{0});
  }
  const std::size_t captured = std::min(*pending.total, pending.captured_to);
  whole_.insert(whole_.end(), pending.data.begin(),
                pending.data.begin() + static_cast<std::ptrdiff_t>(captured));
  Frame frame = last.frame;
  frame.link = version_4 ? LinkType::ipv4 : LinkType::ipv6;
  frame.wire_length = static_cast<std::uint32_t>(all);
  frame.bytes = whole_;
  ++completed_;
  return frame;
}

std::optional<Frame> Reassembler::add(const Packet& fragment) {
  if (!fragment.is_fragment || fragment.fragment_data == 0) return std::nullopt;
  const std::uint32_t end = fragment.fragment_offset + fragment.fragment_length;
  // Too long for a packet (RFC 8200 4.5: discarded), or of a length that leaves no place for the
  // next: no receiver can use it.
  if (end > longest || (fragment.more_fragments && fragment.fragment_length % 8 != 0)) {
    ++given_up_;
    return std::nullopt;
  }
  make_room(fragment.frame.time_ns);
  const bool version_4 = fragment.source.address.family == Family::ipv4;
  const Key key{fragment.source.address, fragment.destination.address, fragment.ip_id,
                version_4 ? fragment.ip_protocol : std::uint8_t{0}};
  const auto [at, is_new] = pending_.try_emplace(key);
  Pending& pending = at->second;
  if (is_new) {
    pending.serial = ++last_serial_;
    pending.first_packet = fragment.frame.number;
    pending.begun_ns = fragment.frame.time_ns;
    order_.emplace_back(pending.serial, key);
  } else {
    bytes_ -= cost(pending);
  }
  const auto captured = fragment.frame.bytes.size();
  const std::size_t from = std::min<std::size_t>(fragment.fragment_data, captured);
  const auto part = fragment.frame.bytes.subspan(
      from, std::min<std::size_t>(captured - from, fragment.fragment_length));
  if (!pending.dropped && overlaps(pending, fragment, part) && !version_4) {
    pending = {{}, {}, {}, 0, {}, 0, pending.first_packet, pending.serial, pending.begun_ns, true};
  }
  if (!pending.dropped) insert(pending, fragment, part);
  bytes_ += cost(pending);
  if (pending.dropped || !pending.total || pending.header.empty() ||
      pending.units != pending.there.size() || pending.there.size() != unit_count(*pending.total)) {
    return std::nullopt;
  }
  std::optional<Frame> whole = assemble(pending, fragment);
  if (!whole) ++given_up_;
  erase(at);
  return whole;
}

std::vector<Reassembler::Overlap> Reassembler::take_overlaps() {
  return std::exchange(overlaps_, {});
}

}  // namespace wireproof::packet
