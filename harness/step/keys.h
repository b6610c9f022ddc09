// The stepper for a person: a screen that follows, and keys. Thread rule: the session's thread.
#pragma once

#include <functional>
#include <ostream>

#include "base/signals.h"
#include "step/session.h"
#include "step/view.h"

namespace wireproof::step {

struct KeysOptions {
  int input = 0;                      // the terminal
  std::function<unsigned()> columns;  // asked anew for each picture
  bool unicode = true, colour = false;
};

// Returns when the person quits, or at SIGINT, SIGTERM or SIGHUP: true. The terminal is then as it
// was. Throws SystemError where the machine refuses.
bool run_keys(Session& session, Signals& signals, std::ostream& out, const KeysOptions& options);

}  // namespace wireproof::step
