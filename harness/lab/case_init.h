// PID 1 of a case: a small process that reaps orphans and passes signals on to every process of its
// PID namespace. It holds nothing open, dies with the case process's main thread, and when it ends
// the kernel kills all that is left in the namespace (pid_namespaces(7)).
// Lifetime: the destructor kills it and reaps it; programs must have been reaped before.
#pragma once

#include <sys/types.h>

#include "base/fd.h"

namespace wireproof::lab {

class CaseInit {
 public:
  // A new PID namespace, and a mount namespace (a copy of ours) with that PID namespace's /proc,
  // unless the kernel refuses to mount one (containers that mask parts of /proc): then programs see
  // ours, in which /proc/self is still right.
  CaseInit();
  ~CaseInit();
  CaseInit(const CaseInit&) = delete;

  pid_t pid() const { return pid_; }
  int pidfd() const { return pidfd_.get(); }
  bool own_proc() const { return own_proc_; }

 private:
  pid_t pid_ = -1;
  Fd pidfd_;
  bool own_proc_ = false;
};

}  // namespace wireproof::lab
