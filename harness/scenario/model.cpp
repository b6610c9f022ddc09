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
  std::string bytes(length, '\0');
  for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<char>('!' + i % 89);
  return bytes;
}

}  // namespace wireproof::scenario
