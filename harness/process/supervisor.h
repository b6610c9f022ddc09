// Isolation `none` has no PID namespace to end a program's descendants with. A supervisor process
// between us and the program is a subreaper: whoever of them loses its parent becomes its child, so
// none escapes it.
#pragma once

#include <sys/resource.h>

#include "process/child.h"

namespace wireproof::process {

// How the program ended, as the supervisor tells it.
struct SupervisedEnd {
  int wait_status = 0;
  rusage usage{};
};

// In a fresh child of `owner`: starts the program, tells `status_fd` of its end (SupervisedEnd),
// and stays until no descendant is left, or until SIGTERM or the end of its owner's thread: then it
// kills them all. System calls only, as in child.h.
[[noreturn]] void supervise(const ChildPlan& plan, pid_t owner, int status_fd);

}  // namespace wireproof::process
