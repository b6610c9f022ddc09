// SIGINT and SIGTERM as something to wait for: held back while this lives, readable on fd() when
// one has come. Thread rule: made before any thread, so that none of them takes the signal.
#pragma once

#include <csignal>

#include "base/fd.h"

namespace wireproof::cli {

class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;
  int fd() const { return fd_.get(); }

 private:
  sigset_t before_{};
  Fd fd_;
};

}  // namespace wireproof::cli
