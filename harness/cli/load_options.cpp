#include "cli/load_options.h"

#include <fmt/format.h>

#include <fstream>
#include <regex>
#include <sstream>
#include <thread>

#include "base/text.h"
#include "cli/command.h"
#include "cli/load_url.h"
#include "cli/load_words.h"
#include "scenario/command.h"
#include "scenario/limit.h"
#include "scenario/workload_check.h"

namespace wireproof::cli {
namespace {

using scenario::ArrivalKind;
using scenario::Framing;
using scenario::Pattern;
using scenario::Workload;

constexpr std::size_t most_write_bytes = 64u << 20;

template <typename Enum>
Enum choice(const std::string& option, const std::string& word, std::initializer_list<Enum> all) {
  std::vector<std::string> names;
  for (const Enum one : all) {
    if (scenario::name(one) == word) return one;
    names.emplace_back(scenario::name(one));
  }
  std::string list;
  for (const std::string& one : names) list += (list.empty() ? "" : ", ") + one;
  const std::string near = nearest(word, names);
  throw UsageError(fmt::format("{}: unknown {}", option, quoted(word)),
                   near.empty() ? list : fmt::format("did you mean {}?", near));
}

std::chrono::nanoseconds span(const std::string& option, const std::string& text) {
  const auto parsed = scenario::parse_span(text);
  if (!parsed) throw UsageError(option + ": " + parsed.error());
  return *parsed;
}

double number(const std::string& option, const std::string& text) {
  const auto parsed = scenario::parse_count(text);
  if (!parsed) throw UsageError(option + ": " + parsed.error());
  return *parsed;
}

std::string file_text(const std::string& option, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) throw UsageError(option + ": cannot read " + quoted(path));
  return text.str();
}

// What one of these words says, or a refusal that names its option.
template <typename Value>
Value said(const std::string& option, const std::string& text,
           tl::expected<Value, Misread> parsed) {
  if (parsed) return std::move(*parsed);
  throw UsageError(fmt::format("{} {}: {}", option, quoted(text), parsed.error().message),
                   parsed.error().hint);
}

void read_arrivals(const LoadRequest& request, Workload& workload) {
  const int ways = !request.rate.empty() + !request.schedule.empty() + !request.times_file.empty();
  if (ways > 1) {
    throw UsageError("--rate, --schedule and --times contradict each other",
                     "one of them says when requests are sent");
  }
  if (!request.schedule.empty()) {
    workload.arrivals.points =
        said("--schedule", request.schedule, parse_schedule(request.schedule));
    workload.arrivals.kind = ArrivalKind::schedule;
  } else if (!request.times_file.empty()) {
    workload.arrivals.times_ns =
        said("--times", request.times_file, parse_times(file_text("--times", request.times_file)));
    workload.arrivals.kind = ArrivalKind::recorded;
  }
  if (!request.rate.empty()) {
    workload.arrivals.rate = number("--rate", request.rate);
    workload.arrivals.kind = ArrivalKind::constant;
    if (!(workload.arrivals.rate > 0)) {
      throw UsageError(fmt::format("--rate {}: more than 0 is wanted", request.rate),
                       "without --rate each connection sends as soon as it has its answer");
    }
  }
  if (!request.arrivals.empty()) {
    const auto kind = choice("--arrivals", request.arrivals,
                             {ArrivalKind::closed, ArrivalKind::constant, ArrivalKind::poisson});
    if (kind == ArrivalKind::closed && !request.rate.empty()) {
      throw UsageError("--arrivals closed contradicts --rate",
                       "a closed loop has no rate of its own: it sends when answers come");
    }
    if (!request.schedule.empty() || !request.times_file.empty()) {
      throw UsageError("--arrivals contradicts --schedule and --times",
                       "those say themselves when requests are sent");
    }
    if (kind != ArrivalKind::closed && request.rate.empty()) {
      throw UsageError("--arrivals " + request.arrivals + " needs --rate");
    }
    workload.arrivals.kind = kind;
  }
  workload.arrivals.burst = request.burst;
  if (!request.think.empty()) workload.arrivals.think = span("--think", request.think);
}

void read_message(const LoadRequest& request, Workload& workload) {
  if (request.message && !request.message_file.empty()) {
    throw UsageError("--message and --message-file contradict each other");
  }
  if (request.message) workload.message.text = scenario::unescaped(*request.message);
  if (!request.message_file.empty()) {
    workload.message.text = file_text("--message-file", request.message_file);
  }
  if (workload.message.text.empty() || request.size == 0u) {
    throw UsageError("a message of no bytes: nothing would be sent", "--message TEXT, --size N");
  }
  if (!request.sizes.empty()) {
    if (request.size) throw UsageError("--size and --sizes contradict each other");
    const Sizes sizes = said("--sizes", request.sizes, parse_sizes(request.sizes));
    workload.message.sizes = sizes.kind;
    workload.message.least = sizes.least;
    workload.message.most = sizes.most;
    workload.message.mean = sizes.mean;
  }
  if (request.size) {
    const bool given = request.message || !request.message_file.empty();
    std::string text = given ? workload.message.text : scenario::pattern(*request.size);
    while (text.size() < *request.size) text += workload.message.text;
    text.resize(*request.size);
    workload.message.text = std::move(text);
  }
}

void read_answer(const LoadRequest& request, Workload& workload) {
  scenario::Answer& answer = workload.answer;
  const int framings = (request.answer_length > 0) + !request.delimiter.empty() +
                       !request.regex.empty() + !request.answer_prefix.empty() + request.echo +
                       request.until_end;
  if (framings > 1) {
    throw UsageError("more than one way to tell where an answer ends",
                     "one of --echo, --answer-length, --answer-delimiter, --answer-regex, "
                     "--answer-prefix, --answer-until-end");
  }
  if (!request.answer.empty()) {
    answer.expected = scenario::unescaped(request.answer);
    answer.framing = Framing::length;
    answer.length = answer.expected->size();
  }
  if (request.answer_length > 0) {
    answer.framing = Framing::length;
    answer.length = request.answer_length;
  } else if (!request.delimiter.empty()) {
    answer.framing = Framing::delimiter;
    answer.text = scenario::unescaped(request.delimiter);
  } else if (!request.regex.empty()) {
    answer.framing = Framing::regex;
    answer.text = request.regex;
    try {
      const std::regex tried(request.regex);
    } catch (const std::regex_error& error) {
      throw UsageError(fmt::format("--answer-regex: {}", error.what()));
    }
  } else if (!request.answer_prefix.empty()) {
    const Prefix prefix =
        said("--answer-prefix", request.answer_prefix, parse_prefix(request.answer_prefix));
    answer.framing = Framing::length_prefix;
    answer.prefix_bytes = prefix.bytes;
    answer.prefix_little_endian = prefix.little_endian;
    answer.prefix_counts_itself = prefix.counts_itself;
  } else if (request.echo) {
    answer.framing = Framing::echo;
  } else if (request.until_end) {
    answer.framing = Framing::end_of_stream;
  }
}

void read_engine(const LoadRequest& request, Workload& workload) {
  using scenario::EngineKind;
  workload.engine = choice(
      "--engine", request.engine,
      {EngineKind::automatic, EngineKind::blocking, EngineKind::epoll, EngineKind::io_uring});
  workload.threads = request.threads;
  workload.busy_poll = request.busy_poll;
  std::stringstream list(request.pin);
  for (std::string word; std::getline(list, word, ',');) {
    try {
      workload.pin.push_back(static_cast<unsigned>(std::stoul(word)));
    } catch (const std::exception&) {
      throw UsageError(fmt::format("--pin: {} is no processor's number", wireproof::quoted(word)),
                       "--pin 0,1");
    }
    if (workload.pin.back() >= std::max(1u, std::thread::hardware_concurrency())) {
      throw UsageError(fmt::format("--pin: there is no processor {}", workload.pin.back()),
                       fmt::format("0 to {}", std::thread::hardware_concurrency() - 1));
    }
  }
}

}  // namespace

