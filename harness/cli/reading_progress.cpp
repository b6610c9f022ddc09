#include "cli/reading_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace wireproof::cli {

ReadingProgress::ReadingProgress(Console& console)
    : console_(console), live_(wants_live_progress(console)) {}

bool ReadingProgress::due() {
  if (!live_) return false;
  const auto now = Clock::now();
  if (now < next_) return false;
  next_ = now + std::chrono::milliseconds(100);
  return true;
}

void ReadingProgress::draw(const std::string& line) {
  // One column is kept free: a full last column makes some terminals wrap.
  console_.err << "\r\x1b[K" << line << std::flush;
  drawn_ = true;
}

void ReadingProgress::read(std::uint64_t position, std::uint64_t size, std::uint64_t packets) {
  if (!due()) return;
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  std::string line;
  if (size > 0) {
    const unsigned columns = text_columns(console_) >= 80 ? 24 : 10;
    const double part = std::min(1.0, static_cast<double>(position) / static_cast<double>(size));
    const auto full = static_cast<unsigned>(part * columns);
    for (unsigned i = 0; i < columns; ++i) {
      line += i < full ? (console_.utf8 ? "█" : "#") : (console_.utf8 ? "░" : ".");
    }
    line += fmt::format(" {:.0f} %  ", part * 100);
  }
  line += fmt::format("{:.1f} M packets  {:.1f} M/s", static_cast<double>(packets) / 1e6,
                      static_cast<double>(packets) / 1e6 / seconds);
  draw(line);
}

// Packets that were lost are said where there is no terminal too: what is told after is less sure.
void ReadingProgress::watched(const check::Screen::Watched& so_far) {
  const bool more_lost = so_far.dropped > told_dropped_;
  if (!live_ && more_lost) {
    told_dropped_ = so_far.dropped;
    console_.err << fmt::format("{} of {} packets were dropped so far\n", so_far.dropped,
                                so_far.packets + so_far.dropped)
                 << std::flush;
  }
  if (!due()) return;
  std::string line = fmt::format("{} packets  {} connections ended  {} failed", so_far.packets,
                                 so_far.connections, so_far.failed);
  if (so_far.dropped > 0) line += fmt::format("  {} dropped", so_far.dropped);
  draw(line);
}

void ReadingProgress::clear() {
  if (!drawn_) return;
  console_.err << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace wireproof::cli
