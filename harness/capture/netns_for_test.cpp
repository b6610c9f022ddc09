#include "capture/netns_for_test.h"

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/link/veth.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "base/error.h"

namespace wireproof::capture {
namespace {

// Runs before main(): a process with threads may not enter a user namespace.
const std::string g_refusal = [] {
  if (::geteuid() == 0) return std::string();
  const auto uid = std::to_string(::getuid()), gid = std::to_string(::getgid());
  if (::unshare(CLONE_NEWUSER) == -1) {
    return SystemError("enter a user namespace as", "uid " + uid, errno).what() + std::string();
  }
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/uid_map") << uid << " " << uid << " 1";
  std::ofstream("/proc/self/gid_map") << gid << " " << gid << " 1";
  return std::string();
}();

void configure_link(const std::string& name, int mtu) {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request = {};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_mtu = mtu;
  checked("set the MTU of", name, [&] { return ::ioctl(socket.get(), SIOCSIFMTU, &request); });
  for (const int command : {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO}) {
    ethtool_value value = {static_cast<std::uint32_t>(command), 0};
    request.ifr_data = reinterpret_cast<char*>(&value);
    ::ioctl(socket.get(), SIOCETHTOOL, &request);
  }
  set_link_up(name, true);
}

}  // namespace

void set_link_up(const std::string& name, bool up) {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request = {};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_flags = static_cast<short>(up ? IFF_UP : 0);
  checked("set up or down", name, [&] { return ::ioctl(socket.get(), SIOCSIFFLAGS, &request); });
}

std::string why_no_namespaces() {
  if (!g_refusal.empty()) return g_refusal;
  std::string refusal;
  std::thread([&] {
    if (::unshare(CLONE_NEWNET) == -1)
      refusal = SystemError("make", "a network namespace", errno).what();
  }).join();
  return refusal;
}

TestNetns::TestNetns(int mtu) {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      checked("make", "a network namespace", [] { return ::unshare(CLONE_NEWNET); });
      fd_ = Fd(checked("open", "/proc/thread-self/ns/net",
                       [] { return ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC); }));
      configure_link("lo", mtu);
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

void TestNetns::run(const std::function<void()>& work) const {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      checked("enter", "a network namespace", [&] { return ::setns(fd_.get(), CLONE_NEWNET); });
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

void make_veth_pair(const std::string& one, const std::string& other) {
  const std::unique_ptr<nl_sock, decltype(&nl_socket_free)> socket(nl_socket_alloc(),
                                                                   nl_socket_free);
  int result = nl_connect(socket.get(), NETLINK_ROUTE);
  if (result == 0) {
    result = rtnl_link_veth_add(socket.get(), one.c_str(), other.c_str(), ::gettid());
  }
  if (result != 0) throw SystemError("make veth pair", one + ": " + nl_geterror(result), EIO);
  configure_link(one, 1500);
  configure_link(other, 1500);
}

struct BusyCpus::Impl {
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
};

BusyCpus::BusyCpus() : impl_(new Impl) {
  for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i) {
    impl_->threads.emplace_back([this] {
      while (!impl_->stop.load(std::memory_order_relaxed)) {
      }
    });
  }
}

BusyCpus::~BusyCpus() {
  impl_->stop = true;
  for (std::thread& thread : impl_->threads) thread.join();
  delete impl_;
}

}  // namespace wireproof::capture
