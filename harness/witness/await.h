// Waiting for what the kernel says of TCP sockets: asks again with growing pauses until it is so or
// a deadline has passed, and tells what was seen instead.
// Thread rule: one thread at a time per table.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "witness/socket_table.h"

namespace wireproof::witness {

using SocketFilter = std::function<bool(const TcpSocket&)>;
// The end of a connection with these endpoints; nullopt matches any.
SocketFilter with_endpoints(std::optional<packet::Endpoint> local,
                            std::optional<packet::Endpoint> remote);

// A state as it was first seen; CLOSED where no socket matched any more, or none did yet.
struct StateSeen {
  tcp::State state = tcp::State::closed;
  std::int64_t time_ns = 0;  // CLOCK_REALTIME
};

struct AwaitedState {
  bool reached = false;
  std::optional<TcpSocket> socket;  // as last read; nullopt: the kernel lists none
  std::vector<StateSeen> seen;      // changes, in order; the last one holds
};

// Waits until a socket that `which` accepts is in one of `wanted`. CLOSED is reached when there is
// none. Where several sockets match, any of them counts. `with_info`: read TCP_INFO as well.
AwaitedState await_tcp_state(SocketTable& table, const SocketFilter& which,
                             std::span<const tcp::State> wanted, Deadline deadline,
                             bool with_info = false);
// "SYN_SENT at 0.0 ms, ESTABLISHED at 1.3 ms", counted from the first.
std::string to_string(std::span<const StateSeen> seen);

// Whether a socket's present state ends by itself: a handshake or close in progress, or bytes not
// yet acknowledged.
bool is_transitional(const TcpSocket& socket);
// Waits until no socket of these namespaces is transitional. Returns those that still are.
std::vector<TcpSocket> await_quiet(std::span<SocketTable* const> tables, Deadline deadline);

}  // namespace wireproof::witness
