#include "lab/mounts.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <array>
#include <string>

#include "base/error.h"

namespace wireproof::lab {

namespace {

namespace fs = std::filesystem;

constexpr const char* scratch_places[] = {"/mnt", "/srv", "/media", "/dev/shm", "/opt", "/tmp"};

bool is_empty_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error) && fs::is_empty(path, error) && !error;
}

bool contains(const fs::path& folder, const fs::path& path) {
  return path.string().rfind(folder.string() + "/", 0) == 0 || path == folder;
}

fs::path scratch_place() {
  for (const char* place : scratch_places)
    if (is_empty_folder(place)) return place;
  // Hides files, but not those that we know to be in use.
  std::error_code error;
  const fs::path here = fs::current_path(error),
                 program = fs::read_symlink("/proc/self/exe", error);
  for (const char* place : scratch_places)
    if (fs::is_directory(place, error) && !contains(place, here) && !contains(place, program))
      return place;
  throw SystemError("find", "a folder to mount the scratch folder over", ENOENT,
                    "one of /mnt, /srv, /media, /dev/shm, /opt must exist");
}

}  // namespace

void enter_private_mounts() {
  checked("make", "a mount namespace", [] { return ::unshare(CLONE_NEWNS); });
  checked("make private", "all mounts",
          [] { return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr); });
}

fs::path mount_scratch() {
  const fs::path place = scratch_place();
  checked("mount a scratch tmpfs on", place.native(), [&] {
    return ::mount("wireproof", place.c_str(), "tmpfs", MS_NOSUID | MS_NODEV,
                   "mode=1777,size=64m,nr_inodes=16384");
  });
  return place;
}

fs::path make_scratch_folder() {
  std::string name = "/tmp/wp-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw_errno("make a scratch folder", name);
  // Programs may run as another uid; the sticky bit keeps each to its own files.
  checked("change the mode of", name, [&] { return ::chmod(name.c_str(), 01777); });
  return name;
}

}  // namespace wireproof::lab
