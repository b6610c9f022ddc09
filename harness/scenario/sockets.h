// What the sockets of a script are at each step: which names are open, on whose side, and which one
// is meant where a step leaves the name out. Tells names that are used before they are made, made
// twice, or used after their end. Thread rule: one thread.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/model.h"
#include "scenario/reader.h"

namespace wireproof::scenario {

struct SocketUse {
  // `set`: made by setting an option, before it is connected, bound or listening.
  enum class Phase { set, bound, listening, connected, closed };
  std::string name;
  Side side = Side::client;
  Phase phase = Phase::set;
  bool write_ended = false;  // by shutdown
  bool was_connected = false;
  std::size_t offset = 0;  // of the step that brought it there
};

class Sockets {
 public:
  explicit Sockets(Errors& errors) : errors_(errors) {}

  SocketUse* find(std::string_view name);
  // The socket that `on` names or, where it is empty, the only one for which `fits` holds. Tells
  // what is wrong and gives nothing where there is none.
  SocketUse* resolve(const Field& on, std::size_t step_offset, std::string_view wanted,
                     bool (*fits)(const SocketUse&));
  // The socket that `as` names (or `fallback`), made where it is not there or was closed. A socket
  // that is further than `furthest` is told: `deed` as "connected".
  SocketUse* make(const Field& as, std::string_view fallback, std::optional<Side> side,
                  Side default_side, SocketUse::Phase furthest, std::size_t step_offset);
  // A name of the right shape, and not one of the words with a meaning of their own.
  std::optional<std::string> read_name(const Field& field);

  bool any_listening() const;
  std::vector<std::string_view> names() const;
  // Sockets that some step makes, with their sides: for options set before that.
  std::map<std::string, Side> made_somewhere;

 private:
  Errors& errors_;
  std::vector<SocketUse> sockets_;  // few: looked through in order
};

// Conditions for resolve().
bool is_open(const SocketUse& socket);
bool is_usable(const SocketUse& socket);  // connected, or bound
bool is_connected(const SocketUse& socket);
bool is_listening(const SocketUse& socket);

}  // namespace wireproof::scenario
