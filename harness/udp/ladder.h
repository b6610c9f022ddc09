// An exchange of datagrams as a ladder in the terminal: two time lines, each datagram an arrow
// between them with its length and the start of its payload, and what became of it beside the line
// it was meant for.
//
//   client 192.0.2.1:40000                                          192.0.2.2:7 server
//             ms |                                                  |
//      1   0.000 |----------------- 5 bytes "hello" --------------->|
//      2   0.041 |<--------------- 7 bytes "success" ---------------| answers 1
//
// Text from packets is shown through base/text.h only, so it is safe to show anywhere. Pure
// function; no thread rule.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "udp/exchange.h"

namespace wireproof::udp {

struct LadderOptions {
  int width = 100;         // columns, at least 40
  bool unicode = true;     // else ASCII, but for payloads
  bool colour = false;     // ANSI escape sequences
  std::size_t limit = 40;  // datagrams shown; the middle is folded
};

// `findings`: their packets are marked, and each is told under the last of them.
std::string ladder(const Exchange& exchange, std::span<const Finding> findings = {},
                   const LadderOptions& options = {});

}  // namespace wireproof::udp
