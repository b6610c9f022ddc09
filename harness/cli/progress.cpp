#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "reports/style.h"
#include "reports/text.h"
#include "reports/utf8.h"

namespace wireproof::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto between_draws = std::chrono::milliseconds(50);

std::string bar(std::size_t done, std::size_t total, std::size_t columns, bool utf8) {
  const std::size_t full = total == 0 ? 0 : std::min(columns, done * columns / total);
  std::string text;
  for (std::size_t i = 0; i < columns; ++i) {
    text += i < full ? (utf8 ? "█" : "#") : (utf8 ? "░" : ".");
  }
  return text;
}

}  // namespace

ProgressLine::ProgressLine(Console& console, Options options, std::size_t total)
    : console_(console),
      options_(options),
      total_(total),
      start_(Clock::now()),
      next_draw_(start_) {}

ProgressLine::~ProgressLine() { clear(); }

report::TextOptions ProgressLine::text_options() const {
  report::TextOptions options;
  options.colour = options_.colour;
  options.utf8 = console_.utf8;
  options.width = text_columns(console_);
  return options;
}

void ProgressLine::started(const std::string& id) {
  latest_ = id;
  draw(false);
}

void ProgressLine::finished(const report::CaseReport& one, std::size_t done, std::size_t total) {
  done_ = done;
  total_ = total;
  const bool remarkable = (one.status == report::Status::failed && !one.expected_failure) ||
                          one.status == report::Status::error ||
                          one.status == report::Status::inconclusive;
  if (remarkable) ++failed_;
  if (!options_.quiet && (remarkable || options_.verbose)) {
    clear();
    console_.err << report::case_line(one, text_options()) << '\n' << std::flush;
  }
  draw(done == total);
}

void ProgressLine::clear() {
  if (!drawn_) return;
  console_.err << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

void ProgressLine::draw(bool now) {
  if (!options_.live || options_.quiet) return;
  const auto moment = Clock::now();
  if (!now && moment < next_draw_) return;
  next_draw_ = moment + between_draws;

  const report::Style style(text_options());
  // One column is kept free: a full last column makes some terminals wrap.
  const std::size_t columns = text_columns(console_) - 1;
  const std::string counts =
      total_ == 0 ? fmt::format("{}", done_) : fmt::format("{}/{}", done_, total_);
  const std::string failed = failed_ == 0 ? "" : fmt::format("  {} not passed", failed_);
  const std::string time = fmt::format(
      "{} s", std::chrono::duration_cast<std::chrono::seconds>(moment - start_).count());
  const std::size_t bar_columns = total_ == 0 ? 0 : columns >= 80 ? 24 : columns >= 60 ? 16 : 8;
  std::string line = bar(done_, total_, bar_columns, console_.utf8);
  line += (line.empty() ? "" : " ") + counts;
  std::size_t used = report::display_width(line) + failed.size() + 2 + time.size();
  line += style.paint(report::Tone::bad, failed) + "  " + style.paint(report::Tone::dim, time);
  if (used + 14 <= columns && !latest_.empty()) {
    line += "  " + style.shorten_middle(style.safe(latest_), columns - used - 2);
  }
  console_.err << "\r\x1b[K" << line << std::flush;
  drawn_ = true;
}

}  // namespace wireproof::cli
