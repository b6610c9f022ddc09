#include "scenario/case_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "scenario/expected_reader.h"
#include "scenario/names.h"
#include "scenario/program_reader.h"
#include "scenario/step_reader.h"
#include "scenario/wire_reader.h"
#include "scenario/workload_check.h"
#include "scenario/workload_reader.h"

namespace wireproof::scenario {
namespace {

constexpr std::string_view keys[] = {"$schema",
                                     "title",
                                     "story",
                                     "tags",
                                     "matrix",
                                     "topology",
                                     "wire",
                                     "transport",
                                     "family",
                                     "path_length",
                                     "requires",
                                     "settings",
                                     "server",
                                     "client",
                                     "steps",
                                     "load",
                                     "limits",
                                     "expect",
                                     "expected_failures",
                                     "time_limit_ms",
                                     "settle_ms",
                                     "ring_kib",
                                     "retry_inconclusive"};

constexpr std::int64_t longest_case_ms = 600'000;
constexpr std::size_t longest_title = 200;

void read_title_and_story(const Object& object, Case& one) {
  Errors& errors = object.errors();
  if (const Field field = object.require("title", "one line that says what the scenario shows")) {
    one.title = read_string(field, errors).value_or("");
    if (one.title.find_first_not_of(' ') == std::string::npos && field.node->string()) {
      errors.add(field.offset(), "an empty title", "one line that says what the scenario shows");
    } else if (one.title.size() > longest_title || one.title.find('\n') != std::string::npos) {
      errors.add(field.offset(), "a title of more than one line",
                 fmt::format("at most {} bytes; the rest is \"story\"", longest_title));
    }
  }
  // JSON has no strings of several lines, so a story may be a list of them.
  if (const Field field = object.get("story")) {
    if (field.node->list()) {
      for (const Field& line : read_list(field, errors)) {
        if (!one.story.empty()) one.story += '\n';
        one.story += read_string(line, errors).value_or("");
      }
    } else {
      one.story = read_string(field, errors).value_or("");
    }
  }
}

void read_tags(const Object& object, Case& one) {
  const Field field = object.get("tags");
  if (!field) return;
  for (const Field& entry : read_list(field, object.errors())) {
    auto tag = read_string(entry, object.errors());
    if (!tag) continue;
    if (tag->empty() ||
        tag->find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos) {
      object.errors().add(entry.offset(), fmt::format("{} is no tag", wireproof::quoted(*tag)),
                          "small letters, digits and '-'");
    } else if (std::ranges::find(one.tags, *tag) != one.tags.end()) {
      object.errors().add(entry.offset(),
                          fmt::format("tag {} is given twice", wireproof::quoted(*tag)),
                          "remove one of them");
    } else {
      one.tags.push_back(std::move(*tag));
    }
  }
}

void read_ground(const Object& object, Case& one) {
  Errors& errors = object.errors();
  if (const auto topology = object.choice<lab::Topology>("topology", "topology", topologies)) {
    one.topology = *topology;
  }
  if (const auto transport = object.choice<Transport>("transport", "transport", transports)) {
    one.transport = *transport;
  }
  one.family = is_unix(one.transport) ? Family::unix_path : Family::ipv4;
  if (const auto family = object.choice<Family>("family", "family", families)) {
    const bool unix_family = *family == Family::unix_path || *family == Family::unix_abstract;
    if (unix_family != is_unix(one.transport)) {
      errors.add(object.get("family").offset(),
                 fmt::format("{} does not run over {}", name(one.transport), name(*family)),
                 is_unix(one.transport)
                     ? "\"unix-path\" or \"unix-abstract\""
                     : "\"ipv4\" or \"ipv6\"; or a \"transport\" of UNIX sockets");
    } else {
      one.family = *family;
    }
  }
  if (is_unix(one.transport) && one.topology != lab::Topology::loopback) {
    errors.add(
        object.get("topology").offset(),
        fmt::format("UNIX sockets do not reach across \"{}\"", name_in(topologies, one.topology)),
        "remove \"topology\"");
  }
}

void read_requirements(const Object& object, Case& one) {
  Errors& errors = object.errors();
  if (const Field field = object.get("requires")) {
    for (const Field& entry : read_list(field, errors)) {
      auto program = read_string(entry, errors);
      if (!program) continue;
      if (program->empty() || program->find('\0') != std::string::npos) {
        errors.add(entry.offset(), "no program's name", "a name that is looked for in PATH");
      }
      one.required_programs.push_back(std::move(*program));
    }
  }
  // sun_path has 108 bytes: a path ends with a NUL among them, an abstract name begins with one
  // (unix(7)).
  const bool abstract = one.family == Family::unix_abstract;
  if (const auto length = object.integer("path_length", 1, abstract ? 108 : 107)) {
    one.path_length = static_cast<std::size_t>(*length);
    if (!is_unix(one.transport)) {
      errors.add(object.key_offset("path_length"),
                 fmt::format("{} has no path", name(one.transport)), "remove it");
    }
  }
}

// The kernel's, as in {"net.ipv4.tcp_fin_timeout": 1}: of both ends.
void read_settings(const Object& object, Case& one) {
  const Field field = object.get("settings");
  if (!field) return;
  Errors& errors = object.errors();
  const auto* const members = field.node->object();
  if (!members) {
    return wrong_type(field, "an object", "as in {\"net.ipv4.tcp_fin_timeout\": 1}", errors);
  }
  for (const Member& member : *members) {
    const std::string quoted = wireproof::quoted(member.key);
    if (!member.key.starts_with("net.ipv4.") && !member.key.starts_with("net.ipv6.")) {
      errors.add(member.key_offset, fmt::format("{} is no setting of a case's own network", quoted),
                 "\"net.ipv4. ...\" or \"net.ipv6. ...\", as sysctl(8) names them");
    } else if (member.key.find("..") != std::string::npos ||
               member.key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.-") !=
                   std::string::npos) {
      errors.add(member.key_offset, fmt::format("{} names no setting", quoted),
                 "small letters, digits and '_', parted by dots");
    }
    const Field value{&member.value, quoted};
    std::string text;
    if (const std::string* word = member.value.string()) {
      text = *word;
    } else {
      text = std::to_string(read_integer(value, INT32_MIN, INT32_MAX, errors).value_or(0));
    }
    one.settings.push_back({"", member.key, std::move(text), true});
  }
  if (one.topology == lab::Topology::remote) {
    errors.add(object.key_offset("settings"), "settings of a network that is not the case's own",
               "topology \"remote\" uses this machine's network as it is: remove them");
  }
}

void read_times(const Object& object, Case& one) {
  if (const auto limit = object.span("time_limit_ms", 1, longest_case_ms)) one.time_limit = *limit;
  if (const auto settle = object.span("settle_ms", 0, longest_case_ms)) one.settle = *settle;
  if (const auto ring = object.integer("ring_kib", 64, 1 << 20)) {
    one.ring_bytes = static_cast<std::size_t>(*ring) << 10;
  }
  one.retry_inconclusive = object.boolean("retry_inconclusive").value_or(true);
}

// The generator plays the client: no steps and no program beside it.
void read_load(const Object& object, Case& one) {
  Errors& errors = object.errors();
  const Field field = object.get("load");
  if (!field) {
    if (object.has("limits")) {
      errors.add(object.key_offset("limits"), "limits without a load", "add \"load\"");
    }
    return;
  }
  for (const std::string_view key : {"client", "steps", "expect", "wire"}) {
    if (!object.has(key)) continue;
    errors.add(object.key_offset(key), fmt::format("\"{}\" beside \"load\"", key),
               "the load generator is the client, and judges every connection: remove it");
  }
  if (one.topology == lab::Topology::wire) {
    errors.add(object.get("topology").offset(), "a load over an emulated wire",
               "\"loopback\" or \"veth\": the wire is slower than what is measured");
  }
  if (!one.server && one.topology != lab::Topology::remote) {
    errors.add(object.offset(), "a load without a server", "add \"server\"");
  }
  one.load = read_workload(field, one, errors);
  if (const Field limits = object.get("limits")) one.load->limits = read_limits(limits, errors);
  if (!object.has("time_limit_ms")) one.time_limit = time_limit_of(*one.load);
}

}  // namespace

std::span<const std::string_view> top_keys() { return keys; }

Case read_case(const Node& root, const Vocabulary& vocabulary, Errors& errors) {
  Case one;
  const Object object({&root, "the scenario"}, keys, errors);
  if (!object.valid()) return one;
  one.position = errors.source().position(object.offset());
  read_title_and_story(object, one);
  read_tags(object, one);
  read_ground(object, one);
  read_requirements(object, one);
  read_settings(object, one);
  read_times(object, one);
  for (const Side side : {Side::server, Side::client}) {
    const Field field = object.get(name(side));
    if (!field) continue;
    auto& program = side == Side::server ? one.server : one.client;
    program = read_program(field, side, one.transport, one.time_limit, errors);
    if (side == Side::server && program && one.topology == lab::Topology::remote) {
      errors.add(object.key_offset("server"), "a server to start in a scenario with a remote one",
                 "topology \"remote\" drives a server that runs elsewhere: remove \"server\"");
    }
  }
  if (const Field wire = object.get("wire")) {
    one.wire = read_wire(wire, one.family, errors);
    if (one.topology != lab::Topology::wire) {
      errors.add(object.key_offset("wire"), "rules for a wire that is not there",
                 "add \"topology\": \"wire\"");
    }
  }
  if (const Field script = object.get("steps")) {
    one.steps = StepReader(one, errors).read(script);
  }
  read_load(object, one);
  const Node* steps = object.get("steps").node;
  const bool has_steps = steps && !(steps->list() && steps->list()->empty());
  if (!object.has("server") && !object.has("client") && !has_steps) {
    errors.add(object.offset(), "nothing happens in this scenario",
               "add a \"server\" and a \"client\", or \"steps\" for the script that plays them");
  }
  if (const Field expect = object.get("expect")) {
    one.expected = read_expected(expect, one, vocabulary, errors);
  }
  if (const Field failures = object.get("expected_failures")) {
    one.expected_failures = read_expected_failures(failures, one.expected, vocabulary, errors);
  }
  return one;
}

}  // namespace wireproof::scenario
