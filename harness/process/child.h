// What happens between fork(2) and execve(2). The parent has threads, so nothing here allocates,
// locks or throws: system calls on what was prepared before (signal-safety(7)).
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace wireproof::process {

// All that the child needs, prepared by the parent; pointers stay valid as the child is a copy.
struct ChildPlan {
  const char* path = nullptr;  // absolute
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
  const char* working_folder = nullptr;
  int program_fd = -1;  // for a path that the new uid may not walk to; -1: none
  bool program_is_script = false;
  int netns_fd = -1;
  bool changes_user = false;
  uid_t uid = 0;
  gid_t gid = 0;
  int standard_input = -1, standard_output = -1, standard_error = -1;
  pid_t parent = 0;    // ends with it, also if it has ended already; 0: not to be seen
  int report_fd = -1;  // Report messages go here; closed by a successful execve
};

// What a child tells about its start.
enum class Step : std::uint8_t {
  started,  // by the launcher or supervisor: `value` is the program's pid
  enter_namespaces,
  fork_program,
  redirect,
  enter_netns,
  change_folder,
  drop_groups,
  change_group,
  change_user,
  drop_capabilities,
  execute,
};
struct Report {
  Step step = Step::started;
  int value = 0;  // errno, or a pid
};
void send_report(int fd, Step step, int value);

// Becomes the program; does not return. A failure is reported, and the child ends.
[[noreturn]] void become_program(const ChildPlan& plan);

}  // namespace wireproof::process
