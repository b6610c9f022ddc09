// Entering an isolation level, once a run.
//
// Level user maps the caller to itself (an ordinary user needs no privilege for that). Root maps
// two uids, its own and the targets', which takes a process with CAP_SETUID in the parent
// namespace: a helper, forked before the namespace is entered.
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <functional>

#include "base/error.h"
#include "lab/lab.h"
#include "lab/settings.h"

namespace wireproof::lab {

namespace {

constexpr uid_t nobody = 65534;

bool has_capability(unsigned number) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0) return false;
  return (data[number / 32].effective >> (number % 32) & 1u) != 0;
}

// The user that called sudo(8), else nobody.
std::uint32_t sudo_id(const char* variable) {
  const char* const text = ::getenv(variable);
  if (text == nullptr) return nobody;
  char* end = nullptr;
  const unsigned long id = ::strtoul(text, &end, 10);
  return *text != '\0' && *end == '\0' && id > 0 && id < nobody ? static_cast<std::uint32_t>(id)
                                                                : nobody;
}

RunIdentity identity_for(Isolation level) {
  if (::geteuid() == 0 && has_capability(CAP_SETUID) && has_capability(CAP_SETGID))
    return {level, sudo_id("SUDO_UID"), sudo_id("SUDO_GID")};
  return {level, ::geteuid(), ::getegid()};
}

void write_file(const std::string& path, std::string_view text) {
  const Fd file(checked("open", path, [&] { return ::open(path.c_str(), O_WRONLY | O_CLOEXEC); }));
  checked("write", path, [&] { return ::write(file.get(), text.data(), text.size()); });
}

// A child process and the two ends of a conversation with it, of single bytes.
class Helper {
 public:
  // `work` runs in the child after go(), and answers with an errno.
  explicit Helper(const std::function<int()>& work) {
    std::array<int, 2> to{}, from{};
    checked("make", "a pipe", [&] { return ::pipe2(to.data(), O_CLOEXEC); });
    Fd go_read(to[0]);
    go_ = Fd(to[1]);
    checked("make", "a pipe", [&] { return ::pipe2(from.data(), O_CLOEXEC); });
    answer_ = Fd(from[0]);
    Fd answer_write(from[1]);
    pid_ = checked("start", "a helper process", [] { return ::fork(); });
    if (pid_ != 0) return;
    go_.close();
    answer_.close();
    char byte = 0;
    if (::read(go_read.get(), &byte, 1) != 1) ::_exit(1);
    const int result = work();
    if (::write(answer_write.get(), &result, sizeof result) != sizeof result) ::_exit(1);
    while (::read(go_read.get(), &byte, 1) > 0) {
    }  // lives until its owner lets go of it
    ::_exit(0);
  }
  ~Helper() {
    go_.close();
    retry_eintr([this] { return ::waitpid(pid_, nullptr, 0); });
  }
  Helper(const Helper&) = delete;

  pid_t pid() const { return pid_; }
  int go() {
    int result = ECHILD;
    if (::write(go_.get(), "g", 1) != 1 ||
        ::read(answer_.get(), &result, sizeof result) != static_cast<ssize_t>(sizeof result))
      return ECHILD;
    return result;
  }

 private:
  pid_t pid_ = -1;
  Fd go_, answer_;
};

int errno_of(const std::function<void()>& work) {
  try {
    work();
    return 0;
  } catch (const SystemError& error) {
    return error.error_number();
  }
}

// A map to themselves of the ids that `our_map` (user_namespaces(7)) knows; EINVAL where it lacks
// `needed`, which then nobody could become.
std::string identity_map(const std::string& our_map, std::uint64_t needed) {
  std::ifstream lines(our_map);
  std::string text;
  bool has_needed = false;
  std::uint64_t inside = 0, outside = 0, count = 0;
  while (lines >> inside >> outside >> count) {
    text += fmt::format("{} {} {}\n", inside, inside, count);
    has_needed = has_needed || (needed >= inside && needed - inside < count);
  }
  if (!has_needed) throw SystemError("map", std::to_string(needed), EINVAL);
  return text;
}

void enter_user_namespace(const RunIdentity& identity) {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  const std::string folder = fmt::format("/proc/{}/", ::getpid());
  // After a change of uid, and for a program with file capabilities, /proc/PID belongs to root.
  ::prctl(PR_SET_DUMPABLE, 1);
  if (uid == identity.target_uid) {
    checked("make", "a user namespace", [] { return ::unshare(CLONE_NEWUSER); });
    write_file(folder + "setgroups", "deny");
    write_file(folder + "uid_map", fmt::format("{} {} 1\n", uid, uid));
    write_file(folder + "gid_map", fmt::format("{} {} 1\n", gid, gid));
    return;
  }
  // All ids to themselves: files of a user who is not mapped would be out of root's reach (a
  // checkout that an ordinary user owns, as CI services have it).
  Helper mapper([&] {
    return errno_of([&] {
      write_file(folder + "uid_map", identity_map("/proc/self/uid_map", identity.target_uid));
      write_file(folder + "gid_map", identity_map("/proc/self/gid_map", identity.target_gid));
    });
  });
  checked("make", "a user namespace", [] { return ::unshare(CLONE_NEWUSER); });
  if (const int refused = mapper.go(); refused != 0)
    throw SystemError("map two users into", "the user namespace", refused,
                      "this container maps too few uids: use --isolation root, or run as an "
                      "ordinary user");
}

// Socket tables of a namespace have as many buckets as its *parent* says (tcp(7),
// tcp_child_ehash_entries); else all share the machine's, with hundreds of thousands to walk.
std::shared_ptr<const Fd> make_nursery() {
  Helper child([] {
    return errno_of([] {
      checked("make", "a network namespace", [] { return ::unshare(CLONE_NEWNET); });
      const Sysctls sysctls;
      sysctls.pin("", "net.ipv4.tcp_child_ehash_entries", "8192");
      sysctls.pin("", "net.ipv4.udp_child_hash_entries", "1024");
    });
  });
  if (const int refused = child.go(); refused != 0)
    throw SystemError("make", "a network namespace", refused);
  const std::string path = fmt::format("/proc/{}/ns/net", child.pid());
  return std::make_shared<const Fd>(
      checked("open", path, [&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
}

}  // namespace

std::string_view name(Isolation level) {
  switch (level) {
    case Isolation::user:
      return "user";
    case Isolation::root:
      return "root";
    case Isolation::none:
      return "none";
  }
  return "";
}

std::string_view name(Topology topology) {
  switch (topology) {
    case Topology::loopback:
      return "loopback";
    case Topology::wire:
      return "wire";
    case Topology::veth:
      return "veth";
    case Topology::remote:
      return "remote";
  }
  return "";
}

RunIdentity enter_isolation(Isolation level) {
  RunIdentity identity = identity_for(level);
  if (level == Isolation::user) {
    if (::geteuid() == 0 && identity.target_uid == 0)
      throw SystemError("map two users into", "a user namespace", EPERM,
                        "uid 0 without CAP_SETUID and CAP_SETGID cannot: run as an ordinary user, "
                        "or give these capabilities");
    enter_user_namespace(identity);
  }
  if (level != Isolation::none) identity.nursery = make_nursery();
  return identity;
}

}  // namespace wireproof::lab
