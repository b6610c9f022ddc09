// What a load scenario asks of the generator: who connects, what is sent when, what counts as an
// answer, and which limits decide. Written in scenario files ("load", "limits") and made from the
// command line of `wireproof load`. Plain values: no thread rule.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wireproof::scenario {

using std::chrono::nanoseconds;

enum class Pattern : std::uint8_t {
  request_response,       // on kept connections
  connect_request_close,  // a connection a request
  connect_close,          // a connection, and nothing on it
  stream,                 // bytes one way or both, as fast as they go
  one_way,                // datagrams with sequence numbers; whoever receives them may echo them
  idle,                   // connections held, nothing sent
};
std::string_view name(Pattern);

enum class Direction : std::uint8_t { to_server, from_server, both };
std::string_view name(Direction);

// When requests are meant to be sent. `closed`: each connection waits for its answer, and thinks;
// all others are open: times do not depend on answers, and latency counts from the intended time.
enum class ArrivalKind : std::uint8_t { closed, constant, poisson, schedule, recorded };
std::string_view name(ArrivalKind);

struct RatePoint {
  double at_s = 0, rate = 0;  // the rate moves in a straight line between two points
};

struct Arrivals {
  ArrivalKind kind = ArrivalKind::closed;
  double rate = 0;     // constant, poisson: requests a second, all connections together
  unsigned burst = 1;  // constant: so many at once, at the same rate on the whole
  nanoseconds think{0};
  std::vector<RatePoint> points;       // schedule
  std::vector<std::int64_t> times_ns;  // recorded: since the start, in order
};

// Sizes of messages: fixed by the text unless said otherwise.
enum class SizeKind : std::uint8_t { fixed, uniform, exponential };
std::string_view name(SizeKind);

struct Message {
  std::string text = "hello";  // "{counter}" stands for the request's number, 12 digits
  SizeKind sizes = SizeKind::fixed;
  std::size_t least = 0, most = 0, mean = 0;  // of uniform and exponential sizes: the text repeated
};

// Where an answer ends.
enum class Framing : std::uint8_t {
  any,            // with whatever one read brings
  length,         // so many bytes
  delimiter,      // after this text
  length_prefix,  // as its first bytes say
  regex,          // where this expression matches what has come so far
  echo,           // as many bytes as were sent, and the same ones
  end_of_stream,  // when the server closes
};
std::string_view name(Framing);

struct Answer {
  Framing framing = Framing::any;
  std::size_t length = 0;
  std::string text;  // the delimiter, or the expression
  unsigned prefix_bytes = 4;
  bool prefix_little_endian = false, prefix_counts_itself = false;
  std::optional<std::string> expected;  // the whole answer; another is an error
};

// Who ends a connection, and how.
enum class CloseBy : std::uint8_t {
  client,    // close(2) after the last answer: the client has the TIME_WAIT
  shutdown,  // the client ends its stream first, and waits for the server's end
  server,    // the client waits for the server's end
  reset,     // SO_LINGER 0: RST
};
std::string_view name(CloseBy);

enum class EngineKind : std::uint8_t { automatic, blocking, epoll, io_uring };
std::string_view name(EngineKind);

// What the capture beside a load takes. `automatic`: headers, until there are so many packets that
// a filter pays.
enum class CaptureKind : std::uint8_t {
  automatic,
  none,
  handshakes,  // SYN, FIN and RST segments, by a filter in the kernel
  headers,     // of all packets
  whole,       // all packets, all bytes
};
std::string_view name(CaptureKind);

// "p99 < 2ms": what the run must show. Times are in milliseconds, shares in percent.
struct Limit {
  std::string metric;
  enum class Is : std::uint8_t { less, at_most, equal, at_least, more } is = Is::at_most;
  double value = 0;
  std::string shown;
};

struct Workload {
  Pattern pattern = Pattern::request_response;
  Direction direction = Direction::to_server;
  Arrivals arrivals;
  Message message;
  Answer answer;
  CloseBy close = CloseBy::client;
  unsigned connections = 1;
  unsigned depth = 1;                    // requests in flight on one connection
  nanoseconds ramp{0};                   // connections are opened over this span ...
  unsigned ramp_steps = 0;               // ... in so many steps; 0: one by one
  nanoseconds duration{10'000'000'000};  // measured
  std::optional<nanoseconds> warm_up;    // before it; absent: a tenth, at most a second
  bool find_warm_up = false;             // before it, until the figures are steady
  std::uint64_t operations = 0;          // ends after so many; 0: by time alone
  nanoseconds timeout{5'000'000'000};    // of a connect and of an answer
  unsigned source_addresses = 0;         // of 127.0.0.0/8; 0: as many as needed
  std::size_t write_bytes = 128u << 10;  // stream: of one send
  bool discard = false;                  // stream: received bytes are not copied (MSG_TRUNC)
  bool sink = false;                     // one_way: the generator receives at the address itself
  EngineKind engine = EngineKind::automatic;
  unsigned threads = 0;  // 0: chosen
  std::vector<unsigned> pin;
  bool busy_poll = false;
  bool timestamps = true;  // of a sample of requests: when the kernel sent and received
  CaptureKind capture = CaptureKind::automatic;
  bool reference = true;  // the bare echo loop, interleaved
  unsigned repetitions = 1;
  std::uint64_t seed = 1;
  bool soak = false;    // the server's memory and descriptors must not grow
  bool strict = false;  // a measurement that is not to be trusted is inconclusive
  std::vector<Limit> limits;

  bool open_loop() const { return arrivals.kind != ArrivalKind::closed; }
  bool connects_each_time() const {
    return pattern == Pattern::connect_request_close || pattern == Pattern::connect_close;
  }
  // What is sent has an answer, or a connection an end, that is waited for.
  bool exchanges() const { return pattern == Pattern::request_response || connects_each_time(); }
  nanoseconds warm_up_span() const;  // where it is not looked for
  // Steady or not, the measurement begins after this.
  nanoseconds longest_warm_up() const;
};

}  // namespace wireproof::scenario
