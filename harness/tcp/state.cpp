#include "tcp/state.h"

#include <array>
#include <utility>

namespace wireproof::tcp {
namespace {

constexpr std::array<std::pair<State, std::string_view>, 12> kNames{{
    {State::closed, "CLOSED"},
    {State::listen, "LISTEN"},
    {State::syn_sent, "SYN_SENT"},
    {State::syn_received, "SYN_RECEIVED"},
    {State::established, "ESTABLISHED"},
    {State::fin_wait_1, "FIN_WAIT_1"},
    {State::fin_wait_2, "FIN_WAIT_2"},
    {State::close_wait, "CLOSE_WAIT"},
    {State::closing, "CLOSING"},
    {State::last_ack, "LAST_ACK"},
    {State::time_wait, "TIME_WAIT"},
    {State::unknown, "UNKNOWN"},
}};

// Linux' own spellings: ss(8) and net/ipv4/tcp.c.
constexpr std::array<std::pair<State, std::string_view>, 6> kAliases{{
    {State::syn_received, "SYN_RECV"},
    {State::fin_wait_1, "FIN_WAIT1"},
    {State::fin_wait_2, "FIN_WAIT2"},
    {State::established, "ESTAB"},
    {State::closed, "CLOSE"},
    {State::closed, "UNCONN"},
}};

// Letters without regard to case, '-' as '_'.
bool same_word(std::string_view text, std::string_view wanted) {
  if (text.size() != wanted.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == '-') c = '_';
    if (c != wanted[i]) return false;
  }
  return true;
}

}  // namespace

std::string_view name(State state) { return kNames[static_cast<std::size_t>(state)].second; }

std::optional<State> state_from_name(std::string_view text) {
  for (const auto& [state, word] : kNames)
    if (same_word(text, word)) return state;
  for (const auto& [state, word] : kAliases)
    if (same_word(text, word)) return state;
  return std::nullopt;
}

}  // namespace wireproof::tcp
