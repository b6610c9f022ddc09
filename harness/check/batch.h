// What goes through the pipeline: a block of frames, and for each worker those that are its own.
// Thread rule: whoever has a batch; workers read their own share only.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "capture/arena.h"
#include "capture/reader.h"

namespace wireproof::check {

struct Batch {
  std::uint64_t number = 0;   // from 0, in the order of the capture
  std::int64_t now_ns = 0;    // live: the time, packets or not; else 0
  std::int64_t clock_ns = 0;  // the capture's clock behind it
  capture::FrameBlock block;
  // By worker; the frames are the block's, or made from those: in `extra`, with bytes in `made`.
  std::vector<std::vector<const packet::Frame*>> shares;
  std::deque<packet::Frame> extra;
  capture::Arena made;
  unsigned users = 0;  // workers that are not done with it

  void clear() {
    for (auto& share : shares) share.clear();
    extra.clear();
    now_ns = 0;
    if (made.used() > 0) made = capture::Arena();
  }
};

}  // namespace wireproof::check
