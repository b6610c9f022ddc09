#include "explore/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace wireproof::explore {
namespace {

std::string ordinal(unsigned n) {
  const char* ending = n % 100 / 10 == 1 ? "th"
                       : n % 10 == 1     ? "st"
                       : n % 10 == 2     ? "nd"
                       : n % 10 == 3     ? "rd"
                                         : "th";
  return fmt::format("{}{}", n, ending);
}

void extend(const Faults& begun, std::size_t from, std::size_t size, std::span<const Place> places,
            std::span<const Kind> kinds, std::vector<Faults>& all) {
  if (begun.size() == size) {
    all.push_back(begun);
    return;
  }
  for (std::size_t i = from; i < places.size(); ++i) {
    for (const Kind kind : kinds) {
      Faults longer = begun;
      longer.push_back({places[i], kind});
      extend(longer, i + 1, size, places, kinds, all);
    }
  }
}

}  // namespace

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::drop:
      return "drop";
    case Kind::twice:
      return "double";
    case Kind::swap:
      return "swap";
  }
  return "";
}

std::string name(const Fault& fault) {
  return fmt::format("{}-{}-{}", name(fault.kind), wireproof::name(fault.place.from),
                     fault.place.nth);
}

std::string name(const Faults& faults) {
  std::string text;
  for (const Fault& fault : faults) text += (text.empty() ? "" : "+") + name(fault);
  return text.empty() ? "none" : text;
}

std::string to_words(const Faults& faults) {
  std::string text;
  for (const Fault& fault : faults) {
    const char* what = fault.kind == Kind::drop    ? "dropped"
                       : fault.kind == Kind::twice ? "doubled"
                                                   : "put behind the next";
    text += fmt::format("{}the {}'s {} packet {}", text.empty() ? "" : ", ",
                        wireproof::name(fault.place.from), ordinal(fault.place.nth), what);
  }
  return text.empty() ? "no fault" : text;
}

std::vector<Place> places(std::span<const Side> order, std::size_t count) {
  std::vector<Place> all;
  std::array<unsigned, 2> sent{};
  for (std::size_t i = 0; i < count; ++i) {
    const Side from = i < order.size()              ? order[i]
                      : (i - order.size()) % 2 == 0 ? Side::client
                                                    : Side::server;
    all.push_back({from, ++sent[static_cast<std::size_t>(from)]});
  }
  return all;
}

std::vector<Faults> combinations(std::span<const Place> places, std::span<const Kind> kinds,
                                 unsigned budget) {
  std::vector<Faults> all;
  for (std::size_t size = 0; size <= std::min<std::size_t>(budget, places.size()); ++size) {
    extend({}, 0, size, places, kinds, all);
  }
  return all;
}

std::uint64_t count_combinations(std::size_t places, std::size_t kinds, unsigned budget,
                                 std::uint64_t most) {
  std::uint64_t sum = 0, sets = 1;  // sets: of this size, C(places, size) * kinds^size
  for (std::size_t size = 0; size <= std::min<std::size_t>(budget, places); ++size) {
    sum += sets;
    if (sum >= most) return most;
    sets = sets * (places - size) / (size + 1) * kinds;
  }
  return sum;
}

}  // namespace wireproof::explore
