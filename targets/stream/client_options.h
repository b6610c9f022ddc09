#ifndef WIREPROOF_TARGETS_STREAM_CLIENT_OPTIONS_H_
#define WIREPROOF_TARGETS_STREAM_CLIENT_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/address.h"
#include "common/options.h"
#include "common/payload.h"
#include "common/sockets.h"

namespace targets {

enum class ClientClose { client, server };  // which end closes first

// What the known-bad clients do wrong. A right client leaves all of it as it stands here.
struct ClientFaults {
  bool aborts = false;        // RST instead of the close
  bool never_closes = false;  // keeps the connection after the answer, until killed
};

struct ClientOptions {
  Payload message = Payload::text("123");
  std::optional<Payload> expected;  // without: whatever one recv() returns is the answer
  std::size_t receive = 1024;
  std::uint64_t exchanges = 1;
  std::uint64_t connections = 1;
  unsigned parallel = 1;
  int delay_ms = 0;
  std::size_t chunk = 0;
  int chunk_gap_ms = 0;
  int read_gap_ms = 0;
  bool half_close = false;
  ClientClose close = ClientClose::client;
  int close_wait_ms = 0;
  int hold_ms = 0;
  int timeout_ms = 5000;
  bool quiet = false;
  std::optional<Address> bind;
  SocketTuning tuning;
  ClientFaults faults;

  void add_options(OptionTable& table, bool is_tcp);
};

}  // namespace targets

#endif  // WIREPROOF_TARGETS_STREAM_CLIENT_OPTIONS_H_
