#include "tcp/connection.h"

#include <array>

namespace wireproof::tcp {
namespace {

constexpr std::array<std::string_view, 8> kOpenings{"three-way",    "simultaneous", "refused",
                                                    "unanswered",   "half-open",    "not-captured",
                                                    "inconclusive", "none"};
constexpr std::array<std::string_view, 9> kClosings{"four-way",   "three-segment", "simultaneous",
                                                    "reset",      "refused",       "none",
                                                    "unfinished", "not-captured",  "inconclusive"};
constexpr std::array<std::string_view, 4> kClosedFirst{"-", "client", "server", "both"};
constexpr std::array<std::string_view, 23> kMarks{"retransmission",
                                                  "seen twice",
                                                  "out of order",
                                                  "duplicate ACK",
                                                  "keep-alive",
                                                  "keep-alive ACK",
                                                  "zero window",
                                                  "window probe",
                                                  "window update",
                                                  "challenge ACK",
                                                  "partial retransmission",
                                                  "outside the window",
                                                  "stray",
                                                  "bad checksum",
                                                  "offloaded",
                                                  "gap before",
                                                  "Fast Open data",
                                                  "spurious",
                                                  "fast retransmission",
                                                  "timeout",
                                                  "tail-loss probe",
                                                  "D-SACK",
                                                  "old time stamp"};

template <typename Enum, std::size_t N>
std::optional<Enum> from_name(const std::array<std::string_view, N>& names, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == text) return static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace

std::string_view name(Opening opening) { return kOpenings[static_cast<std::size_t>(opening)]; }
std::string_view name(Closing closing) { return kClosings[static_cast<std::size_t>(closing)]; }
std::string_view name(ClosedFirst who) { return kClosedFirst[static_cast<std::size_t>(who)]; }

std::optional<Opening> opening_from_name(std::string_view text) {
  return from_name<Opening>(kOpenings, text);
}
std::optional<Closing> closing_from_name(std::string_view text) {
  return from_name<Closing>(kClosings, text);
}
std::optional<ClosedFirst> closed_first_from_name(std::string_view text) {
  if (text == "nobody") return ClosedFirst::nobody;
  return from_name<ClosedFirst>(kClosedFirst, text);
}

std::string marks_text(std::uint32_t marks) {
  std::string text;
  for (std::size_t i = 0; i < kMarks.size(); ++i) {
    if ((marks & (1u << i)) == 0) continue;
    if (!text.empty()) text += ", ";
    text += kMarks[i];
  }
  return text;
}

double throughput(const End& end) {
  if (!end.first_data_ns || !end.last_data_ns || *end.last_data_ns <= *end.first_data_ns) return 0;
  return static_cast<double>(end.payload_bytes) * 1e9 /
         static_cast<double>(*end.last_data_ns - *end.first_data_ns);
}

std::vector<State> state_path(const Connection& connection, Side side) {
  std::vector<State> states;
  for (const Transition& change : connection.transitions) {
    if (change.side != side) continue;
    if (states.empty()) states.push_back(change.from);
    states.push_back(change.to);
  }
  if (states.empty()) states.push_back(connection.end(side).state);
  return states;
}

}  // namespace wireproof::tcp
