#ifndef WIREPROOF_TARGETS_STREAM_SERVER_OPTIONS_H_
#define WIREPROOF_TARGETS_STREAM_SERVER_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/engine_kind.h"
#include "common/options.h"
#include "common/payload.h"
#include "common/sockets.h"

namespace targets {

// When a faulty server lets go of a connection without closing it: from then on it neither
// reads, writes nor closes.
enum class Abandons { never, after_accept, after_answer, at_end_of_stream };

// What the known-bad servers do wrong. A right server leaves all of it as it stands here.
struct ServerFaults {
  Abandons abandons = Abandons::never;
  unsigned answers = 1;  // for each message
  bool cuts_answer = false;
  bool wrong_answer = false;
  bool closes_unanswered = false;
  bool resets = false;
  bool crashes_after_accept = false;
  bool leaves_path = false;
  bool ignores_stop_signals = false;
  std::optional<int> late_ms = std::nullopt;  // the default of --late-ms
  int port_shift = 0;                         // listens that far from the port it was given
};

// Which end closes first.
enum class ServerClose {
  client,  // wait for the client's end of stream, then close
  server,  // shut down sending, read until the client's end of stream, then close
  now      // close() straight after the last answer
};

struct ServerOptions {
  EngineKind engine = EngineKind::epoll;
  int backlog = 128;
  std::uint64_t exchanges = 1;  // per connection; 0: until the client's end of stream
  std::size_t receive = 1024;   // at most so many bytes are one message
  std::size_t receive_exactly = 0;
  Payload answer = Payload::text("success");
  bool echo = false;
  bool speak_first = false;
  bool half_close_answer = false;
  int delay_ms = 0;
  std::size_t chunk = 0;
  int chunk_gap_ms = 0;
  int read_gap_ms = 0;
  int accept_gap_ms = 0;
  ServerClose close = ServerClose::client;
  int close_wait_ms = 0;
  std::uint64_t max_connections = 0;
  bool quiet = false;
  bool count_stdout = false;
  SocketTuning tuning;
  bool keeps_messages = false;  // SOCK_SEQPACKET
  ServerFaults faults;

  void add_options(OptionTable& table, bool is_tcp);
  // After parsing: turns those faults that a right server could be told to show into options.
  void apply_faults();
};

}  // namespace targets

#endif  // WIREPROOF_TARGETS_STREAM_SERVER_OPTIONS_H_
