// A connection as a ladder in the terminal: both ends' time lines, each segment an arrow between
// them, and beside each line the states its end goes through.
//
//   client 10.0.0.1:40000                                            10.0.0.2:80 server
//             ms              CLOSED |                              | LISTEN
//      1   0.000            SYN_SENT |------- SYN  seq 0 ---------->|
//      2   0.041                     |<--- SYN ACK  seq 0  ack 1 ---| SYN_RECEIVED
//
// Holds no text from packets, so it is safe to show anywhere. Pure function; no thread rule.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "tcp/connection.h"

namespace wireproof::tcp {

// What something on the way did to a segment: told under it, and where it was lost its arrow ends
// half-way. A segment that never came to this capture gets a row of its own.
struct LadderNote {
  std::uint64_t packet = 0;  // of the segment in this capture; 0: it is not there
  std::int64_t time_ns = 0;
  bool has_segment = true;  // false: of no segment, as of a link that goes down
  Side from = Side::client;
  std::string segment;  // where packet is 0: "SYN ACK seq 0 ack 1"
  std::string text;     // "wire: dropped by rule \"lose-syn\""
  bool lost = false;
};

struct LadderOptions {
  int width = 100;         // columns, at least 40
  bool unicode = true;     // else ASCII
  bool colour = false;     // ANSI escape sequences
  std::size_t limit = 40;  // segments shown; the middle is folded, but not what changes a state or
                           // what a finding names, as far as the limit allows
  bool summary = true;     // a last line that says how it opened and closed
  std::span<const LadderNote> notes = {};  // in order of time; no text from packets in them
};

// `findings`: their packets are marked, and each is told under the last of them.
std::string ladder(const Connection& connection, std::span<const Finding> findings = {},
                   const LadderOptions& options = {});

}  // namespace wireproof::tcp
