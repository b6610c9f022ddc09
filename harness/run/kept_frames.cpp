#include "run/kept_frames.h"

#include <algorithm>

namespace wireproof::run {
namespace {

class Chosen {
 public:
  explicit Chosen(std::span<const packet::Frame> frames)
      : frames_(frames), chosen_(frames.size(), false) {}

  // False: the budget is used up.
  bool take(std::size_t index) {
    if (chosen_[index]) return true;
    const std::size_t cost =
        std::min(frames_[index].bytes.size(), kept_frame_bytes) + kept_frame_overhead;
    if (cost > budget_) return false;
    budget_ -= cost;
    return chosen_[index] = true;
  }

  std::vector<report::FrameReport> reports() const {
    std::vector<report::FrameReport> all;
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      if (!chosen_[i]) continue;
      const packet::Frame& frame = frames_[i];
      const auto bytes = frame.bytes.first(std::min(frame.bytes.size(), kept_frame_bytes));
      all.push_back({frame.number, frame.time_ns, frame.wire_length,
                     std::string(bytes.begin(), bytes.end())});
    }
    return all;
  }

 private:
  std::span<const packet::Frame> frames_;
  std::vector<bool> chosen_;
  std::size_t budget_ = kept_bytes;
};

}  // namespace

std::vector<report::FrameReport> kept_frames(std::span<const packet::Frame> frames,
                                             const std::vector<Finding>& findings) {
  Chosen chosen(frames);
  for (const Finding& finding : findings) {
    for (const std::uint64_t number : finding.packets) {
      const auto found = std::lower_bound(
          frames.begin(), frames.end(), number,
          [](const packet::Frame& frame, std::uint64_t wanted) { return frame.number < wanted; });
      if (found == frames.end() || found->number != number) continue;
      if (!chosen.take(static_cast<std::size_t>(found - frames.begin()))) return chosen.reports();
    }
  }
  for (std::size_t i = 0; i < (frames.size() + 1) / 2; ++i) {
    if (!chosen.take(i) || !chosen.take(frames.size() - 1 - i)) break;
  }
  return chosen.reports();
}

}  // namespace wireproof::run
