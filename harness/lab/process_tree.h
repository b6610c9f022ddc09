// Who descends from whom, by /proc/PID/task/TID/children (CONFIG_PROC_CHILDREN, proc(5)): a
// process's descendants are found without reading every process of the machine.
// Thread rule: pure reads of /proc. What is read may have changed by the time it is used.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace wireproof::lab {

// Living (not zombie) descendants of `root`, parents before their children. `root` itself is not
// among them. Processes for which our_own() holds are left out, their descendants are not.
std::vector<pid_t> descendants(pid_t root);

// The kernel's short name (/proc/PID/comm); empty when it has ended.
std::string process_name(pid_t pid);

// Whether it is one of the small processes that wireproof itself puts around programs.
bool our_own(pid_t pid);
inline constexpr const char* init_name = "wireproof-init";
inline constexpr const char* guardian_name = "wireproof-guard";

}  // namespace wireproof::lab