scenario::Case load_case_of(const LoadRequest& request) {
  scenario::Case one;
  const auto url = parse_load_url(request.url);
  if (!url) throw UsageError(url.error());
  one.id = "load";
  one.title = request.url;
  one.position.file = "wireproof load";
  one.transport = url->transport;
  one.family = url->family;
  one.load_target = url->target;
  one.topology = request.server.empty() ? lab::Topology::remote : lab::Topology::loopback;
  one.retry_inconclusive = false;
  if (request.server.empty() && !scenario::is_unix(one.transport) && !url->target.port) {
    throw UsageError(quoted(request.url) + ": no port",
                     "a port, or --server CMD with {port} in it");
  }

  one.load.emplace();
  Workload& workload = *one.load;
  workload.pattern =
      choice("--pattern", request.pattern,
             {Pattern::request_response, Pattern::connect_request_close, Pattern::connect_close,
              Pattern::stream, Pattern::one_way, Pattern::idle});
  using scenario::Direction;
  workload.direction = choice("--direction", request.direction,
                              {Direction::to_server, Direction::from_server, Direction::both});
  using scenario::CloseBy;
  workload.close = choice("--close", request.close,
                          {CloseBy::client, CloseBy::shutdown, CloseBy::server, CloseBy::reset});
  read_arrivals(request, workload);
  read_message(request, workload);
  read_answer(request, workload);
  read_engine(request, workload);
  workload.connections = request.connections;
  workload.depth = request.depth;
  workload.source_addresses = request.sources;
  workload.discard = request.discard;
  if (request.write_bytes) {
    if (workload.pattern != Pattern::stream) {
      throw UsageError("--write-bytes is of a stream's sends", "--pattern stream, or --size N");
    }
    if (*request.write_bytes < 1 || *request.write_bytes > most_write_bytes) {
      throw UsageError(fmt::format("--write-bytes {}: 1 to {} are wanted", *request.write_bytes,
                                   most_write_bytes));
    }
    workload.write_bytes = *request.write_bytes;
  }
  workload.sink = request.sink;
  if (!request.duration.empty()) workload.duration = span("--duration", request.duration);
  if (!request.soak.empty()) {
    if (request.server.empty()) {
      throw UsageError("--soak needs --server",
                       "only of a server of our own are memory and descriptors seen");
    }
    if (!request.duration.empty()) {
      throw UsageError("--soak and --duration contradict each other",
                       "--soak TIME is the duration");
    }
    if (!request.find_max.empty() || !request.sweep.empty()) {
      throw UsageError("--soak contradicts --find-max and --sweep", "one thing at a time");
    }
    workload.soak = true;
    workload.duration = span("--soak", request.soak);
  }
  workload.find_warm_up = request.warm_up == "auto";
  if (!request.warm_up.empty() && !workload.find_warm_up) {
    workload.warm_up = span("--warm-up", request.warm_up);
  }
  if (!request.ramp.empty()) workload.ramp = span("--ramp", request.ramp);
  workload.ramp_steps = request.ramp_steps;
  workload.timeout = span("--timeout", request.timeout);
  if (!request.requests.empty()) {
    const double wanted = number("--requests", request.requests);
    if (!(wanted >= 1 && wanted <= 1e12)) throw UsageError("--requests: 1 to 1e12 are wanted");
    workload.operations = static_cast<std::uint64_t>(wanted);
    if (request.duration.empty()) workload.duration = std::chrono::hours(1);
  }
  workload.repetitions = request.repeat;
  using scenario::CaptureKind;
  workload.capture = choice("--capture", request.capture,
                            {CaptureKind::automatic, CaptureKind::none, CaptureKind::handshakes,
                             CaptureKind::headers, CaptureKind::whole});
  workload.timestamps = !request.no_timestamps;
  workload.reference = !request.no_reference;
  workload.strict = request.strict;
  workload.seed = request.seed;
  for (const std::string& text : request.limits) {
    auto limits = scenario::parse_limits(text);
    if (!limits) {
      throw UsageError(fmt::format("--limit {}: {}", quoted(text), limits.error().message),
                       limits.error().hint);
    }
    workload.limits.insert(workload.limits.end(), limits->begin(), limits->end());
  }
  if (const auto wrong = scenario::contradiction(workload, one.transport)) {
    throw UsageError(wrong->message, wrong->hint);
  }
  one.time_limit = scenario::time_limit_of(workload);

  if (!request.server.empty()) {
    auto words = scenario::split_command(request.server);
    if (!words) throw UsageError("--server: " + words.error());
    if (words->empty()) throw UsageError("--server: a command is wanted");
    one.server.emplace();
    one.server->name = words->front();
    one.server->command = std::move(*words);
    one.server->ready_within = std::chrono::seconds(10);
    one.server->may_be_killed = true;
  }
  return one;
}

