#include <algorithm>

#include "base/text.h"
#include "scenario/load.h"
#include "scenario/names.h"

namespace wireproof::scenario {
namespace {

bool is_boundary(char c) { return c == '/' || c == '@' || c == ',' || c == '-'; }

// Whole parts of the id, one or several: "close" and "tcp/close" of "tcp/close/client-first@ipv4".
bool fits_id(std::string_view pattern, std::string_view id) {
  for (std::size_t begin = 0; begin < id.size(); ++begin) {
    if (begin != 0 && !is_boundary(id[begin - 1])) continue;
    for (std::size_t end = begin + 1; end <= id.size(); ++end) {
      if (end != id.size() && !is_boundary(id[end])) continue;
      if (fits_pattern(pattern, id.substr(begin, end - begin))) return true;
    }
  }
  return false;
}

bool word_matches(const Case& one, std::string_view word) {
  if (const std::size_t equals = word.find('='); equals != std::string_view::npos) {
    const std::string_view key = word.substr(0, equals), value = word.substr(equals + 1);
    if (const auto known = one.parameters.find(std::string(key)); known != one.parameters.end()) {
      return fits_pattern(value, known->second);
    }
    return (key == "family" && fits_pattern(value, name(one.family))) ||
           (key == "transport" && fits_pattern(value, name(one.transport))) ||
           (key == "topology" && fits_pattern(value, name_in(topologies, one.topology)));
  }
  return fits_id(word, one.id) || std::ranges::any_of(one.tags, [&](const std::string& tag) {
           return fits_pattern(word, tag);
         });
}

}  // namespace

bool matches(const Case& one, std::string_view filter) {
  std::size_t at = 0;
  while (at < filter.size()) {  // groups of alternatives, between spaces
    const std::size_t group_end = std::min(filter.find(' ', at), filter.size());
    bool wanted = false, found = false;
    while (at < group_end) {
      const std::size_t end = std::min(filter.find(',', at), group_end);
      const std::string_view word = filter.substr(at, end - at);
      at = end + 1;
      if (word.starts_with('!')) {
        if (word.size() > 1 && word_matches(one, word.substr(1))) return false;
      } else if (!word.empty()) {
        wanted = true;
        found = found || word_matches(one, word);
      }
    }
    if (wanted && !found) return false;
    at = group_end + 1;
  }
  return true;
}

}  // namespace wireproof::scenario
