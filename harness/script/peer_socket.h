// One socket of the script, by name: non-blocking, with what was read of it and not yet asked for,
// and what is needed to tell one fault from another. Every wait has a deadline and ends by events.
// Thread rule: the script's thread. Lifetime: owns its descriptor; the addresses stay known after
// close(), since the kernel's states of a closed connection can still be awaited.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/fd.h"
#include "base/finding.h"
#include "scenario/model.h"
#include "script/address.h"

namespace wireproof::script {

// Waits until `fd` has one of `events` (or an error) or the deadline has passed: false.
bool wait_for(int fd, short events, Deadline deadline);

// How one attempt to read ended.
struct Received {
  enum class Kind : std::uint8_t { bytes, end, none, error } kind = Kind::none;
  std::string bytes;
  int error = 0;                // errno
  std::size_t real_length = 0;  // of a datagram, also where the buffer was shorter
  bool truncated = false;       // MSG_TRUNC was set
  SocketAddress from;           // of a datagram
};

class PeerSocket {
 public:
  PeerSocket(std::string name, Side side, scenario::Transport transport, Fd fd);

  const std::string& name() const { return name_; }
  Side side() const { return side_; }
  int fd() const { return fd_.get(); }
  bool is_open() const { return fd_.is_open(); }
  bool is_stream() const;  // bytes without boundaries: TCP and UNIX stream
  bool is_tcp() const { return transport_ == scenario::Transport::tcp; }
  bool is_datagram() const;  // without connections: UDP and UNIX datagram
  void close();
  void learn_addresses();  // from the kernel, after bind, connect and accept

  // Reads what is there, at most `size` bytes of a stream or the next datagram with a buffer of
  // `size`. Never blocks. Throws SystemError where the machine refuses.
  Received receive(std::size_t size);
  // The same, once something is there; `none` at the deadline.
  Received receive(std::size_t size, Deadline deadline);

  SocketAddress local, remote;
  bool bound = false, listening = false, connected = false;
  bool connecting = false;  // begun, its end not awaited so far
  bool write_shut = false;  // by a step of ours
  // What connect(2) took from the kernel of a reset that had come already: it is the next call's to
  // tell, which would have been told it by the kernel. 0: nothing.
  int early_reset = 0;
  std::string held;                      // read from the stream, wanted by no step so far
  std::string last_answer;               // what the last expectation of bytes was met by
  std::optional<SocketAddress> sender;   // of the last datagram received
  std::uint64_t sent = 0, received = 0;  // datagrams

 private:
  void drop_error_queue();

  std::string name_;
  Side side_;
  scenario::Transport transport_;
  Fd fd_;
};

// Refusals that say something of this machine and nothing of what is tested.
bool is_machines(int error_number);

}  // namespace wireproof::script
