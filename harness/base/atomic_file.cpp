#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <cstdio>
#include <string>

#include "base/error.h"
#include "base/fd.h"

namespace wireproof {
namespace {

void write_all(int fd, std::string_view content, const std::string& file) {
  while (!content.empty()) {
    const ssize_t written =
        checked("write", file, [&] { return ::write(fd, content.data(), content.size()); });
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

// A name beside the file that no other writer has: the process id and a count.
std::string temporary_name(const std::filesystem::path& file) {
  static std::atomic<unsigned> count{0};
  return (file.parent_path() / ("." + file.filename().string() + "." + std::to_string(::getpid()) +
                                "." + std::to_string(count++) + ".tmp"))
      .string();
}

}  // namespace

void write_file_atomically(const std::filesystem::path& file, std::string_view content) {
  const std::filesystem::path folder =
      file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) throw SystemError("create folder", folder.string(), failure.value());

  // O_TMPFILE has no name until it is whole, so a writer that is killed leaves nothing; file
  // systems without it (overlayfs before Linux 6.3, NFS) get a named temporary file.
  const std::string temporary = temporary_name(file);
  Fd fd(::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644));
  const bool nameless = fd.is_open();
  if (!nameless) {
    fd = Fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!fd.is_open()) throw_errno("create", file.string());
  }
  try {
    write_all(fd.get(), content, file.string());
    if (nameless) {
      const std::string link = "/proc/self/fd/" + std::to_string(fd.get());
      if (::linkat(AT_FDCWD, link.c_str(), AT_FDCWD, temporary.c_str(), AT_SYMLINK_FOLLOW) != 0) {
        throw_errno("name", temporary);
      }
    }
    if (::rename(temporary.c_str(), file.c_str()) != 0) throw_errno("rename to", file.string());
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

}  // namespace wireproof
