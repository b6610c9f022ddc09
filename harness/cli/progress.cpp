#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "reports/style.h"
#include "reports/text.h"
#include "reports/time_text.h"
#include "reports/utf8.h"

namespace wireproof::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto between_draws = milliseconds(100);
constexpr auto between_words = seconds(30);  // in a log: that a long run is alive
constexpr std::size_t most_running_lines = 8;
// Of the last line: "^C", which the terminal itself writes behind it, must not wrap.
constexpr std::size_t kept_free = 3;

std::string bar(std::size_t done, std::size_t total, std::size_t columns, bool utf8) {
  const std::size_t full = total == 0 ? 0 : std::min(columns, done * columns / total);
  std::string text;
  for (std::size_t i = 0; i < columns; ++i) {
    text += i < full ? (utf8 ? "█" : "#") : (utf8 ? "░" : ".");
  }
  return text;
}

double ms_since(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - since)
      .count();
}

// Whole seconds, and minutes where there are any.
std::string seconds_text(double ms) {
  const auto whole = static_cast<long>(ms / 1000);
  return whole < 100 ? fmt::format("{} s", whole)
                     : fmt::format("{} min {} s", whole / 60, whole % 60);
}

// Columns of a line with our own colours in it.
std::size_t visible_width(std::string_view line) {
  std::string plain;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\x1b') {
      at = std::min(line.find('m', at), line.size());
    } else {
      plain += line[at];
    }
  }
  return report::display_width(plain);
}

}  // namespace

ProgressScreen::ProgressScreen(Console& console, Options options, std::size_t total)
    : console_(console),
      options_(options),
      total_(total),
      start_(Clock::now()),
      next_draw_(start_),
      next_word_(start_ + between_words) {}

ProgressScreen::~ProgressScreen() { clear(); }

report::TextOptions ProgressScreen::text_options() const {
  report::TextOptions options;
  options.colour = options_.colour;
  options.utf8 = console_.utf8;
  options.width = text_columns(console_);
  return options;
}

void ProgressScreen::started(const std::string& id) {
  running_.push_back({id, Clock::now()});
  tick();
}

void ProgressScreen::ended(const std::string& id) {
  const auto found = std::find_if(running_.begin(), running_.end(),
                                  [&](const Running& one) { return one.id == id; });
  if (found != running_.end()) running_.erase(found);
}

void ProgressScreen::finished(const report::CaseReport& one, std::size_t done, std::size_t total) {
  ended(one.id);
  done_ = done;
  total_ = total;
  const bool remarkable = (one.status == report::Status::failed && !one.expected_failure) ||
                          one.status == report::Status::error ||
                          one.status == report::Status::inconclusive;
  if (remarkable) ++not_passed_;
  if (!options_.quiet && (remarkable || options_.verbose)) {
    clear();
    console_.err << report::case_line(one, text_options()) << '\n' << std::flush;
    next_draw_ = Clock::now();
  }
  tick();
}

void ProgressScreen::tick() {
  if (options_.quiet) return;
  const auto now = Clock::now();
  if (options_.live) {
    if (now < next_draw_) return;
    next_draw_ = now + between_draws;
    draw();
  } else if (now >= next_word_) {
    next_word_ = now + between_words;
    console_.err << how_far() << "  " << time_text() << '\n' << std::flush;
  }
}

void ProgressScreen::clear() {
  if (!drawn_.empty()) console_.err << erased() << std::flush;
}

std::string ProgressScreen::erased() {
  if (drawn_.empty()) return {};
  // A window that became narrower has wrapped what was drawn: so many rows are above the cursor.
  const std::size_t columns = std::max<std::size_t>(1, console_.columns());
  std::size_t rows = 0;
  for (const std::size_t width : drawn_)
    rows += std::max<std::size_t>(1, (width + columns - 1) / columns);
  std::string text = "\r";
  if (rows > 1) text += fmt::format("\x1b[{}A", rows - 1);
  drawn_.clear();
  return text + "\x1b[J";
}

std::string ProgressScreen::how_far() const {
  std::string text =
      total_ == 0 ? fmt::format("{} done", done_) : fmt::format("{}/{}", done_, total_);
  if (not_passed_ > 0) text += fmt::format("  {} not passed", not_passed_);
  return text;
}

std::string ProgressScreen::time_text() const {
  const double spent = ms_since(start_);
  std::string text = seconds_text(spent);
  // A first guess after a few cases and a second: before, it would jump about.
  if (done_ >= 3 && done_ < total_ && spent > 1000) {
    const double left = spent / static_cast<double>(done_) * static_cast<double>(total_ - done_);
    text += fmt::format(", about {} left", seconds_text(left + 999));
  }
  return text;
}

std::vector<std::string> ProgressScreen::running_lines(std::size_t columns) const {
  const report::Style style(text_options());
  const std::size_t rows = std::max(6u, console_.rows()) / 3;
  const std::size_t most = std::min(most_running_lines, rows);
  // A last line that says how many others there are takes the place of two.
  const std::size_t shown = running_.size() <= most ? running_.size() : most - 1;
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < shown; ++i) {
    const std::string time = report::duration_text(ms_since(running_[i].since));
    const std::size_t name_columns = columns - 12;
    lines.push_back("  " +
                    report::padded(style.shorten_middle(style.safe(running_[i].id), name_columns),
                                   name_columns) +
                    style.paint(report::Tone::dim, fmt::format("{:>10}", time)));
  }
  if (shown < running_.size()) {
    lines.push_back(style.paint(report::Tone::dim,
                                fmt::format("  and {} more running", running_.size() - shown)));
  }
  return lines;
}

std::string ProgressScreen::bar_line(std::size_t columns) const {
  const report::Style style(text_options());
  const std::size_t bar_columns = total_ == 0 ? 0 : columns >= 77 ? 24 : columns >= 57 ? 16 : 8;
  std::string line = bar(done_, total_, bar_columns, console_.utf8);
  if (!line.empty()) line += " ";
  const std::string counts = how_far();
  line += not_passed_ > 0 ? style.paint(report::Tone::bad, counts) : counts;
  const std::size_t used = report::display_width(bar(done_, total_, bar_columns, true)) +
                           (bar_columns > 0 ? 1 : 0) + counts.size();
  std::string time = time_text();
  if (used + 2 + time.size() > columns) time = seconds_text(ms_since(start_));
  if (used + 2 + time.size() > columns) return line;
  return line + "  " + style.paint(report::Tone::dim, time);
}

void ProgressScreen::draw() {
  const std::size_t columns = text_columns(console_) - kept_free;
  std::vector<std::string> lines = running_lines(columns);
  lines.push_back(bar_line(columns));
  std::string text = erased();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    drawn_.push_back(visible_width(lines[i]));
    text += (i == 0 ? "" : "\n") + lines[i];
  }
  console_.err << text << std::flush;
}

}  // namespace wireproof::cli
