#include "scenario/sockets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace wireproof::scenario {
namespace {

constexpr std::size_t longest_name = 30;
constexpr std::string_view taken_words[] = {"client", "server", "sender"};

std::string_view phase_name(SocketUse::Phase phase) {
  switch (phase) {
    case SocketUse::Phase::set:
      return "not open yet";
    case SocketUse::Phase::bound:
      return "bound";
    case SocketUse::Phase::listening:
      return "listening";
    case SocketUse::Phase::connected:
      return "connected";
    case SocketUse::Phase::closed:
      return "closed";
  }
  return "?";
}

}  // namespace

bool is_open(const SocketUse& socket) { return socket.phase != SocketUse::Phase::closed; }
bool is_connected(const SocketUse& socket) { return socket.phase == SocketUse::Phase::connected; }
bool is_listening(const SocketUse& socket) { return socket.phase == SocketUse::Phase::listening; }
bool is_usable(const SocketUse& socket) {
  return is_connected(socket) || socket.phase == SocketUse::Phase::bound;
}

SocketUse* Sockets::find(std::string_view name) {
  const auto found = std::ranges::find(sockets_, name, &SocketUse::name);
  return found == sockets_.end() ? nullptr : &*found;
}

bool Sockets::any_listening() const { return std::ranges::any_of(sockets_, is_listening); }

std::vector<std::string_view> Sockets::names() const {
  std::vector<std::string_view> names;
  for (const SocketUse& socket : sockets_) names.push_back(socket.name);
  return names;
}

std::optional<std::string> Sockets::read_name(const Field& field) {
  auto name = read_string(field, errors_);
  if (!name) return std::nullopt;
  const bool shaped = !name->empty() && name->size() <= longest_name &&
                      std::isalpha(static_cast<unsigned char>(name->front())) &&
                      std::ranges::all_of(*name, [](unsigned char c) {
                        return std::isalnum(c) || c == '-' || c == '_';
                      });
  if (!shaped) {
    errors_.add(field.offset(), fmt::format("{} is no socket's name", wireproof::quoted(*name)),
                "letters, digits, '-' and '_', a letter first");
    return std::nullopt;
  }
  if (std::ranges::find(taken_words, *name) != std::end(taken_words)) {
    errors_.add(field.offset(),
                fmt::format("a socket cannot be named {}", wireproof::quoted(*name)),
                "the word has a meaning of its own: take another, as \"c\" or \"s\"");
    return std::nullopt;
  }
  return name;
}

SocketUse* Sockets::resolve(const Field& on, std::size_t step_offset, std::string_view wanted,
                            bool (*fits)(const SocketUse&)) {
  if (!on) {
    std::vector<SocketUse*> candidates;
    for (SocketUse& socket : sockets_) {
      if (fits(socket)) candidates.push_back(&socket);
    }
    if (candidates.size() == 1) return candidates[0];
    if (candidates.empty()) {
      errors_.add(step_offset, fmt::format("no socket is {} here", wanted),
                  "open one by a step before this: {\"connect\": \"c\"}, or listen and accept");
    } else {
      std::vector<std::string_view> candidate_names;
      for (const SocketUse* socket : candidates) candidate_names.push_back(socket->name);
      errors_.add(step_offset, fmt::format("several sockets are {} here", wanted),
                  "say which with \"on\": " + alternatives(candidate_names));
    }
    return nullptr;
  }
  const auto name = read_string(on, errors_);
  if (!name) return nullptr;
  SocketUse* socket = find(*name);
  if (!socket) {
    errors_.add(on.offset(), fmt::format("no socket {} here", wireproof::quoted(*name)),
                sockets_.empty() ? "open it by a step before this: connect, bind, listen or accept"
                                 : name_hint(*name, names()));
    return nullptr;
  }
  if (!fits(*socket)) {
    errors_.add(
        on.offset(),
        fmt::format("socket {} is {}, since line {}", wireproof::quoted(*name),
                    phase_name(socket->phase), errors_.source().position(socket->offset).line),
        fmt::format("this step needs one that is {}", wanted));
    return nullptr;
  }
  return socket;
}

SocketUse* Sockets::make(const Field& as, std::string_view fallback, std::optional<Side> side,
                         Side default_side, SocketUse::Phase furthest, std::size_t step_offset) {
  std::string name(fallback);
  if (as) {
    auto given = read_name(as);
    if (!given) return nullptr;
    name = std::move(*given);
  }
  SocketUse* socket = find(name);
  if (!socket) {
    sockets_.push_back(
        {name, side.value_or(default_side), SocketUse::Phase::set, false, false, step_offset});
    return &sockets_.back();
  }
  if (socket->phase == SocketUse::Phase::closed) {
    *socket = {name, side.value_or(default_side), SocketUse::Phase::set, false, false, step_offset};
    return socket;
  }
  if (socket->phase > furthest) {
    errors_.add(
        as ? as.offset() : step_offset,
        fmt::format("socket {} is {} already, since line {}", wireproof::quoted(name),
                    phase_name(socket->phase), errors_.source().position(socket->offset).line),
        "close it first, or give this one another name");
    return nullptr;
  }
  if (side && *side != socket->side) {
    errors_.add(step_offset,
                fmt::format("socket {} is on the {}'s side", wireproof::quoted(name),
                            wireproof::name(socket->side)),
                "leave \"side\" out, or give this one another name");
    return nullptr;
  }
  return socket;
}

}  // namespace wireproof::scenario
