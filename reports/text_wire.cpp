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

// Told by the link of a packet that the sender has just sent; what it says later, as of a release,
// stands at its own time.
bool at_sending(const WireDecision& one) { return one.cause != "script" && one.deed != "released"; }

}  // namespace

std::vector<tcp::LadderNote> wire_notes(const CaseReport& one, std::uint64_t connection,
                                        const Style& style) {
  std::vector<tcp::LadderNote> notes;
  if (!one.wire || !one.wire_link) return notes;
  const auto& moments = one.wire_link->moments;
  for (std::size_t i = 0; i < std::min(one.wire->decisions.size(), moments.size()); ++i) {
    const WireDecision& decision = one.wire->decisions[i];
    const bool of_link = decision.number == 0;
    if (decision.deed == "passed" || (!of_link && decision.connection != connection)) continue;
    tcp::LadderNote note;
    note.time_ns = moments[i].time_ns;
    note.has_segment = !of_link;
    note.from = decision.direction == "server -> client" ? Side::server : Side::client;
    note.lost = decision.deed == "dropped";
    note.text = style.safe(fmt::format("wire: {} by {} \"{}\"{}", decision.deed, decision.cause,
                                       decision.name,
                                       decision.detail.empty() ? "" : ", " + decision.detail));
    // The numbers are those of the client's capture, which has what the client sent.
    if (note.from == Side::client && at_sending(decision)) note.packet = moments[i].packet;
    if (!of_link) note.segment = style.safe(decision.packet);
    notes.push_back(std::move(note));
  }
  return notes;
}

std::string wire_lines(const CaseReport& one, const Style& style) {
  if (!one.wire) return {};
  std::string out =
      style.entry(2, "wire", label_columns,
                  fmt::format("{}, seed {}", counted(one.wire->rules, "rule"), one.wire->seed));
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
