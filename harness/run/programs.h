// The programs of one case, a server and a client at the most: their command lines filled in,
// started in their host, awaited, ended, and judged by how they ended and what they printed. Thread
// rule: the case's main thread. Lifetime: ends whatever still runs.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "lab/lab.h"
#include "process/process.h"
#include "process/readiness.h"
#include "reports/model.h"
#include "run/placeholders.h"
#include "scenario/model.h"
#include "witness/socket_table.h"

namespace wireproof::run {

class Programs {
 public:
  Programs(const scenario::Case& one, const lab::Lab& lab, Placeholders values);

  bool has(Side who) const;  // the case has a program in that role
  bool started(Side who) const;
  bool running(Side who);
  // Throws SystemError where it cannot be started.
  void start(Side who);
  // Waits for the server's socket; a miss becomes a finding.
  bool await_ready(witness::SocketTable& table, const process::Readiness& wanted,
                   Deadline deadline);
  bool await_exit(Side who, Deadline deadline);
  void signal(Side who, int number);
  std::string describe(Side who);  // "exit status 1; its standard error ends: ..."
  // The client must have ended by now; the server gets SIGTERM (a script may have sent it before).
  void end_all();
  // How they ended and what they printed, against what is expected. After end_all().
  void judge();

  const std::vector<Finding>& findings() const { return findings_; }
  std::vector<report::TargetReport> reports() const;
  // Ended by a signal that was not ours: what others saw of it is a consequence.
  bool crashed(Side who) const;
  // Its processes that are alive, those that it started included.
  std::vector<pid_t> tree(Side who) const;
  double cpu_seconds() const;

 private:
  struct Role {
    const scenario::Program* program = nullptr;
    std::vector<std::string> command;
    std::optional<process::Process> process;
    std::optional<process::ExitStatus> exit;
    std::set<int> signals;  // that we sent before it had ended
    bool overran = false;   // SIGKILL was needed
  };
  Role& role(Side who) { return roles_[static_cast<std::size_t>(who)]; }
  const Role& role(Side who) const { return roles_[static_cast<std::size_t>(who)]; }
  void judge_exit(Side who);
  void judge_output(Side who);
  void add(const Rule& rule, Side who, std::string expected, std::string observed);

  const lab::Lab& lab_;
  std::array<Role, 2> roles_;
  std::vector<Finding> findings_;
};

}  // namespace wireproof::run
