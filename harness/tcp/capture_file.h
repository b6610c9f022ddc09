// A capture file in memory, for tests: its frames, and their packets decoded.
// Thread rule: one thread at a time. Lifetime: packets point into the frames.
#pragma once

#include <string>
#include <vector>

#include "packet/packet.h"

namespace wireproof::tcp::testing {

struct CaptureFile {
  explicit CaptureFile(const std::string& path);  // throws std::runtime_error
  CaptureFile(CaptureFile&&) = default;

  std::vector<std::vector<std::uint8_t>> frames;
  std::vector<packet::Packet> packets;
};

std::string testdata(const std::string& name);

}  // namespace wireproof::tcp::testing
