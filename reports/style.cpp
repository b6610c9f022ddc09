#include "reports/style.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "reports/utf8.h"

namespace wireproof::report {

std::string Style::paint(Tone tone, std::string_view text) const {
  constexpr std::array<std::string_view, 7> codes = {"", "1", "2", "32", "1;31", "33", "36"};
  if (!colour_ || tone == Tone::plain || text.empty()) return std::string(text);
  std::string painted = "\x1b[";
  painted.append(codes[static_cast<std::size_t>(tone)]).append("m").append(text).append("\x1b[0m");
  return painted;
}

std::string Style::safe(std::string_view hostile, std::size_t limit) const {
  return in_charset(printable(hostile, limit));
}

std::string Style::in_charset(std::string shown) const {
  if (utf8_) return shown;
  std::string ascii;
  for (std::size_t at = 0; at < shown.size();) {
    const std::size_t length = utf8_length(shown, at);
    ascii.push_back(length == 1 ? shown[at] : '?');
    at += length == 0 ? 1 : length;
  }
  return ascii;
}

std::string Style::shorten(std::string_view text, std::size_t columns) const {
  return shortened(text, columns, utf8_);
}

std::string Style::shorten_middle(std::string_view text, std::size_t columns) const {
  if (display_width(text) <= columns) return std::string(text);
  const std::string_view ellipsis = utf8_ ? "…" : "...";
  const std::size_t taken = display_width(ellipsis);
  if (columns < 3 * taken + 2) return shorten(text, columns);
  const std::string_view head = fit(text, (columns - taken) / 3);
  const std::size_t tail_columns = columns - taken - display_width(head);
  std::size_t at = head.size();
  while (display_width(text.substr(at)) > tail_columns) {
    at += std::max<std::size_t>(utf8_length(text, at), 1);
  }
  return std::string(head).append(ellipsis).append(text.substr(at));
}

std::vector<std::string> Style::wrap(std::string_view text, std::size_t columns) const {
  std::vector<std::string> lines;
  while (!text.empty()) {
    std::string_view line = fit(text, columns);
    if (line.empty()) line = text.substr(0, 1);  // a character wider than the column
    if (line.size() < text.size() && text[line.size()] != ' ') {
      const std::size_t space = line.rfind(' ');
      // A break far to the left would leave a ragged hole: rather break the word.
      if (space != std::string_view::npos && space * 3 > line.size()) line = line.substr(0, space);
    }
    text.remove_prefix(line.size());
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!line.empty() && line.back() == ' ') line.remove_suffix(1);
    lines.emplace_back(line);
  }
  return lines;
}

std::size_t Style::text_columns(std::size_t margin) const {
  return width_ > margin + 20 ? width_ - margin : 20;
}

std::string Style::lines(std::size_t indent, std::string_view label, std::size_t label_columns,
                         const std::vector<std::string>& lines, Tone tone) const {
  std::string out(indent, ' ');
  out += paint(Tone::dim, padded(label, label_columns));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out.append(indent + label_columns, ' ');
    out.append(paint(tone, lines[i])).push_back('\n');
  }
  if (lines.empty()) out.push_back('\n');
  return out;
}

std::string Style::entry(std::size_t indent, std::string_view label, std::size_t label_columns,
                         std::string_view text, Tone tone) const {
  return lines(indent, label, label_columns, wrap(text, text_columns(indent + label_columns)),
               tone);
}

std::string Style::entry(std::size_t indent, std::string_view label, std::size_t label_columns,
                         const std::vector<std::string>& items, Tone tone) const {
  const std::size_t columns = text_columns(indent + label_columns);
  std::vector<std::string> filled;
  for (const std::string& item : items) {
    if (item.empty()) continue;
    if (!filled.empty() &&
        display_width(filled.back()) + display_width(dot()) + display_width(item) <= columns) {
      filled.back().append(dot()).append(item);
      continue;
    }
    for (std::string& line : wrap(item, columns)) filled.push_back(std::move(line));
  }
  return lines(indent, label, label_columns, filled, tone);
}

std::string_view Style::sign(const CaseReport& one) const {
  switch (one.status) {
    case Status::passed:
      return utf8_ ? "✓" : "+";
    case Status::failed:
      return one.expected_failure ? (utf8_ ? "≈" : "~") : (utf8_ ? "✗" : "x");
    case Status::error:
      return "!";
    case Status::skipped:
      return "-";
    case Status::inconclusive:
      return "?";
  }
  return "?";
}

Tone tone_of(const CaseReport& one) {
  switch (one.status) {
    case Status::passed:
      return Tone::good;
    case Status::failed:
      return one.expected_failure ? Tone::accent : Tone::bad;
    case Status::error:
      return Tone::bad;
    case Status::skipped:
      return Tone::dim;
    case Status::inconclusive:
      return Tone::warn;
  }
  return Tone::plain;
}

std::string_view words_of(const CaseReport& one) {
  if (one.status == Status::failed && one.expected_failure) return "failed as expected";
  return name(one.status);
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return std::to_string(count).append(" ").append(noun).append(count == 1 ? "" : "s");
}

std::string padded(std::string_view text, std::size_t columns) {
  const std::size_t width = display_width(text);
  std::string out(text);
  if (width < columns) out.append(columns - width, ' ');
  return out;
}

}  // namespace wireproof::report
