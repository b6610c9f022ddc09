#include "lab/probe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_ether.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <fstream>

#include "base/clock.h"
#include "base/error.h"
#include "lab/settings.h"

namespace wireproof::lab {

namespace {

constexpr auto trial_limit = std::chrono::seconds(20);

// All that a case needs of a level, made for real: namespaces, settings, a packet socket.
void try_level(Isolation level) {
  const RunIdentity identity = enter_isolation(level);
  const Lab lab({Topology::loopback, identity});
  const Fd capture(checked("open", "a packet socket for capture",
                           [] { return ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); }));
}

// Runs in the child; what it writes is a refusal, or nothing at all.
void report_trial(Isolation level, int fd) {
  std::string message;
  try {
    try_level(level);
    message = "0 ";
  } catch (const SystemError& error) {
    message = fmt::format("{} {}", error.error_number(), error.what());
  } catch (const std::exception& error) {
    message = fmt::format("{} {}", EINVAL, error.what());
  }
  (void)!::write(fd, message.data(), message.size());
}

// nullopt: it works.
std::optional<Refusal> try_in_child(Isolation level) {
  std::array<int, 2> ends{};
  checked("make", "a pipe", [&] { return ::pipe2(ends.data(), O_CLOEXEC); });
  const Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  const pid_t child = checked("start", "a trial process", [] { return ::fork(); });
  if (child == 0) {
    report_trial(level, write_end.get());
    ::_exit(0);
  }
  write_end.close();
  std::string message;
  std::array<char, 1024> buffer;
  const Deadline deadline = Deadline::after(trial_limit);
  for (;;) {
    pollfd wait{read_end.get(), POLLIN, 0};
    const int ready = retry_eintr([&] { return ::poll(&wait, 1, deadline.remaining_ms()); });
    const ssize_t got = ready == 1 ? ::read(read_end.get(), buffer.data(), buffer.size()) : 0;
    if (got <= 0) break;
    message.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::kill(child, SIGKILL);
  retry_eintr([&] { return ::waitpid(child, nullptr, 0); });
  int number = ECHILD;
  const auto [end, bad] = std::from_chars(message.data(), message.data() + message.size(), number);
  if (bad != std::errc{}) return Refusal{"the trial process ended without an answer", ECHILD};
  if (number == 0) return std::nullopt;
  return Refusal{message.substr(static_cast<std::size_t>(end - message.data()) + 1), number};
}

std::optional<long> read_number(std::string_view sysctl) {
  const auto text = Sysctls().read(sysctl);
  long number = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), number).ec != std::errc{})
    return std::nullopt;
  return number;
}

bool seccomp_filtered() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("Seccomp:", 0) == 0) return line.find('2') != std::string::npos;
  return false;
}

// Mount points are told as they are seen from the process's root.
bool root_is_no_mount_point() {
  std::ifstream mounts("/proc/self/mountinfo");
  bool any = false;
  for (std::string id, parent, device, root, point, rest;
       mounts >> id >> parent >> device >> root >> point && std::getline(mounts, rest);) {
    if (point == "/") return false;
    any = true;
  }
  return any;
}

constexpr std::string_view chroot_remedy =
    "the root folder of this chroot is no mount point: mount --bind it on itself before chroot "
    "(for "
    "--isolation root), or enter it by pivot_root or systemd-nspawn";

