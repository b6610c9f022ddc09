#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <string>

#include "base/error.h"
#include "base/fd.h"

namespace wireproof {
namespace {

std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

// A name beside the file that no other writer has: the process id and a count.
std::string temporary_name(const std::filesystem::path& file) {
  static std::atomic<unsigned> count{0};
  return (file.parent_path() / ("." + file.filename().string() + "." + std::to_string(::getpid()) +
                                "." + std::to_string(count++) + ".tmp"))
      .string();
}

// What is to be the file, in its folder, until it takes the name. O_TMPFILE has none till then, so
// a writer that is killed leaves nothing; file systems without it (overlayfs before Linux 6.3, NFS)
// get a named temporary file.
class Draft {
 public:
  explicit Draft(const std::filesystem::path& file)
      : file_(file.string()), temporary_(temporary_name(file)) {
    const std::filesystem::path folder = folder_of(file);
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    if (failure) throw SystemError("create folder", folder.string(), failure.value());
    fd_ = Fd(::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644));
    if (fd_.is_open()) return;
    fd_ = Fd(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!fd_.is_open()) throw_errno("create", file_);
    has_name_ = true;
  }
  ~Draft() {
    if (has_name_) ::unlink(temporary_.c_str());
  }
  Draft(const Draft&) = delete;

  void write(std::string_view content) {
    while (!content.empty()) {
      const ssize_t written = checked(
          "write", file_, [&] { return ::write(fd_.get(), content.data(), content.size()); });
      content.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void take_the_name() {
    if (!has_name_) {
      const std::string link = "/proc/self/fd/" + std::to_string(fd_.get());
      if (::linkat(AT_FDCWD, link.c_str(), AT_FDCWD, temporary_.c_str(), AT_SYMLINK_FOLLOW) != 0) {
        throw_errno("name", temporary_);
      }
      has_name_ = true;
    }
    if (::rename(temporary_.c_str(), file_.c_str()) != 0) throw_errno("rename to", file_);
    has_name_ = false;
  }

 private:
  std::string file_, temporary_;
  Fd fd_;
  bool has_name_ = false;
};

// In a folder like /tmp only its owner, or the folder's, may replace a file (inode(7), S_ISVTX).
bool is_kept_by_its_owner(const std::filesystem::path& file) {
  struct stat old {
  }, folder{};
  return ::geteuid() != 0 && ::lstat(file.c_str(), &old) == 0 &&
         ::stat(folder_of(file).c_str(), &folder) == 0 && (folder.st_mode & S_ISVTX) != 0 &&
         old.st_uid != ::geteuid() && folder.st_uid != ::geteuid();
}

}  // namespace

void write_file_atomically(const std::filesystem::path& file, std::string_view content) {
  Draft draft(file);
  draft.write(content);
  draft.take_the_name();
}

void try_to_write(const std::filesystem::path& file) {
  Draft draft(file);
  draft.write("\n");
  std::error_code unknown;
  if (std::filesystem::is_directory(std::filesystem::symlink_status(file, unknown))) {
    throw SystemError("replace", file.string(), EISDIR);
  }
  if (is_kept_by_its_owner(file)) throw SystemError("replace", file.string(), EPERM);
}

}  // namespace wireproof
