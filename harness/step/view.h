// The stepper's picture: the ladder so far, both ends' states, the chosen packet in words, and the
// keys. Everything that comes from packets is made printable. Pure functions; no thread rule.
//
//                CLOSED │                                  │ LISTEN
//   1          SYN_SENT │──── SYN  seq 0 ─────────────────▶│ SYN_RECEIVED
//   2       ESTABLISHED │◀─── SYN ACK  seq 0  ack 1 ───────│
//   3                   │──── ACK  seq 1  ack 1 ──■        │
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "step/story.h"

namespace wireproof::step {

struct ViewOptions {
  unsigned width = 80, height = 24;  // at least 40 and 8
  bool unicode = true, colour = false;
};

// The rows that fit into `lines` lines, the last ones; all where it is 0.
std::vector<std::string> ladder(const Story& story, const ViewOptions& options,
                                std::size_t lines = 0, unsigned chosen = 0);

struct Frame {
  std::string title;    // "tcp-client 10.0.0.1 -> tcp-server 10.0.0.2:5000"
  unsigned chosen = 0;  // the held packet that keys act on; 0: none
  std::string notice;   // what was just done, or what is waited for
  std::string keys;     // the last line
};
// A whole screen of `height` lines or fewer, without line feeds.
std::vector<std::string> screen(const Story& story, const Frame& frame, const ViewOptions& options);

// Parted where `between` stands, so that each line is at most so wide (but for a longer word).
std::vector<std::string> wrapped(std::string_view text, std::size_t width,
                                 std::string_view between = " ");

// The packet in words, wrapped.
std::vector<std::string> packet_lines(const Story& story, const Row& row,
                                      const ViewOptions& options);

}  // namespace wireproof::step
