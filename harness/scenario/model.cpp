#include "scenario/model.h"

#include <fmt/format.h>

#include "scenario/names.h"

namespace wireproof::scenario {

std::string to_string(const Position& position) {
  if (position.line == 0) return position.file;
  return fmt::format("{}:{}:{}", position.file, position.line, position.column);
}

std::string_view name(Transport transport) { return name_in(transports, transport); }

std::string_view name(Family family) { return name_in(families, family); }

std::string pattern(std::size_t length) {
  constexpr std::string_view period = "abcdefghijklmnopqrstuvwxyz";
  std::string bytes;
  bytes.reserve(length);
  while (bytes.size() + period.size() <= length) bytes += period;
  bytes += period.substr(0, length - bytes.size());
  return bytes;
}

}  // namespace wireproof::scenario
