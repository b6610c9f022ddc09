// One launched program: started in a host of the lab without capabilities, its output captured and
// bounded, its end awaited by pidfd, its whole process tree ended by its owner.
// Thread rule: start and end by the owner's thread; output() from any.
// Lifetime: the destructor ends the program (SIGKILL to its process group) and reaps it; a program
// dies as well with the thread that started it, so start from a case's main thread. A Process ends
// before its Lab. It is reaped only then: its number is not given to anyone else while it is known.
//
// In a lab with a PID namespace a short-lived launcher enters that namespace and starts the program
// as *our* child; what it leaves behind ends with the lab. In isolation `none` a supervisor process
// (a subreaper) stands between us and the program, and ends all its descendants, also when we die.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "lab/lab.h"

namespace wireproof::process {

struct LaunchSpec {
  std::string name;                  // for messages: "server"
  std::vector<std::string> command;  // argv; [0] is looked up in PATH where it has no slash
  std::vector<std::pair<std::string, std::string>> environment;  // added to ours
  const lab::Lab* lab = nullptr;  // start in its PID and mount namespaces
  int netns_fd = -1;              // -1: stay
  std::optional<uid_t> uid;       // change to (real root only)
  std::optional<gid_t> gid;
  std::filesystem::path working_folder;      // empty: stay
  std::size_t output_limit_bytes = 1 << 20;  // per stream: first half and last half are kept
};

// `command` on one side of `lab`: its namespaces, the uid that targets run as.
LaunchSpec launch_in(const lab::Lab& lab, Side side, std::string name,
                     std::vector<std::string> command);

struct ExitStatus {
  int code = -1;   // exit status, or -1 when ended by a signal
  int signal = 0;  // the signal that ended it, or 0
  bool core_dumped = false;
};
std::string to_string(const ExitStatus&);  // "exit status 1", "killed by SIGSEGV"

struct Output {
  std::string text;               // bounded: with "[... N bytes left out ...]" in the middle
  std::uint64_t total_bytes = 0;  // all that came
};

class Process {
 public:
  // Throws SystemError when the program cannot be started: names it, errno's words and a hint
  // ("not found in PATH", "not executable").
  static Process start(const LaunchSpec& spec);
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;
  ~Process();

  const std::string& name() const;  // LaunchSpec::name
  uid_t uid() const;                // it was started as
  gid_t gid() const;
  pid_t pid() const;  // as this process sees it
  // All that the program started that is alive, itself included.
  std::vector<pid_t> tree() const;
  // Readable when it has ended. (Of a supervised program it is no pidfd: only for poll(2).)
  int pidfd() const;
  std::optional<ExitStatus> exit_status();  // nullopt while it runs
  std::optional<ExitStatus> wait(Deadline deadline);
  void signal(int number);  // to its process group; no error once it has ended
  // SIGTERM, then SIGKILL at the deadline; true if SIGTERM was enough.
  bool end(Deadline deadline);
  Output standard_output() const;
  Output standard_error() const;
  double cpu_seconds() const;  // user and system, of it and its reaped children

 private:
  struct Impl;
  explicit Process(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wireproof::process
