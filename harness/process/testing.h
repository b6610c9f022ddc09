// For tests of processes: a folder that goes away, and waiting for what must come.
#pragma once

#include <stdlib.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/error.h"

namespace wireproof::process::testing {

class TemporaryFolder {
 public:
  explicit TemporaryFolder(std::string name = "/tmp/wireproof-test-XXXXXX") {
    if (::mkdtemp(name.data()) == nullptr) throw_errno("make", name);
    path_ = name;
    ::chmod(name.c_str(), 0755);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Asks until `condition` holds or twenty seconds have passed (on a busy machine).
template <typename Condition>
bool eventually(Condition condition) {
  const Deadline deadline = Deadline::after(std::chrono::seconds(20));
  while (!condition()) {
    if (deadline.passed()) return condition();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace wireproof::process::testing
