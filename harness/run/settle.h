// The end of a case: waits until its connections have ended, or nothing moves any more, and reads
// what the kernel lists then. Thread rule: the case's main thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "run/case_stage.h"
#include "witness/socket_table.h"

namespace wireproof::run {

enum class Wanted : std::uint8_t {
  closed,  // every connection has ended (or is in TIME_WAIT)
  still,   // none is on its way: opening, sending or waiting for the ACK of a FIN
};

struct Settled {
  bool quiet = false;                       // nothing was on its way when last read
  std::vector<witness::TcpSocket> sockets;  // of all hosts, with TCP_INFO, as last read
};

// Returns as soon as what is wanted holds, or at the deadline.
Settled settle(CaseStage& stage, Wanted wanted, Deadline deadline);

}  // namespace wireproof::run
