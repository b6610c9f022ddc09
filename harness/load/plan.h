// What every thread of a generator is told: the workload, where to, and the moments that bound it.
// Thread rule: constant while threads run, but for the stop flag and the moments. Lifetime:
// outlives the threads.
#pragma once

#include <netinet/in.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "base/fd.h"
#include "load/engine.h"
#include "scenario/model.h"

namespace wireproof::load {

// Where the server is, as text and as the kernel takes it.
struct Destination {
  scenario::Transport transport = scenario::Transport::tcp;
  std::string shown;  // "127.0.0.1:5555"
  SocketAddress address;
  int type = SOCK_STREAM;  // socket(2)'s
  bool loopback_ipv4() const;
  bool loopback() const;
  bool datagrams() const { return type == SOCK_DGRAM; }
};
// An IPv4 or IPv6 literal, or a name that getaddrinfo(3) knows. Throws SystemError.
Destination inet_destination(scenario::Transport transport, const std::string& host,
                             std::uint16_t port);
// "@name" is an abstract one.
Destination unix_destination(scenario::Transport transport, const std::string& path);
// A name for a UNIX datagram socket, by the kernel's choice (unix(7), autobind): without one nobody
// could answer it. False: errno says why.
bool bind_nameless(const Fd& fd);

// IPv6 addresses that connections to this machine itself may come from: one, and those after it.
struct Ipv6Sources {
  in6_addr first{};
  unsigned count = 0;
};

// A moment that the watching thread may still move while the others look at it.
class Moment {
 public:
  Moment(std::int64_t ns = 0) : ns_(ns) {}
  Moment(const Moment& other) : ns_(other) {}
  Moment& operator=(const Moment& other) {
    ns_.store(other, std::memory_order_release);
    return *this;
  }
  operator std::int64_t() const { return ns_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::int64_t> ns_;
};

struct Plan {
  scenario::Workload workload;
  Destination to;
  std::int64_t start_ns = 0;  // connections are opened, requests sent
  Moment measure_ns;          // what is meant for a time from here on is recorded
  Moment end_ns;              // nothing is meant for a time after this
  Moment drain_ns;            // what has no answer by now is in flight at the end
  std::int64_t window_ns = 1'000'000'000;
  // A load that may pause does so now and then, for as long as a window: the reference loop
  // (reference.h) then has the machine to itself.
  bool may_pause = false;
  unsigned pauses = 0;
  unsigned threads = 1;    // of all processes together
  unsigned processes = 1;  // more where one may not open as many sockets
  // Connections come from so many addresses, `first_source` and those after it; and from more, up
  // to `most_sources`, where ports run out.
  unsigned source_addresses = 1, most_sources = 1;
  SocketAddress first_source;
  scenario::EngineKind engine = scenario::EngineKind::epoll;
  void measure_from(std::int64_t ns);  // sets the three moments, and how many pauses there are
  std::int64_t paused_until(std::int64_t now) const;  // the end of the pause that is on; 0: none is
  std::int64_t paused_ns(std::int64_t until) const;   // how much of the time from measure_ns
  bool is_pause(std::int64_t window) const;           // by the window's index
  const std::atomic<bool>* stop = nullptr;            // ends the run at once, with what it has
};

}  // namespace wireproof::load