std::string user_remedy(const Refusal& refusal, const MachineFacts& facts) {
  if (facts.in_chroot && refusal.error_number == EPERM) return std::string(chroot_remedy);
  if (facts.unprivileged_userns_clone == 0 && !facts.is_root)
    return "kernel.unprivileged_userns_clone is 0: sudo sysctl -w "
           "kernel.unprivileged_userns_clone=1";
  if (facts.max_user_namespaces == 0)
    return "user.max_user_namespaces is 0: sudo sysctl -w user.max_user_namespaces=10000";
  if (refusal.error_number == ENOSPC || refusal.error_number == EUSERS)
    return "the limit user.max_user_namespaces is reached, or 32 user namespaces are nested: sudo "
           "sysctl -w user.max_user_namespaces=10000";
  if (facts.apparmor_restricts_userns.value_or(0) != 0 && !facts.is_root)
    return "kernel.apparmor_restrict_unprivileged_userns is 1: give wireproof an AppArmor profile "
           "with `userns,`, or sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or "
           "run it with sudo (--isolation root)";
  if (facts.in_container || facts.seccomp_filtered)
    return "the container's seccomp filter or missing capabilities forbid it: start the container "
           "with --security-opt seccomp=unconfined, or with --cap-add SYS_ADMIN --cap-add "
           "NET_ADMIN "
           "--cap-add NET_RAW for --isolation root";
  if (refusal.error_number == EINVAL || refusal.error_number == ENOSYS)
    return "this kernel lacks user namespaces (CONFIG_USER_NS): run with sudo (--isolation root)";
  return "run with sudo (--isolation root)";
}

std::string root_remedy(const Refusal& refusal, const MachineFacts& facts) {
  if (!facts.is_root) return "run with sudo";
  if (facts.in_chroot && refusal.error_number == EINVAL) return std::string(chroot_remedy);
  if (facts.in_container || facts.seccomp_filtered)
    return "start the container with --cap-add SYS_ADMIN --cap-add NET_ADMIN --cap-add NET_RAW and "
           "--security-opt seccomp=unconfined, or with --privileged";
  return "uid 0 here lacks CAP_SYS_ADMIN, CAP_NET_ADMIN or CAP_NET_RAW: give them, or run as an "
         "ordinary user (--isolation user)";
}

}  // namespace

MachineFacts read_machine_facts() {
  return {::geteuid() == 0,
          ::access("/.dockerenv", F_OK) == 0 || ::access("/run/.containerenv", F_OK) == 0,
          root_is_no_mount_point(),
          seccomp_filtered(),
          read_number("kernel.unprivileged_userns_clone"),
          read_number("user.max_user_namespaces"),
          read_number("kernel.apparmor_restrict_unprivileged_userns")};
}

Probe explain(Isolation level, const Refusal& refusal, const MachineFacts& facts) {
  Probe probe{level, false, refusal.words, ""};
  switch (level) {
    case Isolation::user:
      probe.remedy = user_remedy(refusal, facts);
      break;
    case Isolation::root:
      probe.remedy = root_remedy(refusal, facts);
      break;
    case Isolation::none:
      probe.remedy = facts.in_container
                         ? "capturing takes CAP_NET_RAW: run it by sudo, or start the container "
                           "with --cap-add NET_RAW and run as root in it"
                         : "give the program CAP_NET_RAW (sudo setcap cap_net_raw+ep, or sudo)";
  }
  return probe;
}

std::vector<Probe> probe_isolation() {
  std::vector<Probe> probes;
  for (const Isolation level : {Isolation::user, Isolation::root, Isolation::none}) {
    if (const auto refusal = try_in_child(level))
      probes.push_back(explain(level, *refusal, read_machine_facts()));
    else
      probes.push_back({level, true, "tried: works", ""});
  }
  return probes;
}

Isolation choose_isolation() {
  const MachineFacts facts = read_machine_facts();
  std::string hints;
  int last_error = 0;
  for (const Isolation level : {Isolation::user, Isolation::root, Isolation::none}) {
    const auto refusal = try_in_child(level);
    if (!refusal) return level;
    hints += fmt::format("{}{}: {} ({})", hints.empty() ? "" : "; ", name(level), refusal->words,
                         explain(level, *refusal, facts).remedy);
    last_error = refusal->error_number;
  }
  throw SystemError("find", "an isolation level that works here", last_error, hints);
}

}  // namespace wireproof::lab
