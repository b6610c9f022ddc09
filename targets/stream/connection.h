#ifndef WIREPROOF_TARGETS_STREAM_CONNECTION_H_
#define WIREPROOF_TARGETS_STREAM_CONNECTION_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/fd.h"
#include "stream/engine.h"
#include "stream/server_options.h"

namespace targets {

struct ServerCounts {
  std::uint64_t connections = 0, exchanges = 0, received = 0, sent = 0;
};

// One connection of the server: the conversation, without the waiting. Each call does what can
// be done without blocking and says what to wait for; the event loop calls again then.
//
//   receiving --message--> answering --last one--> draining --end of stream--> closing
//       ^                      |
//       +----- next message ---+
class Connection {
 public:
  // `buffer` is shared by all connections, which is why nothing stays in it between calls.
  Connection(Fd socket, std::string peer, const ServerOptions& options, Engine& engine,
             std::span<char> buffer, ServerCounts& counts);

  Wait start();
  Wait advance();

  int fd() const { return socket_.get(); }

  std::uint64_t engines_note = 0;  // the engine's own; 0: it does not know this connection

 private:
  enum class Stage { receiving, answering, draining, closing };

  Wait receive();
  Wait answer();
  Wait drain();
  Wait begin_answer();
  Wait end_exchange();
  Wait end_of_stream();
  Wait give_up(const char* attempt);

  std::size_t answer_size() const;
  std::string_view answer_at(std::size_t offset) const;

  Fd socket_;
  std::string peer_;
  const ServerOptions& options_;
  Engine& engine_;
  std::span<char> buffer_;
  ServerCounts& counts_;
  Stage stage_ = Stage::receiving;
  std::string kept_;  // for --echo: the message; its capacity stays for the next one
  std::size_t message_bytes_ = 0;
  std::size_t answered_bytes_ = 0;
  unsigned answers_left_ = 0;
  std::uint64_t exchanges_done_ = 0;
  bool peer_ended_ = false;
};

}  // namespace targets

#endif  // WIREPROOF_TARGETS_STREAM_CONNECTION_H_
