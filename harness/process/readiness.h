// A server is ready when the kernel lists its listening (or bound) socket; never asked by
// connecting, which would put packets in the trace that the scenario did not ask for. Thread rule:
// one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.h"
#include "packet/packet.h"
#include "process/process.h"
#include "witness/socket_table.h"

namespace wireproof::process {

struct TcpListener {
  packet::Endpoint endpoint;  // a wildcard listener of either family on the port counts too
};
struct UdpBound {
  packet::Endpoint endpoint;
};
struct UnixBound {
  std::string path;  // "@name": abstract. A path is matched by inode and device.
  witness::UnixType type;
};
using Readiness = std::variant<TcpListener, UdpBound, UnixBound>;

enum class ReadyResult : std::uint8_t { ready, exited, deadline };

// Waits. `own_sockets_only` (isolation none): the socket must belong to `program` or a descendant.
ReadyResult await_ready(Process& program, witness::SocketTable& table, const Readiness& wanted,
                        Deadline deadline, bool own_sockets_only = false);
// What the kernel listed instead, in words, for the message of a miss: "listens on 127.0.0.1:5556".
std::string listed_instead(witness::SocketTable& table);

}  // namespace wireproof::process
