#include "udp/fragments.h"

#include <algorithm>

#include "packet/bytes.h"
#include "packet/checksum.h"

namespace wireproof::udp {
namespace {

using packet::Checksum;
using packet::Family;
using packet::Packet;

constexpr std::size_t kMostPending = 1024;
constexpr std::size_t kMostPieces = 65536 / 8;       // more cannot be without overlap
constexpr std::int64_t kOldest_ns = 60'000'000'000;  // RFC 8200 4.5
constexpr std::uint8_t kUdp = 17, kDestinationOptions = 60;
constexpr std::uint32_t kHeader = 8;

}  // namespace

bool Fragments::is_one(const Packet& packet) {
  if (!packet.is_fragment || packet.fragment_length == 0) return false;
  // In IPv6 options may stand between the fragment header and UDP's: later fragments name those.
  return packet.ip_protocol == kUdp ||
         (packet.source.address.family == Family::ipv6 && packet.fragment_offset != 0 &&
          packet.ip_protocol == kDestinationOptions);
}

std::vector<Reassembled> Fragments::add(const Packet& packet) {
  std::vector<Reassembled> done;
  const Key key{packet.source.address, packet.destination.address, packet.ip_id};
  auto found = pending_.find(key);
  if (found != pending_.end() && packet.frame.time_ns - found->second.begun_ns > kOldest_ns) {
    // The same identification again, for another datagram.
    if (found->second.is_udp) done.push_back(give_up(std::move(found->second)));
    pending_.erase(found);
    found = pending_.end();
  }
  if (found == pending_.end()) {
    while (pending_.size() >= kMostPending) {
      const auto [serial, oldest_key] = order_.front();
      order_.pop_front();
      const auto oldest = pending_.find(oldest_key);
      if (oldest == pending_.end() || oldest->second.serial != serial) continue;
      if (oldest->second.is_udp) done.push_back(give_up(std::move(oldest->second)));
      pending_.erase(oldest);
    }
    // What is finished leaves the list here, so that it stays as short as the map.
    if (order_.size() > 2 * kMostPending) {
      std::erase_if(order_, [&](const auto& each) {
        const auto live = pending_.find(each.second);
        return live == pending_.end() || live->second.serial != each.first;
      });
    }
    found = pending_.emplace(key, Pending{}).first;
    found->second.serial = ++last_serial_;
    order_.emplace_back(last_serial_, key);
    found->second.begun_ns = packet.frame.time_ns;
    found->second.result.source.address = packet.source.address;
    found->second.result.destination.address = packet.destination.address;
  }

  Pending& pending = found->second;
  Reassembled& result = pending.result;
  result.packet = packet.frame.number;
  result.time_ns = packet.frame.time_ns;
  result.ip_id = packet.ip_id;
  ++result.fragments;
  if (packet.ip_protocol == kUdp) pending.is_udp = true;
  if (packet.fragment_offset == 0) {
    pending.first_seen = true;
    pending.header_at = packet.transport_offset - packet.fragment_data;
    result.source.port = packet.source.port;
    result.destination.port = packet.destination.port;
  }
  Piece piece;
  piece.begin = packet.fragment_offset;
  piece.end = piece.begin + packet.fragment_length;
  if (!packet.more_fragments) pending.total = piece.end;
  if (packet.frame.bytes.size() > packet.fragment_data) {
    auto bytes = packet.frame.bytes.subspan(packet.fragment_data);
    bytes = bytes.first(std::min<std::size_t>(bytes.size(), packet.fragment_length));
    piece.bytes.assign(bytes.begin(), bytes.end());
  }
  add_piece(pending, std::move(piece));
  if (is_whole(pending)) {
    if (pending.is_udp) done.push_back(complete(std::move(pending)));
    pending_.erase(found);
  }
  return done;
}

// A fragment that is there already is left out (RFC 8200 4.5 allows to ignore exact duplicates);
// any other that shares bytes with one is an overlap, and of it only what is new is used.
void Fragments::add_piece(Pending& pending, Piece piece) {
  for (const Piece& other : pending.pieces) {
    if (other.begin == piece.begin && other.end == piece.end && other.bytes == piece.bytes) {
      --pending.result.fragments;
      return;
    }
    if (piece.begin < other.end && other.begin < piece.end) pending.result.overlap = true;
  }
  if (pending.pieces.size() >= kMostPieces) return;
  const auto where =
      std::upper_bound(pending.pieces.begin(), pending.pieces.end(), piece.begin,
                       [](std::uint32_t begin, const Piece& other) { return begin < other.begin; });
  pending.pieces.insert(where, std::move(piece));
}

bool Fragments::is_whole(const Pending& pending) {
  if (!pending.total || !pending.first_seen) return false;
  std::uint32_t reached = 0;
  for (const Piece& piece : pending.pieces) {
    if (piece.begin > reached) return false;
    reached = std::max(reached, piece.end);
  }
  return reached >= *pending.total;
}

Reassembled Fragments::complete(Pending&& pending) {
  Reassembled result = std::move(pending.result);
  result.complete = true;
  const std::uint32_t total = *pending.total, at = pending.header_at;
  if (total < at + kHeader) {
    result.malformed = "UDP header ends past the IP payload";
    return result;
  }
  result.length = total - at - kHeader;
  std::vector<std::uint8_t> whole(total);
  for (const Piece& piece : pending.pieces) {
    if (piece.bytes.size() != piece.end - piece.begin) return result;  // cut by the capture
    const std::size_t used =
        std::min<std::size_t>(piece.bytes.size(), total - std::min(total, piece.begin));
    std::copy_n(piece.bytes.begin(), used, whole.begin() + std::min(total, piece.begin));
  }
  const std::uint8_t* const header = whole.data() + at;
  const std::uint32_t stated = packet::be16(header + 4);
  if (stated < kHeader) {
    result.malformed = "UDP length is below 8";
    return result;
  }
  if (stated > total - at) {
    result.malformed = "UDP length exceeds the IP payload";
    return result;
  }
  result.length = stated - kHeader;
  if (packet::be16(header + 6) == 0) {
    result.checksum = Checksum::absent;
  } else {
    const auto pseudo =
        packet::pseudo_header_sum(result.source.address, result.destination.address, kUdp, stated);
    const auto sum = packet::checksum_add(pseudo, {header, stated});
    if (packet::checksum_holds(sum)) {
      result.checksum = Checksum::good;
    } else {
      const bool partial = packet::be16(header + 6) == packet::checksum_fold(pseudo);
      result.checksum = partial ? Checksum::partial : Checksum::bad;
    }
  }
  result.payload.assign(header + kHeader, header + stated);
  return result;
}

Reassembled Fragments::give_up(Pending&& pending) {
  Reassembled result = std::move(pending.result);
  for (const Piece& piece : pending.pieces) result.length += piece.end - piece.begin;
  if (pending.first_seen) result.length -= std::min(result.length, pending.header_at + kHeader);
  return result;
}

std::vector<Reassembled> Fragments::finish() {
  std::vector<Reassembled> left;
  for (auto& [key, pending] : pending_) {
    if (pending.is_udp) left.push_back(give_up(std::move(pending)));
  }
  pending_.clear();
  order_.clear();
  std::sort(left.begin(), left.end(),
            [](const Reassembled& a, const Reassembled& b) { return a.packet < b.packet; });
  return left;
}

}  // namespace wireproof::udp
