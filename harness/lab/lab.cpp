// How a case's place is made, in order: mount namespace and scratch folder, PID 1, network
// namespaces, pinned settings, interfaces. Addresses (RFC 5737, RFC 3849):
//
//   loopback   one namespace        lo      127.0.0.1/8   ::1/128
//   veth       client namespace     eth0    192.0.2.1/24  2001:db8::1/64   02:00:00:00:00:01
//                  |
//              server namespace     eth0    192.0.2.2/24  2001:db8::2/64   02:00:00:00:00:02
//   wire       the same, but each eth0 leads to the case process's own namespace: its other ends,
//              to-client and to-server, have no addresses and never answer
//
// On veth and wire each end knows the other's link address beforehand: no ARP, no neighbour
// discovery.
#include "lab/lab.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "lab/case_init.h"
#include "lab/guardian.h"
#include "lab/interface.h"
#include "lab/mounts.h"
#include "lab/process_tree.h"
#include "lab/route.h"
#include "lab/settings.h"

namespace wireproof::lab {

namespace {

constexpr MacAddress client_mac{2, 0, 0, 0, 0, 1}, server_mac{2, 0, 0, 0, 0, 2};
constexpr MacAddress to_client_mac{2, 0, 0, 0, 1, 1}, to_server_mac{2, 0, 0, 0, 1, 2};
constexpr std::string_view ethernet = "eth0";
// Below every ephemeral range, above what programs choose by default.
constexpr std::uint16_t first_port = 20'000;
constexpr auto link_timeout = std::chrono::seconds(10);

packet::Address ipv4_address(std::array<std::uint8_t, 4> bytes) {
  packet::Address address;
  address.family = packet::Family::ipv4;
  std::copy(bytes.begin(), bytes.end(), address.bytes.begin());
  return address;
}

// 2001:db8::`last`, or ::1 when `local`.
packet::Address ipv6_address(bool local, std::uint8_t last) {
  packet::Address address;
  address.family = packet::Family::ipv6;
  if (!local) address.bytes = {0x20, 0x01, 0x0d, 0xb8};
  address.bytes[15] = last;
  return address;
}

bool machine_has_ipv6() {
  const Fd socket(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  return socket.is_open() &&
         ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

Fd current_netns() {
  const char* const own = "/proc/thread-self/ns/net";
  return Fd(checked("open", own, [&] { return ::open(own, O_RDONLY | O_CLOEXEC); }));
}

void enter_new_netns(const RunIdentity& identity) {
  if (identity.nursery && ::setns(identity.nursery->get(), CLONE_NEWNET) == -1)
    throw_errno("enter", "the parent of the case's network namespaces");
  checked("make", "a network namespace", [] { return ::unshare(CLONE_NEWNET); });
}

}  // namespace

struct Lab::Impl {
  explicit Impl(const LabSpec& lab_spec);

  bool own_network() const {
    return spec.identity.isolation != Isolation::none && spec.topology != Topology::remote;
  }
  void make_loopback();
  void make_two_hosts();
  void use_current_network();
  // In the namespace that is to be the host's: settings, and lo.
  void prepare_namespace(const std::string& host_name, unsigned lo_mtu);

  LabSpec spec;
  bool kernel_has_ipv6 = true;
  std::vector<Host> hosts;  // one, or client and server
  std::vector<Setting> settings;
  Sysctls sysctls;
  std::filesystem::path scratch;
  // Their order is that of the making; the end goes backwards.
  std::optional<CaseInit> init;
  std::optional<Guardian> guardian;
  mutable std::uint16_t next_port = first_port;
};

Lab::Impl::Impl(const LabSpec& lab_spec) : spec(lab_spec) {
  record_limits(sysctls, settings);
  if (spec.identity.isolation == Isolation::none) {
    guardian.emplace();
    scratch = guardian->folder();
  } else {
    enter_private_mounts();
    scratch = mount_scratch();
    init.emplace();
    // A container's /proc/sys may be read-only where the fresh one of init is not.
    struct statvfs proc_sys {};
    if (init->own_proc() && ::statvfs("/proc/sys", &proc_sys) == 0 &&
        (proc_sys.f_flag & ST_RDONLY) != 0)
      sysctls = Sysctls("/proc/" + std::to_string(init->pid()) + "/root/proc/sys");
  }
  if (!own_network()) {
    if (spec.topology != Topology::loopback && spec.topology != Topology::remote)
      throw SystemError("make", name(spec.topology), EPERM, "isolation none has the loopback only");
    use_current_network();
  } else if (spec.topology == Topology::loopback) {
    make_loopback();
  } else {
    make_two_hosts();
  }
  std::vector<Setting> only_read;
  record_settings(sysctls, only_read);
  for (Setting& one : only_read) {
    // The case sets it in its hosts' namespaces: what another has says nothing.
    if (!own_network() ||
        std::none_of(spec.settings.begin(), spec.settings.end(),
                     [&](const Setting& wanted) { return wanted.name == one.name; }))
      settings.push_back(std::move(one));
  }
}

void Lab::Impl::prepare_namespace(const std::string& host_name, unsigned lo_mtu) {
  pin_settings(sysctls, host_name, settings);
  for (const Setting& wanted : spec.settings) {
    std::erase_if(settings, [&](const Setting& one) {
      return one.host == host_name && one.name == wanted.name;
    });
    if (auto setting = sysctls.pin(host_name, wanted.name, wanted.value))
      settings.push_back(*setting);
  }
  disable_offloads("lo");
  RouteSocket().set_up("lo", lo_mtu);
  settings.push_back({host_name, "lo.mtu", std::to_string(lo_mtu), true});
}

void Lab::Impl::make_loopback() {
  enter_new_netns(spec.identity);
  prepare_namespace("", spec.mtu);
  record_offloads("", "lo", true, settings);
  const bool ipv6 = machine_has_ipv6();
  hosts.push_back({current_netns(), "lo", ipv4_address({127, 0, 0, 1}),
                   ipv6 ? ipv6_address(true, 1) : packet::Address{}});
}

void Lab::Impl::make_two_hosts() {
  for (const char* host_name : {"server", "client"}) {
    enter_new_netns(spec.identity);
    prepare_namespace(host_name, spec.mtu);
    hosts.insert(hosts.begin(), Host{current_netns(), std::string(ethernet), {}, {}});
  }
  const bool ipv6 = machine_has_ipv6();
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const auto last = static_cast<std::uint8_t>(i + 1);
    hosts[i].ipv4 = ipv4_address({192, 0, 2, last});
    if (ipv6) hosts[i].ipv6 = ipv6_address(false, last);
  }
  const VethEnd client_end{ethernet, client_mac, hosts[0].netns.get()};
  const VethEnd server_end{ethernet, server_mac, hosts[1].netns.get()};
  if (spec.topology == Topology::veth) {
    RouteSocket().make_veth(client_end, server_end, spec.mtu);
  } else {
    enter_new_netns(spec.identity);
    pin_settings(sysctls, "wire", settings);
    const Fd middle = current_netns();
    RouteSocket route;
    route.make_veth({wire_to_client, to_client_mac, middle.get()}, client_end, spec.mtu);
    route.make_veth({wire_to_server, to_server_mac, middle.get()}, server_end, spec.mtu);
    for (const std::string_view inner : {wire_to_client, wire_to_server}) {
      disable_offloads(std::string(inner));
      route.set_up(inner, spec.mtu);
    }
  }
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const NetnsScope inside(hosts[i].netns.get());
    const std::string interface(ethernet);
    const Host& other_host = hosts[1 - i];
    RouteSocket route;
    disable_offloads(interface);
    route.add_address(interface, hosts[i].ipv4, 24);
    if (ipv6) route.add_address(interface, hosts[i].ipv6, 64);
    route.set_up(interface, spec.mtu);
    const MacAddress& other_mac = i == 0 ? server_mac : client_mac;
    route.add_permanent_neighbour(interface, other_host.ipv4, other_mac);
    if (ipv6) route.add_permanent_neighbour(interface, other_host.ipv6, other_mac);
    const std::string host_name = i == 0 ? "client" : "server";
    record_offloads(host_name, interface, true, settings);
    settings.push_back({host_name, interface + ".mtu", std::to_string(spec.mtu), true});
  }
  const Deadline deadline = Deadline::after(link_timeout);
  for (const Host& host : hosts) {
    const NetnsScope inside(host.netns.get());
    RouteSocket route;
    route.await_running(ethernet, deadline);
    route.await_local(host.ipv4, deadline);
    if (ipv6) route.await_local(host.ipv6, deadline);
  }
  if (spec.topology != Topology::wire) return;
  for (const std::string_view inner : {wire_to_client, wire_to_server})
    RouteSocket().await_running(inner, deadline);
}

void Lab::Impl::use_current_network() {
  const bool remote = spec.topology == Topology::remote;
  Host host{current_netns(), remote ? "" : "lo", {}, {}};
  if (!remote) {
    host.ipv4 = ipv4_address({127, 0, 0, 1});
    if (machine_has_ipv6()) host.ipv6 = ipv6_address(true, 1);
    record_offloads("", "lo", false, settings);
  }
  if (auto value = sysctls.read("net.ipv4.tcp_congestion_control"))
    settings.push_back({"", "net.ipv4.tcp_congestion_control", *value, false});
  hosts.push_back(std::move(host));
}

Lab::Lab(const LabSpec& spec) : impl_(std::make_unique<Impl>(spec)) {}

Lab::~Lab() = default;

const Host& Lab::host(Side side) const {
  return impl_->hosts[one_host() ? 0 : static_cast<std::size_t>(side)];
}
bool Lab::one_host() const { return impl_->hosts.size() == 1; }
const std::vector<Setting>& Lab::settings() const { return impl_->settings; }
const std::filesystem::path& Lab::scratch() const { return impl_->scratch; }
const RunIdentity& Lab::identity() const { return impl_->spec.identity; }
pid_t Lab::init_pid() const { return impl_->init ? impl_->init->pid() : impl_->guardian->pid(); }
int Lab::init_pidfd() const { return impl_->init ? impl_->init->pidfd() : -1; }

std::vector<pid_t> Lab::processes() const {
  std::vector<pid_t> found = descendants(::getpid());
  std::erase(found, init_pid());  // a guardian may not have its own name yet
  return found;
}

std::uint16_t Lab::free_port(packet::Family family, bool udp) const {
  if (impl_->own_network()) return impl_->next_port++;
  const bool ipv6 = family == packet::Family::ipv6;
  const Fd socket(checked("open", "a socket to find a free port", [&] {
    return ::socket(ipv6 ? AF_INET6 : AF_INET, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
  }));
  sockaddr_storage any{};  // all zero but the family: any address, any port
  any.ss_family = ipv6 ? AF_INET6 : AF_INET;
  socklen_t length = ipv6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  auto* const address = reinterpret_cast<sockaddr*>(&any);
  checked("find", "a free port", [&] { return ::bind(socket.get(), address, length); });
  checked("read", "the port found", [&] { return ::getsockname(socket.get(), address, &length); });
  return ntohs(reinterpret_cast<const sockaddr_in*>(&any)->sin_port);  // at one place in both
}

}  // namespace wireproof::lab
