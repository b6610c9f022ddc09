// Where one case runs: its network namespaces, interfaces, addresses and pinned settings, its PID
// and mount namespaces, and a scratch folder for UNIX paths. Everything in it ends with the process
// that made it, however that ends: nothing has a name outside.
//
// Life of a run:   enter_isolation(level)  once, in the harness, before any thread exists
// Life of a case:  fork; in that process: Lab lab(spec); start programs; ...; ~Lab
// Thread rule: made and used by the case's main thread.
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
};
// Enters `level`: for `user` a user namespace that maps the caller to itself (real root also maps the
// uid that targets run as). Must be called before any thread exists. Throws SystemError.
RunIdentity enter_isolation(Isolation level);

// One pinned or recorded kernel setting. `pinned` false: only read.
struct Setting {
  std::string host;   // "client", "server" or "" where both share a namespace
  std::string name;   // "net.ipv4.tcp_congestion_control"
  std::string value;
  bool pinned = false;
};

// One end: a network namespace with its interface and addresses.
struct Host {
  Fd netns;                 // for setns(2)
  std::string interface;    // the one that is captured: "lo" or "eth0"
  packet::Address ipv4, ipv6;
};

struct LabSpec {
  Topology topology = Topology::loopback;
  RunIdentity identity;
  unsigned mtu = 1500;
};

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
  // PID 1 of the case's PID namespace (in `none`: the guardian, a subreaper). Ends with the lab.
  pid_t init_pid() const;
  // Processes of the case that are alive, but for init: for "nothing outlives a case" and for ending
  // stragglers.
  std::vector<pid_t> processes() const;
  // A TCP or UDP port nobody uses: fixed where the namespace is ours, chosen by the kernel in `none`.
  std::uint16_t free_port(packet::Family family, bool udp) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Runs `work` with the calling thread in `netns_fd`'s namespace, and returns it to where it was.
class NetnsScope {
 public:
  explicit NetnsScope(int netns_fd);
  ~NetnsScope();
  NetnsScope(const NetnsScope&) = delete;

 private:
  Fd home_;
};

}  // namespace wireproof::lab
