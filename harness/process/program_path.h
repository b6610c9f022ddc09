// Where a program is: looked up as execvp(3) does, but before anything is started, so that what is
// wrong can be said.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace wireproof::process {

struct ProgramFile {
  std::filesystem::path path;  // absolute
  Fd fd;                       // open for reading where that is permitted
  bool is_script = false;      // begins with "#!"
};

struct FileUser {
  uid_t uid;
  gid_t gid;
};

// `program` without a slash is looked for in `search_path` (PATH's form), with one from `folder`
// on. In `search_path` only what `user` (default: who we are) may execute counts, as execvp(3)
// passes over the rest; a path that is given counts if we can open it. Throws SystemError with a
// hint.
ProgramFile find_program(const std::string& program, std::string_view search_path,
                         const std::filesystem::path& folder, std::optional<FileUser> user = {});

}  // namespace wireproof::process
