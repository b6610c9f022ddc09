// The steps that wait, and those about programs, paths and other steps.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "scenario/names.h"
#include "scenario/step_reader.h"
#include "scenario/wire_reader.h"

namespace wireproof::scenario {
namespace {

constexpr std::int64_t longest_pause_ms = 600'000;
constexpr std::int64_t most_repeats = 1'000'000;

}  // namespace

StepReader::Action StepReader::pause(const Field& value) {
  const auto span = read_integer(value, 1, longest_pause_ms, errors_);
  if (!span) return std::nullopt;
  spend(milliseconds(*span));
  return step::Pause{milliseconds(*span)};
}

StepReader::Action StepReader::await(const Field& value) {
  constexpr std::string_view keys[] = {"state", "packets", "exit",  "held",    "match",
                                       "on",    "side",    "count", "timer_ms"};
  constexpr std::string_view kinds[] = {"state", "packets", "exit", "held", "match"};
  const Object object(value, keys, errors_);
  if (!object.valid()) return std::nullopt;
  const auto given = std::ranges::count_if(kinds, [&](auto key) { return object.has(key); });
  if (given != 1) {
    errors_.add(object.offset(), given == 0 ? "nothing says what to await" : "one thing at a time",
                alternatives(kinds));
    return std::nullopt;
  }
  if (object.has("state")) return await_state(object);
  const bool of_wire = object.has("held") || object.has("match");
  for (const std::string_view key : {"on", "side", "count", "timer_ms"}) {
    if (!object.has(key) || (of_wire && key == "count")) continue;
    errors_.add(object.key_offset(key), fmt::format("\"{}\" goes with \"state\"", key),
                object.has("packets") ? "inside \"packets\" there are \"from\" and \"count\""
                                      : "remove it");
  }
  if (object.has("held")) return await_held(object);
  if (object.has("match")) return await_match(object);
  return object.has("packets") ? await_packets(object) : await_exit(object);
}

StepReader::Action StepReader::await_state(const Object& object) {
  step::AwaitState await;
  const Field wanted = object.get("state");
  if (case_.transport != Transport::tcp) {
    errors_.add(object.key_offset("state"), fmt::format("{} has no states", name(case_.transport)),
                "\"state\" is of tcp");
    return std::nullopt;
  }
  const auto entries = wanted.node->list() ? read_list(wanted, errors_) : std::vector{wanted};
  if (entries.empty()) errors_.add(wanted.offset(), "no state is named", "as in \"TIME_WAIT\"");
  for (const Field& entry : entries) {
    const auto state = read_choice<tcp::State>(entry, "state", states, errors_);
    if (state == tcp::State::closed && !object.has("on")) {
      errors_.add(entry.offset(), "the kernel lists no socket that is CLOSED",
                  "say by \"on\" which socket is to be gone, or await the program's \"exit\"");
    } else if (state) {
      await.states.push_back(*state);
    }
  }
  if (const auto count = object.integer("count", 1, 1'000'000)) {
    await.count = static_cast<std::size_t>(*count);
  }
  await.timer_ms = read_range(object.get("timer_ms"), 0, errors_);
  const auto side = object.choice<Side>("side", "side", sides);
  if (const Field on = object.get("on")) {
    const SocketUse* socket =
        sockets_.resolve(on, step_offset_, "or was open", [](const SocketUse&) { return true; });
    if (!socket) return std::nullopt;
    if (side && *side != socket->side) {
      errors_.add(object.get("side").offset(),
                  fmt::format("socket {} is on the {}'s side", wireproof::quoted(socket->name),
                              name(socket->side)),
                  "remove \"side\", or remove \"on\" to take any of the other end's");
    }
    if (await.count > 1) {
      errors_.add(object.get("count").offset(), "one socket cannot be counted more than once",
                  "remove \"on\", and say which \"side\"");
    }
    await.socket = socket->name;
    await.side = socket->side;
  } else if (side) {
    await.side = *side;
  } else {
    errors_.add(object.offset(), "nothing says whose state",
                "add \"side\": \"client\" or \"server\", or \"on\" with a socket");
  }
  return await;
}

StepReader::Action StepReader::await_packets(const Object& object) {
  constexpr std::string_view keys[] = {"from", "flags", "without", "count"};
  if (is_unix(case_.transport)) {
    errors_.add(object.key_offset("packets"), "UNIX sockets send no packets",
                "await data with \"expect\"");
    return std::nullopt;
  }
  const Object packets(object.get("packets"), keys, errors_);
  step::AwaitPackets await;
  if (packets.require("from", "\"client\" or \"server\"")) {
    if (const auto from = packets.choice<Side>("from", "side", sides)) await.from = *from;
  }
  if (const auto count = packets.integer("count", 1, 1'000'000)) {
    await.count = static_cast<std::size_t>(*count);
  }
  const auto flags = [&](std::string_view key) {
    const Field field = packets.get(key);
    if (!field) return std::uint16_t{0};
    if (case_.transport != Transport::tcp) {
      errors_.add(packets.key_offset(key), "only TCP has flags", "remove it");
    }
    return read_flags(field, errors_);
  };
  await.flags_all = flags("flags");
  await.flags_none = flags("without");
  if ((await.flags_all & await.flags_none) != 0) {
    errors_.add(packets.get("without").offset(), "a flag both wanted and excluded",
                "take it out of \"flags\" or of \"without\"");
  }
  return await;
}

StepReader::Action StepReader::await_exit(const Object& object) {
  const auto who = object.choice<Side>("exit", "side", sides);
  if (!who || !require_program(*who, object.get("exit"))) return std::nullopt;
  return step::AwaitExit{*who};
}

StepReader::Action StepReader::launch(const Field& value) {
  const auto who = read_choice<Side>(value, "side", sides, errors_);
  if (!who || !require_program(*who, value)) return std::nullopt;
  if (std::exchange(launched_[static_cast<std::size_t>(*who)], true)) {
    errors_.add(value.offset(), fmt::format("the {} is launched twice", name(*who)),
                "a program is launched once: remove this step");
  }
  return step::Launch{*who};
}

StepReader::Action StepReader::signal(const Field& value) {
  constexpr std::string_view keys[] = {"to", "name"};
  const Parts parts = this->parts(value, keys);
  step::Signal signal;
  const Field to =
      parts.short_form ? parts.short_form : parts.object.require("to", "\"client\" or \"server\"");
  if (!to) return std::nullopt;
  const auto who = read_choice<Side>(to, "side", sides, errors_);
  if (const auto number = parts.object.choice<int>("name", "signal", signal_names)) {
    signal.number = *number;
  }
  if (!who || !require_program(*who, to)) return std::nullopt;
  signal.who = *who;
  return signal;
}

namespace {

bool has_path(const Case& one, std::size_t offset, std::string_view verb, Errors& errors) {
  if (one.family == Family::unix_path) return true;
  errors.add(offset, fmt::format("\"{}\" is of UNIX sockets with a path", verb),
             fmt::format("this case's family is {}", name(one.family)));
  return false;
}

}  // namespace

StepReader::Action StepReader::chmod(const Field& value) {
  constexpr std::string_view keys[] = {"path", "mode"};
  const Parts parts = this->parts(value, keys);
  if (!has_path(case_, step_offset_, verb_, errors_)) return std::nullopt;
  step::Chmod chmod;
  chmod.path = parts.object.string("path").value_or("{path}");
  const Field field =
      parts.short_form ? parts.short_form : parts.object.require("mode", "octal digits: \"0600\"");
  if (!field) return std::nullopt;
  const std::string* digits = field.node->string();
  if (!digits || digits->empty() || digits->size() > 4 ||
      digits->find_first_not_of("01234567") != std::string::npos) {
    errors_.add(field.offset(), "a mode is a string of octal digits",
                "as in \"0600\": JSON has no octal numbers");
    return std::nullopt;
  }
  chmod.mode = static_cast<unsigned>(std::stoul(*digits, nullptr, 8));
  return chmod;
}

StepReader::Action StepReader::path_exists(const Field& value) {
  constexpr std::string_view keys[] = {"path", "exists"};
  step::PathExists wanted{"{path}", true};
  if (!has_path(case_, step_offset_, verb_, errors_)) return std::nullopt;
  if (const bool* exists = std::get_if<bool>(&value.node->value)) {
    wanted.exists = *exists;
    return wanted;
  }
  const Parts parts = this->parts(value, keys);
  const Field path = parts.get("path", "path");
  if (path) wanted.path = read_string(path, errors_).value_or("");
  wanted.exists = parts.object.boolean("exists").value_or(true);
  return wanted;
}

StepReader::Action StepReader::repeat(const Field& value) {
  constexpr std::string_view keys[] = {"times", "steps"};
  const Object object(value, keys, errors_);
  const Field times = object.require("times", "how often, a whole number");
  const Field steps = object.require("steps", "the list of steps to repeat");
  if (!times || !steps) return std::nullopt;
  const auto count = read_integer(times, 1, most_repeats, errors_);
  RepeatStep repeat;
  repeat.times = static_cast<std::size_t>(count.value_or(1));
  const double outer = std::exchange(repeats_, repeats_ * static_cast<double>(repeat.times));
  repeat.steps = read_list_of_steps(steps);
  // Once more, from where the first time ends: what it leaves open must not be in the way. Errors
  // told already are not told again.
  if (repeat.times > 1 && outer > 0) {
    repeats_ = 0;  // time and bytes are counted already
    read_list_of_steps(steps);
  }
  repeats_ = outer;
  if (steps.node->list() && steps.node->list()->empty()) {
    errors_.add(steps.offset(), "nothing is repeated", "give it steps");
  }
  if (!count) return std::nullopt;
  return repeat;
}

}  // namespace wireproof::scenario
