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

struct LadderOptions {
  int width = 100;         // columns, at least 40
  bool unicode = true;     // else ASCII
  bool colour = false;     // ANSI escape sequences
  std::size_t limit = 40;  // segments shown; the middle is folded, but not what changes a state or
                           // what a finding names, as far as the limit allows
  bool summary = true;     // a last line that says how it opened and closed
};

// `findings`: their packets are marked, and each is told under the last of them.
std::string ladder(const Connection& connection, std::span<const Finding> findings = {},
                   const LadderOptions& options = {});

}  // namespace wireproof::tcp
