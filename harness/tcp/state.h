// The states of a connection's end, as RFC 9293 3.3.2 names them. `unknown`: the capture began in
// mid-connection, or does not say.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace wireproof::tcp {

enum class State : std::uint8_t {
  closed,
  listen,
  syn_sent,
  syn_received,
  established,
  fin_wait_1,
  fin_wait_2,
  close_wait,
  closing,
  last_ack,
  time_wait,
  unknown,
};

std::string_view name(State);                                 // "FIN_WAIT_1"
std::optional<State> state_from_name(std::string_view text);  // also Linux' spelling "FIN-WAIT-1"

}  // namespace wireproof::tcp
