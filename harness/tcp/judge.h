// The rules of a TCP connection, applied. The same code judges a live case and a capture file.
// Thread rule: pure functions.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "tcp/connection.h"
#include "tcp/tracker.h"

namespace wireproof::tcp {

// What somebody expects of a connection; empty lists and nullopt mean: whatever is legal.
struct Expectation {
  std::vector<Opening> opening;
  std::vector<Closing> closing;
  std::optional<ClosedFirst> closed_first;
  std::optional<bool> half_close;
  std::optional<std::vector<State>> client_states, server_states;  // the whole path, in order
  std::optional<std::uint64_t> client_bytes, server_bytes;
  std::optional<std::uint64_t> max_retransmissions;
  std::optional<std::int64_t> max_handshake_ns, max_close_ns;
  bool empty() const {
    return opening.empty() && closing.empty() && !closed_first && !half_close && !client_states &&
           !server_states && !client_bytes && !server_bytes && !max_retransmissions &&
           !max_handshake_ns && !max_close_ns;
  }
};

Judgement judge(const Connection& connection, const CaptureFacts& facts,
                const Expectation& expected = {});

std::span<const Rule> rules();  // all that judge() applies, sorted by id

}  // namespace wireproof::tcp
