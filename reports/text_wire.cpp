#include "reports/text_wire.h"

#include <fmt/format.h>

#include <algorithm>

namespace wireproof::report {
namespace {

constexpr std::size_t label_columns = 10, shown = 20;

std::string sentence(const WireDecision& one) {
  std::string text =
      one.number == 0 ? one.direction : fmt::format("{} #{}", one.direction, one.number);
  if (!one.packet.empty()) text += " " + one.packet;
  text += fmt::format(": {} by {} \"{}\"", one.deed, one.cause, one.name);
  if (!one.detail.empty()) text += ", " + one.detail;
  return text;
}

}  // namespace

std::string wire_lines(const CaseReport& one, const Style& style) {
  if (!one.wire) return {};
  std::string out = style.entry(2, "wire", label_columns,
                                fmt::format("{} rules, seed {}", one.wire->rules, one.wire->seed));
  const auto& decisions = one.wire->decisions;
  for (std::size_t i = 0; i < std::min(decisions.size(), shown); ++i) {
    out += style.entry(4, i == 0 ? "did" : "", label_columns - 2,
                       style.safe(sentence(decisions[i]), 1000));
  }
  const std::uint64_t all = decisions.size() + one.wire->decisions_left_out;
  if (all > shown) {
    out += style.entry(4, "", label_columns - 2, fmt::format("and {} more", all - shown));
  }
  return out;
}

}  // namespace wireproof::report
