#include "scenario/workload_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace wireproof::scenario {
namespace {

constexpr double highest_rate = 1e8, least_rate = 1e-3;
constexpr unsigned most_connections = 1'000'000, most_blocking = 512;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

class Check {
 public:
  Check(const Workload& workload, Transport transport) : w_(workload), transport_(transport) {}

  std::optional<Contradiction> find() {
    sizes();
    arrivals();
    pattern();
    answers();
    engine();
    return std::move(found_);
  }

 private:
  void wrong(bool is, std::string key, std::string message, std::string hint = {}) {
    if (is && !found_) found_ = {std::move(key), std::move(message), std::move(hint)};
  }
  bool datagrams() const {
    return transport_ == Transport::udp || transport_ == Transport::unix_datagram;
  }

  void sizes() {
    wrong(w_.connections < 1 || w_.connections > most_connections, "connections",
          fmt::format("{} connections: 1 to {} are wanted", w_.connections, most_connections));
    wrong(w_.depth < 1 || w_.depth > 10'000, "depth",
          fmt::format("a depth of {}: 1 to 10,000 requests in flight", w_.depth));
    wrong(w_.duration.count() < 1'000'000, "duration_ms", "a duration of less than a millisecond");
    wrong(w_.duration > std::chrono::hours(24), "duration_ms", "a duration of more than a day");
    wrong(w_.timeout.count() < 1'000'000 || w_.timeout > std::chrono::hours(1), "timeout_ms",
          "a timeout that is not of a millisecond to an hour");
    wrong(w_.warm_up_span().count() < 0 || w_.warm_up_span() > std::chrono::hours(1), "warm_up_ms",
          "a warm-up of more than an hour");
    wrong(w_.find_warm_up && w_.warm_up, "find_warm_up",
          "a warm-up that is given contradicts one that is to be found", "leave out one of them");
    wrong(w_.find_warm_up && (w_.operations != 0 || w_.pattern == Pattern::stream ||
                              w_.pattern == Pattern::one_way || w_.pattern == Pattern::idle),
          "find_warm_up", "a warm-up is found for requests over a span of time", "give its length");
    wrong(w_.ramp_steps > 0 && w_.ramp.count() == 0, "ramp_steps", "steps of a ramp without a ramp",
          "the span over which connections are opened, too");
    wrong(w_.source_addresses > 65'536, "source_addresses", "more than 65,536 source addresses");
    wrong(w_.threads > 1024, "threads", "more than 1,024 threads");
  }

  void arrivals() {
    const bool rated =
        w_.arrivals.kind == ArrivalKind::constant || w_.arrivals.kind == ArrivalKind::poisson;
    wrong(rated && !(w_.arrivals.rate > 0), "rate",
          fmt::format("a rate of {}: more than 0 requests a second are wanted", w_.arrivals.rate));
    wrong(rated && w_.arrivals.rate < least_rate, "rate",
          fmt::format("a rate of {:g}: less than one request in {:g} s", w_.arrivals.rate,
                      1 / least_rate));
    wrong(rated && w_.arrivals.rate > highest_rate, "rate",
          fmt::format("a rate of {:g}: no generator sends more than {:g} requests a second",
                      w_.arrivals.rate, highest_rate));
    wrong(w_.arrivals.burst < 1 || w_.arrivals.burst > 1'000'000, "burst", "a burst of 1 to 1e6");
    wrong(w_.arrivals.burst > 1 && w_.arrivals.kind != ArrivalKind::constant, "burst",
          "bursts need constant arrivals", "with a rate, and arrivals \"constant\"");
    wrong(w_.arrivals.think.count() > 0 && w_.open_loop(), "think_ms",
          "a think time contradicts a rate",
          "in an open loop times do not depend on answers: leave out one of them");
    wrong(w_.open_loop() && (w_.pattern == Pattern::stream || w_.pattern == Pattern::idle), "rate",
          fmt::format("a rate contradicts the pattern {}", name(w_.pattern)),
          "streams go as fast as they can, idle connections send nothing");
  }

  void pattern() {
    wrong(w_.connects_each_time() && w_.depth > 1, "depth",
          fmt::format("a depth contradicts {}", name(w_.pattern)), "it has one request at a time");
    wrong(datagrams() && w_.connects_each_time(), "pattern",
          fmt::format("{} has no connections to {}", name(transport_), name(w_.pattern)),
          "request-response");
    wrong(datagrams() && (w_.pattern == Pattern::stream || w_.pattern == Pattern::idle), "pattern",
          fmt::format("{} has no {}", name(transport_), name(w_.pattern)),
          "one-way, or request-response");
    wrong(!datagrams() && w_.pattern == Pattern::one_way, "pattern",
          fmt::format("one-way is of datagrams, not of {}", name(transport_)), "stream");
    wrong(w_.sink && (w_.pattern != Pattern::one_way || transport_ != Transport::udp), "pattern",
          "a sink is for one-way datagrams over UDP");
    const bool streams = w_.pattern == Pattern::stream;
    wrong(!streams && w_.discard, "discard",
          fmt::format("only a stream's bytes are discarded, not those of {}", name(w_.pattern)));
    wrong(!streams && w_.direction != Direction::to_server, "direction",
          fmt::format("only a stream has a direction, not {}", name(w_.pattern)));
    wrong((streams || w_.pattern == Pattern::idle) && w_.answer.expected, "answer",
          fmt::format("{} has no answers", name(w_.pattern)));
    wrong(w_.busy_poll && w_.arrivals.think.count() > 0, "busy_poll",
          "busy polling contradicts a think time", "leave out one of them");
    wrong(w_.pattern == Pattern::connect_close && w_.answer.expected, "answer",
          "connect-close sends and receives nothing", "connect-request-close");
    wrong(w_.close == CloseBy::server && w_.pattern == Pattern::connect_close, "close",
          "a server that is sent nothing does not close first", "client, shutdown or reset");
  }

  void answers() {
    wrong(w_.depth > 1 && w_.answer.framing == Framing::any && !datagrams(), "depth",
          "with several requests in flight it must be told where an answer ends",
          "an answer's length, delimiter, text or echo");
    wrong(w_.answer.framing == Framing::length && w_.answer.length == 0, "answer",
          "an answer of no bytes");
    wrong(w_.answer.framing == Framing::delimiter && w_.answer.text.empty(), "answer",
          "an empty delimiter");
    wrong(
        w_.answer.framing == Framing::end_of_stream && w_.pattern != Pattern::connect_request_close,
        "answer", "an answer that ends with the stream needs connect-request-close");
    wrong(w_.message.text.empty() && w_.message.sizes == SizeKind::fixed &&
              (w_.pattern == Pattern::request_response ||
               w_.pattern == Pattern::connect_request_close) &&
              !datagrams(),
          "message", "an empty message", "nothing would be sent, and nothing answered");
    wrong(datagrams() && (w_.message.text.size() > 65'507 || w_.message.most > 65'507), "message",
          "a datagram of more than 65,507 bytes");
  }

  void engine() {
    wrong(w_.engine == EngineKind::blocking && w_.connections > most_blocking, "engine",
          fmt::format("the blocking engine has a thread a connection: at most {}", most_blocking),
          "epoll");
    wrong(w_.engine == EngineKind::blocking &&
              (w_.pattern == Pattern::stream || w_.connects_each_time() || w_.open_loop() ||
               w_.depth > 1),
          "engine", "the blocking engine is for requests of a closed loop, one at a time", "epoll");
    wrong(w_.engine == EngineKind::blocking && w_.threads != 0 && w_.threads != w_.connections,
          "threads", "the blocking engine has as many threads as connections", "leave it out");
  }

  const Workload& w_;
  const Transport transport_;
  std::optional<Contradiction> found_;
};

}  // namespace

std::optional<Contradiction> contradiction(const Workload& workload, Transport transport) {
  return Check(workload, transport).find();
}

milliseconds time_limit_of(const Workload& workload) {
  const nanoseconds once = workload.longest_warm_up() + workload.duration +
                           std::min<nanoseconds>(workload.timeout, std::chrono::seconds(2)) +
                           std::chrono::seconds(1);
  return std::chrono::duration_cast<milliseconds>(once * workload.repetitions) +
         std::chrono::seconds(20);
}

std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      plain += text[i];
      continue;
    }
    const char c = text[++i];
    switch (c) {
      case 'n':
        plain += '\n';
        break;
      case 'r':
        plain += '\r';
        break;
      case 't':
        plain += '\t';
        break;
      case '0':
        plain += '\0';
        break;
      case 'x':
        if (i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
          plain += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
          i += 2;
          break;
        }
        [[fallthrough]];
      default:
        if (c != '\\') plain += '\\';
        plain += c;
    }
  }
  return plain;
}

}  // namespace wireproof::scenario
