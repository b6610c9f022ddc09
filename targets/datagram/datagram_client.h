#ifndef WIREPROOF_TARGETS_DATAGRAM_DATAGRAM_CLIENT_H_
#define WIREPROOF_TARGETS_DATAGRAM_DATAGRAM_CLIENT_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/address.h"
#include "common/fd.h"
#include "common/options.h"
#include "common/payload.h"
#include "common/sockets.h"
#include "common/stop_signal.h"

namespace targets {

struct DatagramClientOptions {
  Payload message = Payload::text("123");
  std::optional<Payload> expected;
  std::size_t receive = 1024;
  std::uint64_t count = 1;
  int delay_ms = 0;
  int timeout_ms = 5000;
  bool connected = false;
  bool expect_refused = false;
  bool any_source = false;
  bool send_only = false;
  bool quiet = false;
  std::string bind;
  SocketTuning tuning;

  void add_options(OptionTable& table, bool is_udp);
};

// Sends --count datagrams, one after the other, and waits for the answer to each. Throws when
// an answer is missing, wrong, or comes from another address than the server's.
void converse(int fd, const Address& server, const DatagramClientOptions& options,
              const StopSignal& stop);

int run_udp_client(int argc, char** argv);

}  // namespace targets

#endif  // WIREPROOF_TARGETS_DATAGRAM_DATAGRAM_CLIENT_H_
