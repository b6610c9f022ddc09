// A case in a process of its own: its report comes back through a pipe, and its end, however it
// ends, is the end of all that it made. Thread rule: the scheduler's thread. Lifetime: the
// destructor kills and reaps a process that still runs.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/clock.h"
#include "base/fd.h"
#include "run/case_runner.h"

namespace wireproof::run {

class CaseProcess {
 public:
  // Forks. The calling process must have no threads.
  CaseProcess(const scenario::Case& one, const CaseSettings& settings);
  ~CaseProcess();
  CaseProcess(CaseProcess&& from) noexcept;
  CaseProcess& operator=(CaseProcess&&) = delete;

  int fd() const { return pipe_.get(); }  // readable while the report comes, and at its end
  // Takes what is there; true once all has come.
  bool read();
  // Reaps; what the case reported, or an error report where it could not.
  report::CaseReport finish();
  // Asks a load to end with what it has; false: of another case there is nothing to wait for.
  bool interrupt();
  void kill();  // past its limits, or the run is interrupted
  const Deadline& limit() const { return limit_; }
  const scenario::Case& scenario() const { return *case_; }

 private:
  const scenario::Case* case_;
  CaseSettings settings_;
  std::string text_;
  Fd pipe_;
  pid_t pid_ = -1;
  bool killed_ = false;
  Deadline limit_;
};

}  // namespace wireproof::run
