#include <fmt/format.h>

#include "witness/await.h"

namespace wireproof::witness {

std::string to_string(std::span<const StateSeen> seen) {
  std::string text;
  for (const StateSeen& one : seen)
    text += fmt::format("{}{} at {:.1f} ms", text.empty() ? "" : ", ", tcp::name(one.state),
                        static_cast<double>(one.time_ns - seen.front().time_ns) / 1e6);
  return text.empty() ? "nothing" : text;
}

}  // namespace wireproof::witness
