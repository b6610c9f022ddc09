#include "lab/process_tree.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

namespace wireproof::lab {

namespace {

std::vector<pid_t> children(pid_t pid) {
  std::vector<pid_t> found;
  std::error_code gone;
  for (std::filesystem::directory_iterator task(fmt::format("/proc/{}/task", pid), gone), end;
       !gone && task != end; task.increment(gone)) {
    std::ifstream list(task->path() / "children");
    for (pid_t child; list >> child;) found.push_back(child);
  }
  return found;
}

bool alive(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  std::getline(file, line);
  // "pid (name) S ...": the name may hold parentheses and spaces, so look from the end.
  const auto close = line.rfind(')');
  return close != std::string::npos && close + 2 < line.size() && line[close + 2] != 'Z' &&
         line[close + 2] != 'X';
}

}  // namespace

std::string process_name(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/comm", pid));
  std::string name;
  std::getline(file, name);
  return name;
}

bool our_own(pid_t pid) {
  const std::string name = process_name(pid);
  return name == init_name || name == guardian_name;
}

std::vector<pid_t> descendants(pid_t root) {
  std::vector<pid_t> found, waiting = children(root);
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    const pid_t pid = waiting[i];
    for (const pid_t child : children(pid)) waiting.push_back(child);
    if (alive(pid) && !our_own(pid)) found.push_back(pid);
  }
  return found;
}

}  // namespace wireproof::lab
