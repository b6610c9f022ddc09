#ifndef WIREPROOF_TARGETS_DATAGRAM_DATAGRAM_SERVER_H_
#define WIREPROOF_TARGETS_DATAGRAM_DATAGRAM_SERVER_H_

#include <cstdint>
#include <memory>

#include "common/engine_kind.h"
#include "common/fd.h"
#include "common/options.h"
#include "common/payload.h"
#include "common/sockets.h"
#include "common/stop_signal.h"
#include "datagram/datagram_engine.h"

namespace targets {

// What the known-bad servers do wrong. A right server leaves all of it as it stands here.
struct DatagramServerFaults {
  unsigned answers = 1;  // to each datagram
  bool cuts_answer = false;
  bool other_port = false;  // answers from a second socket, whose port the kernel chose
  bool wrong_peer = false;  // answers to the port above the peer's
};

struct DatagramServerOptions {
  EngineKind engine = EngineKind::epoll;
  std::size_t receive = 1024;
  Payload answer = Payload::text("success");
  bool echo = false;
  std::uint64_t count = 0;  // ends after answering so many; 0: never
  int delay_ms = 0;
  bool quiet = false;
  bool count_stdout = false;
  SocketTuning tuning;
  DatagramServerFaults faults;

  void add_options(OptionTable& table, bool is_udp);
};

// Answers each datagram to where it came from: one bound, unconnected socket, one datagram after
// the other.
class DatagramServer {
 public:
  DatagramServer(Fd socket, const DatagramServerOptions& options, const StopSignal& stop);

  // Until a stop signal, or until --count datagrams have been answered.
  void run();

 private:
  void tell(const Arrived& datagram) const;
  void answer(const Arrived& datagram);

  Fd socket_;
  const DatagramServerOptions& options_;
  const StopSignal& stop_;
  Fd other_socket_;  // only with the fault
  std::unique_ptr<DatagramEngine> engine_;
};

int run_udp_server(int argc, char** argv, const DatagramServerFaults& faults = {});

}  // namespace targets

#endif  // WIREPROOF_TARGETS_DATAGRAM_DATAGRAM_SERVER_H_
