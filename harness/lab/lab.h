// Where one case runs: its network namespaces, interfaces, addresses and pinned settings, its PID
// and mount namespaces, and a scratch folder for UNIX paths. Everything in it ends with the process
// that made it, however that ends: nothing has a name outside.
//
// Life of a run:   enter_isolation(level)  once, in the harness, before any thread exists
// Life of a case:  fork; die_with_parent(harness); Lab lab(spec); start programs; ...; ~Lab
//
//   harness process                     the run's user namespace (level user)
//     +- case process                   network namespace(s) and a mount namespace of its own,
//         |                             but the harness's PID namespace: it sees real pids
//         +- wireproof-init             PID 1 of the case's PID namespace, a fresh /proc
//         +- server, client, ...        put into init's PID and mount namespaces as they start
//
// Thread rule: made by the case's main thread before others exist (these would stay in the
// namespaces of before), and used by it; it must outlive the Lab (all that a case starts dies with
// that thread). Programs are reaped (their Process destroyed) before the Lab ends.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/finding.h"
#include "packet/packet.h"

namespace wireproof::lab {

enum class Isolation : std::uint8_t { user, root, none };
enum class Topology : std::uint8_t { loopback, wire, veth, remote };
std::string_view name(Isolation);
std::string_view name(Topology);

// Whether a level works here, tried for real in a child process; `why` and `remedy` in words.
struct Probe {
  Isolation level;
  bool works = false;
  std::string why, remedy;
};
std::vector<Probe> probe_isolation();
// The first level that works; throws SystemError when not even `none` does (no CAP_NET_RAW).
Isolation choose_isolation();

// What holds for the whole run after it was entered.
struct RunIdentity {
  Isolation isolation = Isolation::none;
  uid_t target_uid = 0;  // targets run as this, without capabilities
  gid_t target_gid = 0;
  // A network namespace that only serves as the parent of the cases': it gives its children small
  // socket tables of their own (since Linux 6.1), so that a dump of one costs 25 instead of 600
  // microseconds. Null in `none`.
  std::shared_ptr<const Fd> nursery = nullptr;
};
// Enters `level`: for `user` a user namespace that maps the caller to itself (real root also maps
// the uid that targets run as). Must be called before any thread exists. Throws SystemError.
RunIdentity enter_isolation(Isolation level);

// SIGKILL for this process when its parent ends, also when `expected_parent` has ended already.
// (It is the parent's *thread* that counts: prctl(2), PR_SET_PDEATHSIG.)
void die_with_parent(pid_t expected_parent);

// One pinned or recorded kernel setting. `pinned` false: only read.
struct Setting {
  std::string host;  // "client", "server" or "" where both share a namespace
  std::string name;  // "net.ipv4.tcp_congestion_control"
  std::string value;
  bool pinned = false;
};

// One end: a network namespace with its interface and addresses. The case's main thread is in the
// only one on loopback, in the client's on veth, in a third one on wire, where it was on remote.
struct Host {
  Fd netns;               // for setns(2)
  std::string interface;  // the one that is captured: "lo" or "eth0"; empty on remote
  packet::Address ipv4, ipv6;
};

struct LabSpec {
  Topology topology = Topology::loopback;
  RunIdentity identity = {};
  unsigned mtu = 1500;
  // Pinned besides, at each end (Setting::host is not looked at); not where the network is not the
  // case's own. settings() tells whether the kernel took them.
  std::vector<Setting> settings = {};
};

// On wire, the two inner ends: interfaces of the case process's own network namespace.
inline constexpr std::string_view wire_to_client = "to-client", wire_to_server = "to-server";

class Lab {
 public:
  explicit Lab(const LabSpec& spec);
  ~Lab();
  Lab(const Lab&) = delete;

  // loopback: both sides are the same host.
  const Host& host(Side side) const;
  bool one_host() const;
  const std::vector<Setting>& settings() const;
  // A folder only this case sees (a tmpfs of its mount namespace; in `none` a folder removed at the
  // end by the case's guardian): short, so that UNIX paths fit in 108 bytes. Writable by targets.
  const std::filesystem::path& scratch() const;
  const RunIdentity& identity() const;
  // PID 1 of the case's PID namespace (in `none`: the guardian, which removes the scratch folder if
  // the case process dies). Ends with the lab.
  pid_t init_pid() const;
  // For setns(2) into the PID and mount namespaces that programs live in; -1 in `none`, where each
  // program gets a subreaper of its own instead.
  int init_pidfd() const;
  // Processes of the case that are alive, but for init and our own supervisors: for "nothing
  // outlives a case" and for ending stragglers.
  std::vector<pid_t> processes() const;
  // A TCP or UDP port nobody uses: fixed where the namespace is ours, chosen by the kernel in
  // `none`.
  std::uint16_t free_port(packet::Family family, bool udp) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// While it lives, the calling thread is in `netns_fd`'s namespace (-1: stays where it is).
class NetnsScope {
 public:
  explicit NetnsScope(int netns_fd);
  ~NetnsScope();
  NetnsScope(const NetnsScope&) = delete;

 private:
  Fd home_;
};

}  // namespace wireproof::lab
