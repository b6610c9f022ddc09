#include "script/wording.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>

#include "base/text.h"

namespace wireproof::script {
namespace {

constexpr std::size_t shown_bytes = 200;      // of what came
constexpr std::size_t difference_bytes = 16;  // from the first difference on

}  // namespace

std::string count_text(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string bytes_text(std::string_view start, std::uint64_t total) {
  std::string text = count_text(total, "byte");
  if (total == 0) return text;
  const std::string_view used = start.substr(0, shown_bytes);
  text += " " + wireproof::quoted(used, shown_bytes);
  if (total > used.size()) text += fmt::format("... {} more bytes", total - used.size());
  return text;
}

std::string bytes_text(std::string_view bytes) { return bytes_text(bytes, bytes.size()); }

std::string difference_text(std::string_view wanted, std::string_view came) {
  const std::size_t common = std::min(wanted.size(), came.size());
  const auto at = static_cast<std::size_t>(
      std::mismatch(wanted.begin(), wanted.begin() + static_cast<std::ptrdiff_t>(common),
                    came.begin())
          .first -
      wanted.begin());
  if (at == common) return {};
  const auto shown = [&](std::string_view bytes) {
    const std::string_view part = bytes.substr(at, difference_bytes);
    const std::string more = bytes.size() - at > part.size()
                                 ? fmt::format(" and {} more", bytes.size() - at - part.size())
                                 : "";
    return fmt::format(
        "{} {}{}", hex(std::span(reinterpret_cast<const std::uint8_t*>(part.data()), part.size())),
        wireproof::quoted(part), more);
  };
  return fmt::format("from offset {} on wanted {}, came {}", at, shown(wanted), shown(came));
}

std::string ms_text(nanoseconds span) {
  const double ms = std::chrono::duration<double, std::milli>(span).count();
  return ms < 10 ? fmt::format("{:.1f} ms", ms) : fmt::format("{:.0f} ms", ms);
}

std::string errno_text(int number) {
  const char* name = ::strerrorname_np(number);
  return fmt::format("{} ({})", name ? name : "unknown error", std::strerror(number));
}

bool is_errno(std::string_view name, int number) {
  if (name == "EWOULDBLOCK") name = "EAGAIN";
  if (name == "ENOTSUP") name = "EOPNOTSUPP";
  const char* own = ::strerrorname_np(number);
  if (own == nullptr) return false;
  const std::string_view plain = own;
  return name == (plain == "ENOTSUP" ? "EOPNOTSUPP" : plain);
}

}  // namespace wireproof::script
