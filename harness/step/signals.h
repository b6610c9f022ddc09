// Signals as something to read, for as long as this lives: SIGINT and SIGTERM end a session in
// order, SIGHUP too; SIGTSTP and SIGWINCH are a terminal's. Thread rule: made before other threads,
// which inherit what is held back.
#pragma once

#include <csignal>

#include "base/fd.h"

namespace wireproof::step {

class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int fd() const { return fd_.get(); }  // readable when one waits
  int take();                           // its number; 0: none waits

 private:
  sigset_t wanted_{}, before_{};
  Fd fd_;
};

}  // namespace wireproof::step
