#include "process/readiness.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/fsuid.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <thread>

#include "base/text.h"

namespace wireproof::process {

namespace {

using packet::Family;
using witness::SocketTable;

bool is_wildcard(const packet::Address& address) {
  return std::all_of(address.bytes.begin(), address.bytes.end(),
                     [](std::uint8_t byte) { return byte == 0; });
}

// Whether a socket bound to `local` takes what is sent to `wanted`.
bool takes(const packet::Endpoint& local, bool v6_only, const packet::Endpoint& wanted) {
  if (local.port != wanted.port) return false;
  if (local.address == wanted.address) return true;
  if (!is_wildcard(local.address)) return false;
  return local.address.family == wanted.address.family ||
         (local.address.family == Family::ipv6 && !v6_only);
}

// /proc/PID/fd is open to the process's own user, and to CAP_SYS_PTRACE, which root in a container
// mostly lacks: this thread looks as that user.
class LookingAs {
 public:
  explicit LookingAs(const Process& program)
      : gid_(::setfsgid(program.gid())), uid_(::setfsuid(program.uid())) {}
  ~LookingAs() {
    ::setfsuid(static_cast<uid_t>(uid_));
    ::setfsgid(static_cast<gid_t>(gid_));
  }
  LookingAs(const LookingAs&) = delete;

 private:
  int gid_, uid_;
};

// Inodes of the sockets that the program and its descendants hold.
std::set<std::uint64_t> socket_inodes(const Process& program) {
  std::set<std::uint64_t> inodes;
  const LookingAs user(program);
  for (const pid_t pid : program.tree()) {
    std::error_code gone;
    const std::string folder = fmt::format("/proc/{}/fd", pid);
    for (std::filesystem::directory_iterator fd(folder, gone), end; !gone && fd != end;
         fd.increment(gone)) {
      struct stat status {};
      if (::stat(fd->path().c_str(), &status) == 0 && S_ISSOCK(status.st_mode))
        inodes.insert(status.st_ino);
    }
  }
  return inodes;
}

constexpr std::uint8_t kernel_listen = 10;  // TCP_LISTEN, also of UNIX sockets

bool unix_matches(const witness::UnixSocket& socket, const UnixBound& wanted) {
  if (socket.type != wanted.type) return false;
  if (socket.type != witness::UnixType::datagram && socket.state != kernel_listen) return false;
  if (!wanted.path.empty() && wanted.path[0] == '@') return socket.name == wanted.path;
  // The name may be relative to the program's folder; the file is the same.
  struct stat file {};
  return ::stat(wanted.path.c_str(), &file) == 0 && socket.path_inode != 0 &&
         socket.path_inode == static_cast<std::uint32_t>(file.st_ino) &&
         socket.path_device == file.st_dev;
}

// Inodes of all sockets that would do.
struct Candidates {
  SocketTable& table;

  std::vector<std::uint64_t> operator()(const TcpListener& wanted) const {
    std::vector<std::uint64_t> inodes;
    for (const auto& socket : table.tcp())
      if (socket.state == tcp::State::listen &&
          takes(socket.local, socket.v6_only, wanted.endpoint))
        inodes.push_back(socket.inode);
    return inodes;
  }
  std::vector<std::uint64_t> operator()(const UdpBound& wanted) const {
    std::vector<std::uint64_t> inodes;
    for (const auto& socket : table.udp())
      if (!socket.connected && takes(socket.local, socket.v6_only, wanted.endpoint))
        inodes.push_back(socket.inode);
    return inodes;
  }
  std::vector<std::uint64_t> operator()(const UnixBound& wanted) const {
    std::vector<std::uint64_t> inodes;
    for (const auto& socket : table.unix_sockets())
      if (unix_matches(socket, wanted)) inodes.push_back(socket.inode);
    return inodes;
  }
};

bool is_ready(const Process& program, SocketTable& table, const Readiness& wanted,
              bool own_sockets_only) {
  const std::vector<std::uint64_t> candidates = std::visit(Candidates{table}, wanted);
  if (!own_sockets_only || candidates.empty()) return !candidates.empty();
  const std::set<std::uint64_t> own = socket_inodes(program);
  return std::any_of(candidates.begin(), candidates.end(),
                     [&](std::uint64_t inode) { return own.count(inode) != 0; });
}

}  // namespace

ReadyResult await_ready(Process& program, SocketTable& table, const Readiness& wanted,
                        Deadline deadline, bool own_sockets_only) {
  nanoseconds pause = std::chrono::microseconds(200);
  for (;;) {
    // Both before the table is read: what held then is in it.
    const bool exited = program.exit_status().has_value();
    const bool late = deadline.passed();
    if (is_ready(program, table, wanted, own_sockets_only)) return ReadyResult::ready;
    if (exited) return ReadyResult::exited;
    if (late) return ReadyResult::deadline;
    const nanoseconds left = std::min(pause, deadline.remaining());
    const timespec timeout{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    pollfd wait{program.pidfd(), POLLIN, 0};
    ::ppoll(&wait, 1, &timeout, nullptr);
    pause = std::min<nanoseconds>(pause * 2, std::chrono::milliseconds(5));
  }
}

std::string listed_instead(SocketTable& table) {
  std::vector<std::string> parts;
  for (const auto& socket : table.tcp())
    if (socket.state == tcp::State::listen)
      parts.push_back("listens on TCP " + to_string(socket.local));
  for (const auto& socket : table.udp())
    if (!socket.connected) parts.push_back("is bound to UDP " + to_string(socket.local));
  for (const auto& socket : table.unix_sockets())
    if (!socket.name.empty() &&
        (socket.state == kernel_listen || socket.type == witness::UnixType::datagram))
      parts.push_back("has the UNIX socket " + quoted(socket.name, 108));
  return parts.empty() ? "no socket listens or is bound"
                       : fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace wireproof::process
