#include "scenario/source.h"

#include <algorithm>

namespace wireproof::scenario {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

Source::Source(std::string file, std::string_view text)
    : file_(std::move(file)), text_(text), line_starts_{0} {
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
}

std::size_t Source::line_index(std::size_t offset) const {
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  return static_cast<std::size_t>(after - line_starts_.begin()) - 1;
}

std::string_view Source::line(std::size_t offset) const {
  const std::size_t start = line_starts_[line_index(std::min(offset, text_.size()))];
  std::string_view line = text_.substr(start, text_.find('\n', start) - start);
  if (start == 0 && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

Position Source::position(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const std::size_t index = line_index(offset);
  std::string_view before = text_.substr(line_starts_[index], offset - line_starts_[index]);
  if (index == 0 && before.starts_with(byte_order_mark)) {
    before.remove_prefix(byte_order_mark.size());
  }
  // Every byte but UTF-8's continuation bytes begins a character.
  const auto characters = std::ranges::count_if(
      before, [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; });
  return {file_, static_cast<unsigned>(index + 1), static_cast<unsigned>(characters + 1)};
}

Error Source::error(std::size_t offset, std::string message, std::string hint) const {
  return {position(offset), std::move(message), std::move(hint), std::string(line(offset))};
}

std::size_t skip_blank(std::string_view text, std::size_t at) {
  if (at == 0 && text.starts_with(byte_order_mark)) at = byte_order_mark.size();
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    if (std::string_view(" \t\r\n").find(rest[0]) != std::string_view::npos) {
      ++at;
    } else if (rest.starts_with("//")) {
      at = std::min(text.find('\n', at), text.size());
    } else if (rest.starts_with("/*")) {
      const std::size_t end = text.find("*/", at + 2);
      if (end == std::string_view::npos) return at;
      at = end + 2;
    } else {
      return at;
    }
  }
  return text.size();
}

}  // namespace wireproof::scenario
