// What `wireproof doctor` looks at: each thing of this machine that decides whether, and how well,
// cases run, with what to do about it. Thread rule: isolation_checks() forks, so before any thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/layout.h"
#include "lab/lab.h"

namespace wireproof::cli {

enum class Grade : std::uint8_t { ok, warn, fail };

struct MachineCheck {
  Grade grade = Grade::ok;
  std::string what, found, remedy;  // remedy: empty where there is nothing to do
};

// A line a level; fail only where none works.
std::vector<MachineCheck> isolation_checks(const std::vector<lab::Probe>& probes);
// Kernel, processors, clock and limits. `root`: where proc/ and sys/ are found.
std::vector<MachineCheck> system_checks(const std::filesystem::path& root = "/");
std::vector<MachineCheck> installation_checks(const Layout& layout);

}  // namespace wireproof::cli
