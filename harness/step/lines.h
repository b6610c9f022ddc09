// The stepper for a script: one command a line in, plain lines out.
//
//   pass | drop | double [PACKET]   the oldest held packet (that fits), awaited
//   run PACKET | STATE | end        lets all through until then
//   await PACKET | STATE | end      lets nothing through
//   states, ladder, words [PACKET], help, quit
//
// What PACKET and STATE may be: wish.h. Empty lines and what follows a # mean nothing. Thread rule:
// the session's thread.
#pragma once

#include <chrono>
#include <ostream>

#include "base/signals.h"
#include "step/session.h"
#include "step/view.h"

namespace wireproof::step {

struct LinesOptions {
  int input = 0;
  milliseconds patience{10'000};  // of each command
  ViewOptions view = {};          // of `ladder` and `words`
};

enum class LinesEnd : std::uint8_t {
  done,         // quit, or no more commands
  missed,       // something did not come within the patience: the rest was left out
  bad_command,  // the rest was left out
  interrupted,
};

// `out` is flushed after every line, `err` gets what went wrong, with the command's line number.
LinesEnd run_lines(Session& session, Signals& signals, std::ostream& out, std::ostream& err,
                   const LinesOptions& options);
extern const char* const lines_help;

}  // namespace wireproof::step
