// A case whose ends saw different packets (topology wire): each end is judged by its own capture,
// by what it really sent and received. What the link did is then no fault of either.
//
//   client's capture -> what is blamed on the client, and what is expected of the connection as a
//                       whole: opening, closing, who closed first, the client's states and bytes
//   server's capture -> what is blamed on the server, and the server's states and bytes
//
// Blamed on neither: kept where both captures show it. What an end sent, and what came to it, is
// whole in its own capture, whatever the link did: CaptureFacts::lossy_path stays false. Thread
// rule: pure functions.
#pragma once

#include <span>

#include "packet/packet.h"
#include "run/observation.h"
#include "scenario/model.h"
#include "tcp/tracker.h"

namespace wireproof::run {

struct EndsSeen {
  // Findings, and connections' judgements, of their own end alone. The client's connections carry
  // the whole verdict, and the server's states as its own capture shows them.
  Observation client, server;
};
EndsSeen observe_ends(std::span<const packet::Frame> client, std::span<const packet::Frame> server,
                      const scenario::Case& one, const tcp::CaptureFacts& facts);

}  // namespace wireproof::run
