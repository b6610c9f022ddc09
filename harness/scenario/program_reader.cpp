#include "scenario/program_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "scenario/names.h"

namespace wireproof::scenario {
namespace {

constexpr std::string_view placeholders[] = {"address", "port",    "path",
                                             "family",  "targets", "scratch"};
// What people write for them.
constexpr std::pair<std::string_view, std::string_view> mistaken[] = {
    {"host", "address"}, {"ip", "address"}, {"addr", "address"},   {"socket", "path"},
    {"sock", "path"},    {"file", "path"},  {"target", "targets"}, {"tmp", "scratch"}};

// "{adress}" is an error; "{print}" is somebody's awk.
void check_placeholders(const Field& field, const std::string& text, Errors& errors) {
  for (std::size_t at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1)) {
    const std::size_t end = text.find('}', at);
    if (end == std::string::npos) return;
    const std::string word = text.substr(at + 1, end - at - 1);
    if (word.empty() || std::ranges::find(placeholders, word) != std::end(placeholders)) continue;
    if (word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") != std::string::npos) continue;
    std::string meant = nearest(word, {std::begin(placeholders), std::end(placeholders)});
    for (const auto& [wrong, right] : mistaken) {
      if (word == wrong) meant = right;
    }
    if (meant.empty()) continue;
    errors.add(field.offset(), fmt::format("unknown placeholder {{{}}}", word),
               fmt::format("did you mean {{{}}}?", meant));
  }
}

// Arguments may be numbers, for a matrix's sake.
std::optional<std::string> read_argument(const Field& field, Errors& errors) {
  if (const auto* number = std::get_if<std::int64_t>(&field.node->value)) {
    return fmt::format("{}", *number);
  }
  const std::string* text = field.node->string();
  if (!text) {
    wrong_type(field, "a string or a whole number", "an argument is text: put it in double quotes",
               errors);
    return std::nullopt;
  }
  if (text->find('\0') != std::string::npos) {
    errors.add(field.offset(), "an argument holds a NUL character",
               "execve(2) cannot pass it: give the program a file");
    return std::nullopt;
  }
  check_placeholders(field, *text, errors);
  return *text;
}

std::vector<std::string> read_arguments(const Field& field, Errors& errors) {
  std::vector<std::string> arguments;
  for (const Field& entry : read_list(field, errors)) {
    if (auto argument = read_argument(entry, errors)) arguments.push_back(std::move(*argument));
  }
  return arguments;
}

bool speaks(const ShippedTarget& target, Transport transport) {
  switch (target.speaks) {
    case ShippedTarget::Speaks::tcp:
      return transport == Transport::tcp;
    case ShippedTarget::Speaks::udp:
      return transport == Transport::udp;
    case ShippedTarget::Speaks::unix_domain:
      return is_unix(transport);
    case ShippedTarget::Speaks::anything:
      return true;
  }
  return false;
}

void read_target(const Field& field, Side role, Transport transport, Program& program,
                 Errors& errors) {
  const auto target_name = read_string(field, errors);
  if (!target_name) return;
  const ShippedTarget* target = find_shipped_target(*target_name);
  if (!target) {
    unknown_name(field, "target", *target_name, names_of(shipped_targets), errors);
    return;
  }
  if (target->role != role) {
    errors.add(field.offset(), fmt::format("\"{}\" is a {}", target->name, name(target->role)),
               fmt::format("here a {} is wanted", name(role)));
  }
  if (!speaks(*target, transport)) {
    std::vector<std::string_view> fitting;
    for (const ShippedTarget& other : shipped_targets) {
      if (speaks(other, transport) && other.role == role && !other.bad)
        fitting.push_back(other.name);
    }
    errors.add(field.offset(),
               fmt::format("\"{}\" does not speak {}", target->name, name(transport)),
               "of the shipped targets it is " + alternatives(fitting));
  }
  program.name = *target_name;
  program.command = {fmt::format("{{targets}}/{}", target->name)};
  if (is_unix(transport)) {
    program.command.insert(program.command.end(),
                           {"{path}", "--type",
                            std::string(name(transport).substr(std::string_view("unix-").size()))});
  } else {
    program.command.insert(program.command.end(), {"{address}", "{port}"});
  }
}

void read_command(const Field& field, Program& program, Errors& errors) {
  if (field.node->string()) {
    errors.add(
        field.offset(), "\"command\" must be a list of words, not a string",
        "write [\"python3\", \"server.py\", \"{address}\", \"{port}\"]: no shell takes it apart");
    return;
  }
  program.command = read_arguments(field, errors);
  if (field.node->list() && field.node->list()->empty()) {
    errors.add(field.offset(), "an empty command", "the program first, then its arguments");
  }
  if (program.command.empty()) return;
  if (program.command[0].empty()) {
    errors.add(field.node->list()->front().offset, "the command's program is empty",
               "a path, or a name that is looked for in PATH");
  }
  program.name = program.command[0].substr(program.command[0].rfind('/') + 1);
}

void read_environment(const Field& field, Program& program, Errors& errors) {
  const Node::Object* members = field.node->object();
  if (!members) {
    wrong_type(field, "an object", "as in {\"LANG\": \"C\"}", errors);
    return;
  }
  for (const Member& member : *members) {
    if (member.key.empty() ||
        member.key.find_first_of(std::string_view("=\0", 2)) != std::string::npos) {
      errors.add(member.key_offset,
                 fmt::format("{} is no variable's name", wireproof::quoted(member.key)),
                 "it has no '='");
      continue;
    }
    if (auto value = read_argument({&member.value, wireproof::quoted(member.key)}, errors)) {
      program.environment[member.key] = std::move(*value);
    }
  }
}

void read_expectations(const Field& field, Program& program, Errors& errors) {
  constexpr std::string_view keys[] = {"exit", "output", "output_contains"};
  const Object expect(field, keys, errors);
  if (const auto status = expect.integer("exit", 0, 255)) {
    program.expect_exit = static_cast<int>(*status);
  }
  program.expect_output = expect.string("output");
  program.expect_output_contains = expect.string("output_contains");
  if (program.expect_output && program.expect_output_contains) {
    errors.add(expect.key_offset("output_contains"),
               "both \"output\" and \"output_contains\" say what is printed", "keep one of them");
  }
}

}  // namespace

std::optional<Program> read_program(const Field& field, Side role, Transport transport,
                                    milliseconds time_limit, Errors& errors) {
  constexpr std::string_view keys[] = {"target",      "command",         "args",   "name",
                                       "environment", "ready_within_ms", "expect", "may_be_killed"};
  if (field.node->is_null()) return std::nullopt;
  if (const std::string* word = field.node->string()) {
    const bool shipped = find_shipped_target(*word) != nullptr;
    errors.add(field.offset(), fmt::format("{} must be an object, not a string", field.what),
               shipped ? fmt::format("write {{\"target\": {}}}", wireproof::quoted(*word))
                       : "write {\"command\": [\"program\", \"{address}\", \"{port}\"]}");
    return std::nullopt;
  }
  const Object object(field, keys, errors);
  if (!object.valid()) return std::nullopt;
  Program program;
  program.position = errors.source().position(object.offset());
  if (object.has("target") && object.has("command")) {
    errors.add(object.key_offset("command"), "both \"target\" and \"command\" say what to start",
               "keep one of them");
  } else if (const Field target = object.get("target")) {
    read_target(target, role, transport, program, errors);
    if (const Field args = object.get("args")) {
      for (std::string& argument : read_arguments(args, errors)) {
        program.command.push_back(std::move(argument));
      }
    }
  } else if (const Field command = object.get("command")) {
    read_command(command, program, errors);
    if (object.has("args")) {
      errors.add(object.key_offset("args"), "\"args\" beside \"command\"",
                 "put the arguments into \"command\"");
    }
  } else {
    errors.add(object.offset(), fmt::format("{} does not say what to start", field.what),
               "add \"target\": a shipped program's name, or \"command\": [\"program\", ...]");
  }
  if (auto given = object.string("name")) program.name = std::move(*given);
  if (const Field environment = object.get("environment")) {
    read_environment(environment, program, errors);
  }
  if (const auto ready = object.span("ready_within_ms", 1, 600'000)) {
    program.ready_within = *ready;
    if (role == Side::client) {
      errors.add(object.key_offset("ready_within_ms"), "a client is never awaited to listen",
                 "\"ready_within_ms\" is the server's: remove it");
    } else if (*ready > time_limit) {
      errors.add(
          object.get("ready_within_ms").offset(),
          fmt::format("a deadline of {} ms in a case of {} ms", ready->count(), time_limit.count()),
          "make it shorter, or raise \"time_limit_ms\"");
    }
  }
  if (const Field expect = object.get("expect")) read_expectations(expect, program, errors);
  program.may_be_killed = object.boolean("may_be_killed").value_or(false);
  return program;
}

}  // namespace wireproof::scenario
