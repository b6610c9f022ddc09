// A terminal's screen as far as our output needs one: text with wrapping, \r, \n, and the escapes
// for colour, cursor up, erase line and erase below. Another escape is a fault of the program's.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace wireproof::cli {

class ScreenForTest {
 public:
  explicit ScreenForTest(std::size_t columns) : columns_(columns), lines_(1) {}

  void write(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      if (text[at] == '\x1b') {
        at = escape(text, at);
        continue;
      }
      // Continuation bytes belong to the character before them.
      std::size_t end = at + 1;
      while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
      character(std::string(text.substr(at, end - at)));
      at = end;
    }
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const auto& cells : lines_) {
      std::string line;
      for (const std::string& cell : cells) line += cell;
      while (!line.empty() && line.back() == ' ') line.pop_back();
      all.push_back(line);
    }
    return all;
  }
  std::string text() const {
    std::string all;
    for (const std::string& line : lines()) all += line + "\n";
    return all;
  }
  std::size_t wrapped() const { return wrapped_; }  // how often a line was too long

 private:
  void character(const std::string& one) {
    if (one == "\r") {
      column_ = 0;
    } else if (one == "\n") {
      down();
      column_ = 0;  // as the terminal's driver makes it: ONLCR, termios(3)
    } else if (one != "\a") {
      if (column_ == columns_) {
        ++wrapped_;
        down();
        column_ = 0;
      }
      auto& cells = lines_[row_];
      if (cells.size() <= column_) cells.resize(column_ + 1, " ");
      cells[column_++] = one;
    }
  }
  void down() {
    if (++row_ == lines_.size()) lines_.emplace_back();
  }
  std::size_t escape(std::string_view text, std::size_t at) {
    std::size_t end = at + 2;
    while (end < text.size() && (text[end] == ';' || (text[end] >= '0' && text[end] <= '9'))) ++end;
    if (end >= text.size() || text[at + 1] != '[') throw std::runtime_error("an unknown escape");
    const std::string number(text.substr(at + 2, end - at - 2));
    const std::size_t count = number.empty() ? 1 : std::strtoul(number.c_str(), nullptr, 10);
    switch (text[end]) {
      case 'A':
        row_ -= std::min(row_, count);
        break;
      case 'K':
        lines_[row_].resize(std::min(column_, lines_[row_].size()));
        break;
      case 'J':
        lines_.resize(row_ + 1);
        lines_[row_].resize(std::min(column_, lines_[row_].size()));
        break;
      case 'm':
        break;
      default:
        throw std::runtime_error("an unknown escape");
    }
    return end + 1;
  }

  std::size_t columns_, row_ = 0, column_ = 0, wrapped_ = 0;
  std::vector<std::vector<std::string>> lines_;
};

}  // namespace wireproof::cli
