// Which packets of a capture a report carries byte by byte: those that findings name first, then
// from both ends of the capture towards its middle, as far as the case's budget reaches. So a
// report is bounded whatever was captured, and an ordinary case is there with every packet. Thread
// rule: pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/finding.h"
#include "packet/packet.h"
#include "reports/model.h"

namespace wireproof::run {

inline constexpr std::size_t kept_frame_bytes = 256;    // of one packet
inline constexpr std::size_t kept_bytes = 64 << 10;     // of a case
inline constexpr std::size_t kept_frame_overhead = 64;  // what a packet's other fields take

std::vector<report::FrameReport> kept_frames(std::span<const packet::Frame> frames,
                                             const std::vector<Finding>& findings);

}  // namespace wireproof::run
