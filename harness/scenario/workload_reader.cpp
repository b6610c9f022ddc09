#include "scenario/workload_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/text.h"
#include "scenario/limit.h"
#include "scenario/payload.h"
#include "scenario/workload_check.h"

namespace wireproof::scenario {
namespace {

constexpr std::string_view keys[] = {
    "pattern",          "direction",   "connections", "duration_ms", "warm_up_ms",
    "requests",         "rate",        "arrivals",    "burst",       "think_ms",
    "message",          "answer",      "depth",       "ramp_ms",     "close",
    "source_addresses", "write_bytes", "discard",     "timeout_ms",  "engine",
    "threads",          "pin",         "busy_poll",   "capture",     "reference",
    "repetitions",      "seed",        "strict",      "soak",        "sink",
    "ramp_steps",       "timestamps",  "find_warm_up"};
constexpr std::string_view message_keys[] = {"text", "hex", "base64", "pattern", "file", "sizes"};
constexpr std::string_view size_keys[] = {"kind", "least", "most", "mean"};
constexpr std::string_view answer_keys[] = {"text",      "hex",   "base64", "pattern",   "length",
                                            "delimiter", "regex", "echo",   "until_end", "prefix"};
constexpr std::string_view prefix_keys[] = {"bytes", "little_endian", "counts_itself"};
constexpr std::string_view arrival_keys[] = {"schedule", "times_ms"};

constexpr Named<Pattern> patterns[] = {{"request-response", Pattern::request_response},
                                       {"connect-request-close", Pattern::connect_request_close},
                                       {"connect-close", Pattern::connect_close},
                                       {"stream", Pattern::stream},
                                       {"one-way", Pattern::one_way},
                                       {"idle", Pattern::idle}};
constexpr Named<Direction> directions[] = {{"to-server", Direction::to_server},
                                           {"from-server", Direction::from_server},
                                           {"both", Direction::both}};
constexpr Named<ArrivalKind> arrival_kinds[] = {{"closed", ArrivalKind::closed},
                                                {"constant", ArrivalKind::constant},
                                                {"poisson", ArrivalKind::poisson}};
constexpr Named<CloseBy> closers[] = {{"client", CloseBy::client},
                                      {"shutdown", CloseBy::shutdown},
                                      {"server", CloseBy::server},
                                      {"reset", CloseBy::reset}};
constexpr Named<EngineKind> engines[] = {{"auto", EngineKind::automatic},
                                         {"blocking", EngineKind::blocking},
                                         {"epoll", EngineKind::epoll},
                                         {"io_uring", EngineKind::io_uring}};
constexpr Named<CaptureKind> captures[] = {{"auto", CaptureKind::automatic},
                                           {"none", CaptureKind::none},
                                           {"handshakes", CaptureKind::handshakes},
                                           {"headers", CaptureKind::headers},
                                           {"whole", CaptureKind::whole}};
constexpr Named<SizeKind> size_kinds[] = {{"uniform", SizeKind::uniform},
                                          {"exponential", SizeKind::exponential}};

constexpr std::uintmax_t largest_message = 16u << 20;
constexpr std::int64_t longest_ms = 24 * 3'600'000, most = 1'000'000'000'000;

class WorkloadReader {
 public:
  WorkloadReader(const Field& field, Errors& errors)
      : object_(field, keys, errors), errors_(errors) {}

  bool valid() const { return object_.valid(); }
  const Object& object() const { return object_; }

