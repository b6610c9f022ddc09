// Isolation `none` has no mount namespace to take the scratch folder along: a guardian process
// waits for the end of the case process's main thread and removes the folder, however the case
// ended. Lifetime: the destructor removes the folder and ends the guardian.
#pragma once

#include <sys/types.h>

#include <filesystem>

namespace wireproof::lab {

class Guardian {
 public:
  Guardian();
  ~Guardian();
  Guardian(const Guardian&) = delete;
  const std::filesystem::path& folder() const { return folder_; }
  pid_t pid() const { return pid_; }

 private:
  std::filesystem::path folder_;
  pid_t pid_ = -1;
};

}  // namespace wireproof::lab
