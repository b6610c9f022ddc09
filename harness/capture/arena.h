// Memory for captured bytes: grows in blocks, gives nothing back before its end, never moves what
// it holds. One thread writes; what was returned may be read by any.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace wireproof::capture {

class Arena {
 public:
  std::span<const std::uint8_t> copy(std::span<const std::uint8_t> bytes) {
    if (bytes.size() > free_) {
      // Small first: most captures are of one short connection.
      const std::size_t size =
          std::max(bytes.size(), std::clamp<std::size_t>(held_, 64u << 10, 4u << 20));
      blocks_.push_back(std::make_unique_for_overwrite<std::uint8_t[]>(size));
      next_ = blocks_.back().get();
      free_ = size;
      held_ += size;
    }
    std::uint8_t* const begin = next_;
    std::copy(bytes.begin(), bytes.end(), begin);
    next_ += bytes.size();
    free_ -= bytes.size();
    used_ += bytes.size();
    return {begin, bytes.size()};
  }
  std::size_t used() const { return used_; }

 private:
  std::vector<std::unique_ptr<std::uint8_t[]>> blocks_;
  std::uint8_t* next_ = nullptr;
  std::size_t free_ = 0, held_ = 0, used_ = 0;
};

}  // namespace wireproof::capture