  Workload read() {
    Workload load;
    if (const auto v = object_.choice<Pattern>("pattern", "pattern", patterns)) load.pattern = *v;
    if (const auto v = object_.choice<Direction>("direction", "direction", directions)) {
      load.direction = *v;
    }
    if (const auto v = object_.choice<CloseBy>("close", "way to close", closers)) load.close = *v;
    if (const auto v = object_.choice<EngineKind>("engine", "engine", engines)) load.engine = *v;
    if (const auto v = object_.choice<CaptureKind>("capture", "capture", captures)) {
      load.capture = *v;
    }
    number("connections", 1, 1'000'000, load.connections);
    number("depth", 1, 10'000, load.depth);
    number("burst", 1, 1'000'000, load.arrivals.burst);
    number("source_addresses", 0, 65'536, load.source_addresses);
    number("threads", 0, 1'024, load.threads);
    number("repetitions", 1, 1'000, load.repetitions);
    number("write_bytes", 1, 64 << 20, load.write_bytes);
    number("requests", 1, most, load.operations);
    number("ramp_steps", 0, 1'000'000, load.ramp_steps);
    number("seed", 0, most, load.seed);
    span("duration_ms", 1, load.duration);
    span("think_ms", 0, load.arrivals.think);
    span("ramp_ms", 0, load.ramp);
    span("timeout_ms", 1, load.timeout);
    if (object_.has("warm_up_ms")) {
      load.warm_up.emplace(0);
      span("warm_up_ms", 0, *load.warm_up);
    }
    // Ended by their count: the duration is only a limit then.
    if (load.operations != 0 && !object_.has("duration_ms")) load.duration = std::chrono::hours(1);
    load.busy_poll = object_.boolean("busy_poll").value_or(false);
    load.discard = object_.boolean("discard").value_or(false);
    load.timestamps = object_.boolean("timestamps").value_or(true);
    load.find_warm_up = object_.boolean("find_warm_up").value_or(false);
    load.reference = object_.boolean("reference").value_or(true);
    load.sink = object_.boolean("sink").value_or(false);
    load.soak = object_.boolean("soak").value_or(false);
    load.strict = object_.boolean("strict").value_or(false);
    read_pin(load);
    read_arrivals(load);
    if (const Field field = object_.get("message")) read_message(field, load);
    if (const Field field = object_.get("answer")) read_answer(field, load);
    return load;
  }

 private:
  template <typename Number>
  void number(std::string_view key, std::int64_t least, std::int64_t greatest, Number& value) {
    if (const auto read = object_.integer(key, least, greatest)) value = static_cast<Number>(*read);
  }
  void span(std::string_view key, std::int64_t least_ms, nanoseconds& value) {
    if (const auto read = object_.span(key, least_ms, longest_ms)) value = *read;
  }

  void read_pin(Workload& load) {
    const Field field = object_.get("pin");
    if (!field) return;
    for (const Field& entry : read_list(field, errors_)) {
      if (const auto cpu = read_integer(entry, 0, 1023, errors_)) {
        load.pin.push_back(static_cast<unsigned>(*cpu));
      }
    }
  }

  void read_arrivals(Workload& load) {
    if (const Field field = object_.get("rate")) {
      if (const auto rate = read_number(field, 0, 1e15, errors_)) {
        load.arrivals.rate = *rate;
        load.arrivals.kind = ArrivalKind::constant;
      }
    }
    const Field field = object_.get("arrivals");
    if (!field) return;
    if (field.node->object() != nullptr) return read_times(field, load);
    const auto kind = read_choice<ArrivalKind>(field, "arrivals", arrival_kinds, errors_);
    if (!kind) return;
    if (*kind == ArrivalKind::closed && object_.has("rate")) {
      errors_.add(field.offset(), "a closed loop has no rate of its own",
                  "remove \"rate\", or say \"constant\" or \"poisson\"");
    } else if (*kind != ArrivalKind::closed && !object_.has("rate")) {
      errors_.add(field.offset(), fmt::format("{} arrivals without a rate", name(*kind)),
                  "add \"rate\": requests a second");
    }
    load.arrivals.kind = *kind;
  }

  void read_times(const Field& field, Workload& load) {
    const Object times(field, arrival_keys, errors_);
    if (!times.valid()) return;
    if (object_.has("rate") || times.has("schedule") == times.has("times_ms")) {
      errors_.add(field.offset(), "one of \"rate\", \"schedule\" and \"times_ms\" says when",
                  "a list of [second, rate] pairs, or of milliseconds");
      return;
    }
    double before = -1;
    const auto in_order = [&](const Field& entry, double at) {
      if (at < before) errors_.add(entry.offset(), "times that go back", "in rising order");
      before = at;
    };
    if (const Field points = times.get("schedule")) {
      load.arrivals.kind = ArrivalKind::schedule;
      for (const Field& entry : read_list(points, errors_)) {
        const auto pair = read_list(entry, errors_);
        if (pair.size() != 2) {
          errors_.add(entry.offset(), "a point of a schedule is [second, rate]", "as [0, 1000]");
          continue;
        }
        const auto at = read_number(pair[0], 0, 86'400, errors_);
        const auto rate = read_number(pair[1], 0, 1e8, errors_);
        if (!at || !rate) continue;
        in_order(entry, *at);
        load.arrivals.points.push_back({*at, *rate});
      }
      if (load.arrivals.points.size() < 2) {
        errors_.add(points.offset(), "a schedule has at least two points",
                    "[[0, 100], [10, 1000]]");
      }
      return;
    }
    load.arrivals.kind = ArrivalKind::recorded;
    for (const Field& entry : read_list(times.get("times_ms"), errors_)) {
      if (const auto at = read_number(entry, 0, 86'400'000, errors_)) {
        in_order(entry, *at);
        load.arrivals.times_ns.push_back(static_cast<std::int64_t>(*at * 1e6));
      }
    }
  }

  // Relative to the scenario's own folder.
  std::optional<std::string> read_file(const Field& field) {
    const auto name = read_string(field, errors_);
    if (!name) return std::nullopt;
    const auto path = std::filesystem::path(errors_.source().file()).parent_path() / *name;
    std::error_code ignored;
    const bool plain = std::filesystem::is_regular_file(path, ignored);
    if (!plain || std::filesystem::file_size(path, ignored) > largest_message) {
      errors_.add(field.offset(), fmt::format("no message can be read from {}", path.string()),
                  "a file of at most 16 MiB, named from the scenario's folder");
      return std::nullopt;
    }
    std::ifstream in(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    if (!in.good() && !in.eof()) {
      errors_.add(field.offset(), fmt::format("{} cannot be read", path.string()));
      return std::nullopt;
    }
    return bytes;
  }

  void read_message(const Field& field, Workload& load) {
    const Object message(field, message_keys, errors_);
    if (!message.valid()) return;
    if (const auto bytes = read_payload(message)) load.message.text = bytes->bytes;
    if (const Field file = message.get("file")) {
      if (auto bytes = read_file(file)) load.message.text = std::move(*bytes);
    }
    const Field sizes = message.get("sizes");
    if (!sizes) return;
    const Object size(sizes, size_keys, errors_);
    if (!size.valid()) return;
    load.message.sizes =
        size.choice<SizeKind>("kind", "distribution", size_kinds).value_or(SizeKind::uniform);
    const auto bytes = [&](std::string_view key, std::size_t& value) {
      if (const auto read = size.integer(key, 1, 16 << 20)) value = static_cast<std::size_t>(*read);
    };
    load.message.least = 1;
    bytes("least", load.message.least);
    size.require("most", "the greatest size, in bytes");
    bytes("most", load.message.most);
    load.message.mean = (load.message.least + load.message.most) / 2;
    bytes("mean", load.message.mean);
    if (load.message.most < load.message.least) {
      errors_.add(sizes.offset(), "sizes whose greatest is below their least", "least <= most");
      load.message.most = load.message.least;
    }
  }

  void read_answer(const Field& field, Workload& load) {
    const Object object(field, answer_keys, errors_);
    if (!object.valid()) return;
    Answer& answer = load.answer;
    bool payload = false;
    for (const std::string_view key : payload_keys) payload |= object.has(key);
    const int framings = object.has("length") + object.has("delimiter") + object.has("regex") +
                         object.has("echo") + object.has("until_end") + object.has("prefix");
    if (framings > 1 || (framings == 0 && !payload)) {
      errors_.add(field.offset(), "an answer needs one way to tell where it ends",
                  "\"text\" (the whole answer), \"length\", \"delimiter\", \"regex\", \"echo\", "
                  "\"prefix\" or \"until_end\"");
    }
    if (payload) {
      if (const auto bytes = read_payload(object)) {
        answer.expected = bytes->bytes;
        answer.framing = Framing::length;
        answer.length = bytes->bytes.size();
      }
    }
    if (const auto length = object.integer("length", 1, 16 << 20)) {
      answer.framing = Framing::length;
      answer.length = static_cast<std::size_t>(*length);
    } else if (const auto delimiter = object.string("delimiter")) {
      answer.framing = Framing::delimiter;
      answer.text = *delimiter;
    } else if (const Field regex = object.get("regex")) {
      if (const auto bytes = read_regex(regex, errors_)) answer.text = bytes->bytes;
      answer.framing = Framing::regex;
    } else if (object.boolean("echo").value_or(false)) {
      answer.framing = Framing::echo;
    } else if (object.boolean("until_end").value_or(false)) {
      answer.framing = Framing::end_of_stream;
    } else if (const Field prefix = object.get("prefix")) {
      const Object how(prefix, prefix_keys, errors_);
      if (!how.valid()) return;
      answer.framing = Framing::length_prefix;
      if (const auto bytes = how.integer("bytes", 1, 8)) {
        answer.prefix_bytes = static_cast<unsigned>(*bytes);
      }
      answer.prefix_little_endian = how.boolean("little_endian").value_or(false);
      answer.prefix_counts_itself = how.boolean("counts_itself").value_or(false);
    }
  }

  Object object_;
  Errors& errors_;
};

}  // namespace

Workload read_workload(const Field& field, const Case& one, Errors& errors) {
  WorkloadReader reader(field, errors);
  if (!reader.valid()) return {};
  const std::size_t before = errors.count();
  Workload load = reader.read();
  if (errors.count() != before) return load;
  if (const auto wrong = contradiction(load, one.transport)) {
    const Object& object = reader.object();
    errors.add(object.has(wrong->key) ? object.key_offset(wrong->key) : object.offset(),
               wrong->message, wrong->hint);
  }
  return load;
}

std::vector<Limit> read_limits(const Field& field, Errors& errors) {
  std::vector<Field> entries;
  if (field.node->string() != nullptr) {
    entries.push_back(field);
  } else {
    entries = read_list(field, errors);
  }
  std::vector<Limit> limits;
  for (const Field& entry : entries) {
    const auto text = read_string(entry, errors);
    if (!text) continue;
    auto parsed = parse_limits(*text);
    if (!parsed) {
      // Behind the opening quote; escapes before it would shift it, and limits have none.
      errors.add(entry.offset() + 1 + parsed.error().at, parsed.error().message,
                 parsed.error().hint);
      continue;
    }
    limits.insert(limits.end(), parsed->begin(), parsed->end());
  }
  return limits;
}

}  // namespace wireproof::scenario
