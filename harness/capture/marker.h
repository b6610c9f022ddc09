// Frames that a capture sends to itself, to know that it is live and, later, that it has read
// everything: Ethernet, type 0x88B5 (IEEE 802: local experimental), from and to the interface's own
// address, so that nobody takes them for theirs.
//
//   destination, source | 0x88B5 | "wireproof marker" | capture (8 bytes) | sequence (8 bytes)
//
// Thread rule: a MarkerSocket belongs to one thread. Other captures may see them too: any marker is
// left out of any capture's result.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/fd.h"

namespace wireproof::capture {

inline constexpr std::uint16_t kMarkerEtherType = 0x88B5;

struct Marker {
  std::uint64_t capture = 0;  // a nonce
  std::uint64_t sequence = 0;
};

// nullopt: not a marker.
std::optional<Marker> read_marker(std::span<const std::uint8_t> ethernet_frame);

class MarkerSocket {
 public:
  // In the calling thread's network namespace. Throws SystemError.
  explicit MarkerSocket(const std::string& interface);

  // False: the interface would not take it now (its queue is full); try again. Throws SystemError
  // for good reasons (the interface is down or gone).
  bool send(const Marker& marker);

 private:
  std::string interface_;
  Fd fd_;
  std::uint8_t address_[6] = {};
};

}  // namespace wireproof::capture