// What most loads need is in --help; the rest is told in docs/load.md.
void add_load_options(CLI::App& command, LoadRequest& r) {
  const auto shown = [&](const char* flags, auto& value, const char* help, const char* word) {
    return command.add_option(flags, value, help)->option_text(word);
  };
  const auto more = [&](const char* flags, auto& value, const char* help, const char* word) {
    return command.add_option(flags, value, help)->option_text(word)->group("");
  };
  const auto wanted = [](const std::string& words) {
    return words.empty() ? std::string("a command is wanted") : std::string();
  };
  shown("URL", r.url, "tcp://HOST:PORT, udp://HOST:PORT or unix:PATH", "")->required();
  shown("--server", r.server, "start it first, in a lab of its own", "CMD")->check(wanted);
  shown("-c,--connections", r.connections, "at once (1)", "N");
  shown("-r,--rate", r.rate, "requests a second; else a closed loop", "N");
  shown("-d,--duration", r.duration, "measured (10s)", "TIME");
  shown("-n,--requests", r.requests, "end after so many", "N");
  shown("--pattern", r.pattern, "what is done; see docs/load.md", "WORD");
  shown("-m,--message", r.message, "what is sent; \\n, \\x00, {counter}", "TEXT");
  shown("-a,--answer", r.answer, "the whole answer that is wanted", "TEXT");
  command.add_flag("--echo", r.echo, "the answer is the request");
  shown("--repeat", r.repeat, "measure so many times", "N")->check(CLI::Range(1u, 1000u));
  shown("-l,--limit", r.limits, "'p99<2ms and errors=0', else exit 1", "TEXT")
      ->allow_extra_args(false);
  command.add_flag("--strict", r.strict, "a doubtful measurement is inconclusive");
  shown("--find-max", r.find_max, "the highest rate that keeps to limits", "TEXT");
  more("--by", r.by, "what --find-max raises: rate or connections", "WORD");
  shown("--sweep", r.sweep, "connections=1,8,64: a run each", "LIST");
  shown("--soak", r.soak, "so long; the server must not grow", "TIME");

  more("--answer-delimiter", r.delimiter, "where an answer ends", "TEXT");
  more("--arrivals", r.arrivals, "constant or poisson, with --rate", "WORD");
  more("--schedule", r.schedule, "rates over time: 0s:100,10s:2k", "LIST");
  more("--times", r.times_file, "when to send: milliseconds, one a line", "FILE");
  more("--close", r.close, "by client, shutdown, server or reset", "WHO");
  more("--timeout", r.timeout, "of an answer or a connect (5s)", "TIME");
  more("--warm-up", r.warm_up, "not measured (a tenth, at most 1s); auto", "TIME");
  more("--engine", r.engine, "auto, blocking, epoll or io_uring", "WORD");
  more("--message-file", r.message_file, "what is sent", "FILE");
  more("--size", r.size, "bytes of a message", "N");
  more("--sizes", r.sizes, "drawn: uniform:16-4096, exponential:1-65536:512", "TEXT");
  more("--answer-length", r.answer_length, "where answers end: so many bytes", "N");
  more("--answer-regex", r.regex, "where answers end: what this matches", "REGEX");
  more("--answer-prefix", r.answer_prefix, "answers begin with their length: 4,little-endian",
       "TEXT");
  command.add_flag("--answer-until-end", r.until_end, "answers end with the stream")->group("");
  more("--burst", r.burst, "so many at once", "N");
  more("--think", r.think, "closed loop: between answer and request", "TIME");
  more("--depth", r.depth, "requests in flight on a connection", "N");
  more("--ramp", r.ramp, "connections are opened over this time", "TIME");
  more("--ramp-steps", r.ramp_steps, "in so many steps", "N");
  more("--sources", r.sources, "so many source addresses", "N");
  more("--direction", r.direction, "stream: to-server, from-server, both", "WORD");
  command.add_flag("--discard", r.discard, "stream: bytes are not copied")->group("");
  command.add_flag("--sink", r.sink, "one-way: receive there as well")->group("");
  more("--write-bytes", r.write_bytes, "stream: of one send (131072)", "N");
  more("--threads", r.threads, "of the generator", "N");
  more("--pin", r.pin, "its threads to these processors", "LIST");
  command.add_flag("--busy-poll", r.busy_poll, "never sleep")->group("");
  more("--capture", r.capture, "auto, handshakes, headers, whole or none", "WORD");
  command.add_flag("--no-timestamps", r.no_timestamps, "none of the kernel's times")->group("");
  command.add_flag("--no-reference", r.no_reference, "no bare echo loop beside")->group("");
  more("--seed", r.seed, "of random times and sizes", "N");
}

}  // namespace wireproof::cli
