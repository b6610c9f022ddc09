#include "witness/netns_entry.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include "base/error.h"

namespace wireproof::witness {

NetnsEntry::NetnsEntry(int netns_fd) {
  if (netns_fd < 0) return;
  const char* const own = "/proc/thread-self/ns/net";
  Fd home(checked("open", own, [&] { return ::open(own, O_RDONLY | O_CLOEXEC); }));
  struct stat here = {};
  struct stat there = {};
  // Entering is refused without CAP_SYS_ADMIN even where one is there already.
  if (::fstat(home.get(), &here) == 0 && ::fstat(netns_fd, &there) == 0 &&
      here.st_ino == there.st_ino && here.st_dev == there.st_dev)
    return;
  checked("enter", "a network namespace", [&] { return ::setns(netns_fd, CLONE_NEWNET); });
  home_ = std::move(home);
}

NetnsEntry::~NetnsEntry() {
  if (home_.is_open()) ::setns(home_.get(), CLONE_NEWNET);
}

}  // namespace wireproof::witness
