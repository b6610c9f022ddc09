#include "scenario/starter.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace wireproof::scenario {
namespace {

// What differs by transport, put together in starter_scenario().
struct Words {
  std::string_view title, ground, placeholders, closing_steps, expect;
};

constexpr std::string_view two_families =
    R"(  // Each value makes a case of its own: first over IPv4, then over IPv6.
  "matrix": {"family": ["ipv4", "ipv6"]},
  "family": "${family}",
)";

constexpr Words tcp_words{
    .title = "My server answers, and closes as TCP says",
    .ground = "",
    .placeholders = "{address} and {port} are",
    .closing_steps = R"(    {"shutdown": "c", "why": "the client closes first"},
    {"expect": {"end": true}, "why": "the server closes in its turn"},
)",
    .expect =
        R"(  // Beside this, all rules of TCP are judged from the packets: see `wireproof rules`.
  "expect": {"connections": {
    "count": 1, "opening": "three-way", "closing": ["four-way", "three-segment"],
    "closed_first": "client"
  }}
)"};

constexpr Words udp_words{
    .title = "My server answers each datagram",
    .ground = "  \"transport\": \"udp\",\n",
    .placeholders = "{address} and {port} are",
    .closing_steps = "",
    .expect =
        R"(  // Beside this, all rules of UDP are judged from the packets: see `wireproof rules`.
  "expect": {"datagrams": {"requests": 1, "answers": 1, "unanswered": 0}}
)"};

constexpr Words unix_words{.title = "My server answers, and removes its path at its end",
                           .ground = "",
                           .placeholders = "{path} is",
                           .closing_steps = "",
                           .expect = "  \"expect\": {\"path_left\": false}\n"};

bool mentions(const std::vector<std::string>& command, std::string_view placeholder) {
  return std::ranges::any_of(command, [&](const std::string& word) {
    return word.find(placeholder) != std::string::npos;
  });
}

}  // namespace

std::string starter_scenario(std::vector<std::string> command, Transport transport) {
  if (is_unix(transport)) {
    if (!mentions(command, "{path}")) command.push_back("{path}");
  } else if (!mentions(command, "{port}")) {
    if (!mentions(command, "{address}")) command.push_back("{address}");
    command.push_back("{port}");
  }
  // "${" in a word would be a variable of the matrix.
  for (std::string& word : command) {
    for (std::size_t at = 0; (at = word.find("${", at)) != std::string::npos; at += 3) {
      word.insert(at, 1, '$');
    }
  }
  std::string list;
  for (const std::string& word : command) {
    list += (list.empty() ? "[" : ", ") +
            nlohmann::json(word).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  list += "]";
  const bool on_path = is_unix(transport);
  const Words& words = on_path ? unix_words : transport == Transport::udp ? udp_words : tcp_words;
  return fmt::format(
      R"(// Run with: wireproof run FILE            All keys: docs/scenario-format.md
{{
  "title": "{}",
  "tags": ["mine"],
{}{}  // Your server. {} put in when it is started.
  "server": {{"command": {}}},
  // The script plays the client. "within_ms" is a step's deadline.
  "steps": [
    {{"connect": "c"}},
    {{"send": "123"}},
    // What your server answers: "text" exactly, "prefix", "regex" or "length".
    {{"expect": {{"regex": ".+"}}, "within_ms": 1000, "why": "it answers each message"}},
{}    {{"close": "c"}}
  ],
{}}}
)",
      words.title,
      on_path ? fmt::format("  \"transport\": \"{}\",\n", name(transport))
              : std::string(words.ground),
      on_path ? std::string_view() : two_families, words.placeholders, list, words.closing_steps,
      words.expect);
}

}  // namespace wireproof::scenario
