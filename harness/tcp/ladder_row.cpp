#include "tcp/ladder_row.h"

namespace wireproof::tcp {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::string_view start_of(Ink ink) {
  switch (ink) {
    case Ink::plain:
      return "";
    case Ink::faint:
      return "\x1b[2m";
    case Ink::bold:
      return "\x1b[1m";
    case Ink::request:
      return "\x1b[36m";
    case Ink::answer:
      return "\x1b[32m";
    case Ink::control:
      return "\x1b[1;33m";
    case Ink::alarm:
      return "\x1b[1;31m";
  }
  return "";
}

}  // namespace

std::size_t columns(std::string_view utf8) {
  std::size_t count = 0;
  for (const char c : utf8)
    if (!continues(c)) ++count;
  return count;
}

std::string clipped(std::string_view utf8, std::size_t width, std::string_view mark) {
  if (columns(utf8) <= width) return std::string(utf8);
  if (width == 0) return {};
  std::size_t at = 0;
  for (std::size_t column = 0; column + 1 < width; ++column) {
    ++at;
    while (at < utf8.size() && continues(utf8[at])) ++at;
  }
  return std::string(utf8.substr(0, at)) + std::string(mark);
}

Row& Row::put(std::string_view text, Ink ink) {
  if (text.empty()) return *this;
  text_.append(pending_, ' ');
  pending_ = 0;
  const std::string_view start = colour_ ? start_of(ink) : "";
  text_ += start;
  text_ += text;
  if (!start.empty()) text_ += "\x1b[0m";
  width_ += columns(text);
  return *this;
}

Row& Row::right(std::string_view text, std::size_t width, Ink ink) {
  const std::size_t taken = columns(text);
  if (taken < width) to(width_ + width - taken);
  return put(text, ink);
}

Row& Row::to(std::size_t column) {
  if (column > width_) {
    pending_ += column - width_;
    width_ = column;
  }
  return *this;
}

std::string Row::line() const { return text_ + "\n"; }

}  // namespace wireproof::tcp
