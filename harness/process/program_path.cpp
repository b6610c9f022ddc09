#include "process/program_path.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "base/error.h"

namespace wireproof::process {

namespace {

namespace fs = std::filesystem;

// 0, or why it is no program: as execve(2) would say.
int refusal(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (error) return error.value();
  if (!fs::exists(status)) return ENOENT;
  if (!fs::is_regular_file(status)) return EACCES;
  return ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0 ? 0 : EACCES;
}

// By the mode bits of the file and of each folder above it. Not asked of the kernel as that user
// (setfsuid(2)): a process that changes who it is ceases to be dumpable, and may then no longer
// enter the namespaces of a case. `user` has no supplementary groups.
bool may_execute(const fs::path& path, FileUser user) {
  const auto allowed = [user](const fs::path& each) {
    struct stat file = {};
    if (::stat(each.c_str(), &file) != 0) return false;
    if (user.uid == 0) return S_ISDIR(file.st_mode) || (file.st_mode & 0111) != 0;
    const mode_t bit = file.st_uid == user.uid ? 0100 : file.st_gid == user.gid ? 0010 : 0001;
    return (file.st_mode & bit) != 0;
  };
  std::error_code failure;
  fs::path each = fs::canonical(path, failure);  // the folders that its links lead through
  if (failure) return false;
  for (; each.has_relative_path(); each = each.parent_path()) {
    if (!allowed(each)) return false;
  }
  return true;
}

std::string_view hint_for(int error_number) {
  switch (error_number) {
    case ENOENT:
      return "no such file: give its path, relative to the folder wireproof runs in";
    case EACCES:
      return "not an executable file: chmod +x, or name its interpreter first";
    default:
      return "";
  }
}

ProgramFile open_program(const fs::path& path) {
  ProgramFile program{path, Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), false};
  std::array<char, 2> magic{};
  program.is_script = program.fd.is_open() && ::pread(program.fd.get(), magic.data(), 2, 0) == 2 &&
                      magic[0] == '#' && magic[1] == '!';
  return program;
}

}  // namespace

ProgramFile find_program(const std::string& program, std::string_view search_path,
                         const fs::path& folder, std::optional<FileUser> user) {
  if (program.empty()) throw SystemError("start", "a program without a name", ENOENT);
  if (program.find('/') != std::string::npos) {
    const fs::path path = folder / program;  // an absolute path replaces the folder
    if (const int refused = refusal(path); refused != 0)
      throw SystemError("start", program, refused, hint_for(refused));
    return open_program(path);
  }
  fs::path not_executable;
  for (std::size_t begin = 0; begin <= search_path.size();) {
    const std::size_t end = std::min(search_path.find(':', begin), search_path.size());
    const std::string_view entry = search_path.substr(begin, end - begin);
    const fs::path path = folder / (entry.empty() ? fs::path() : fs::path(entry)) / program;
    int refused = refusal(path);
    if (refused == 0 && user && !may_execute(path, *user)) refused = EACCES;
    if (refused == 0) return open_program(path);
    std::error_code ignored;  // a folder that may not be entered is no find
    if (refused == EACCES && not_executable.empty() && fs::is_regular_file(path, ignored))
      not_executable = path;
    begin = end + 1;
  }
  if (!not_executable.empty())
    throw SystemError("start", not_executable.native(), EACCES, hint_for(EACCES));
  throw SystemError("start", program, ENOENT, "not found in PATH: install it or give its path");
}

}  // namespace wireproof::process
