// Starts a planned child where its lab wants it, and says what became of that.
#pragma once

#include <sys/types.h>

#include "base/fd.h"
#include "process/child.h"

namespace wireproof::process {

enum class Place : std::uint8_t {
  here,           // our own PID namespace, as our child
  pid_namespace,  // that of `init_pidfd`, as our child
  supervised,     // our own PID namespace, as the child of a supervisor of ours
};

struct Launch {
  Report failure;         // step != started: what was refused, and errno
  pid_t pid = -1;         // the program
  pid_t supervisor = -1;  // Place::supervised only: our child
  Fd status;              // Place::supervised only: the program's end is told here
  bool started() const { return failure.step == Step::started; }
};

// Returns when the program runs (its execve succeeded) or will not; then no process is left.
Launch launch(ChildPlan plan, Place place, int init_pidfd);

}  // namespace wireproof::process
