// A scenario as its file says it, after the matrix was expanded: what one case needs to be run and
// judged. Made by load.h; read by the runner and the scripted peer. Plain values: no thread rule.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/finding.h"
#include "lab/lab.h"
#include "scenario/workload.h"
#include "tcp/judge.h"
#include "udp/exchange.h"
#include "wire/model.h"
#include "witness/socket_table.h"

namespace wireproof::scenario {

using std::chrono::milliseconds;

// A place in a scenario file, from 1. Line 0: the file as a whole.
struct Position {
  std::string file;
  unsigned line = 0, column = 0;
};
std::string to_string(const Position&);  // "file:12:5"

enum class Transport : std::uint8_t { tcp, udp, unix_stream, unix_datagram, unix_seqpacket };
enum class Family : std::uint8_t { ipv4, ipv6, unix_path, unix_abstract };
std::string_view name(Transport);  // "tcp", "unix-stream"
std::string_view name(Family);     // "ipv4", "unix-path"
constexpr bool is_unix(Transport t) { return t >= Transport::unix_stream; }

// A program in a role. Arguments hold {address} {port} {path} {family} {targets} {scratch}, filled
// in at launch; a bare "target" name is "{targets}/NAME {address} {port}" (or {path}) before its
// args.
struct Program {
  std::string name;  // "tcp-server", or the command's first word
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;
  milliseconds ready_within{2000};  // server: until it listens
  std::optional<int> expect_exit;   // client default: 0; server: 0 after SIGTERM, unless given
  std::optional<std::string> expect_output;  // exact standard output (a final newline is ignored)
  std::optional<std::string> expect_output_contains;
  bool may_be_killed = false;  // ends by signal or SIGKILL is no finding (user servers)
  Position position;
};

// What is sent, or wanted: bytes, wherever they came from (text, hex, base64, pattern).
struct Bytes {
  std::string bytes;
  std::string shown;  // as the file wrote it, shortened: for messages
};
// The byte at offset i of a pattern is '!' + i % 89 in every part of wireproof: printable, and of a
// prime period, so that a block that is lost, repeated or moved shows.
std::string pattern(std::size_t length);

// Address of a connect, bind or datagram. Empty fields: the case's own server address, port or
// path.
struct Target {
  std::optional<std::string> address, path;
  std::optional<std::uint16_t> port;
};

namespace step {
struct Connect {
  std::string socket;
  Target to;
  std::string fails; /* "", or "ECONNREFUSED" ... */
  std::optional<Side> side;
  bool begin = false;  // begins it, and goes on at once
};
struct Bind {
  std::string socket;
  Target at;
  std::string fails;
  std::optional<Side> side;
};
struct Listen {
  std::string socket;
  int backlog = 16;
  std::string fails;
  Target at;                 // where it binds first if it was not bound
  std::optional<Side> side;  // always set by the loader: the server's, unless bound elsewhere
};
struct Accept {
  std::string socket, as;
};
struct Send {
  std::string socket;
  Bytes data;
  std::size_t chunk = 0;
  milliseconds chunk_gap{0};
  // Datagrams: a socket's name whose address to send to, or "sender": who sent the last datagram
  // received on this socket. Absent: to_address (of an unconnected socket), or where it is
  // connected.
  std::optional<std::string> to;
  Target to_address;
  std::string fails;
};
struct Expect {
  enum class Kind : std::uint8_t {
    bytes,
    length,
    prefix,
    regex,
    end,
    reset,
    refused,
    error,
    nothing
  };
  std::string socket;
  Kind kind = Kind::bytes;
  Bytes data;                     // bytes, prefix, regex (its text)
  std::size_t length = 0;         // length
  milliseconds quiet{0};          // nothing: for how long
  std::string error;              // error: "ETIMEDOUT" ...
  std::size_t receive = 0;        // buffer of one datagram read (0: large enough)
  std::optional<bool> truncated;  // datagrams: MSG_TRUNC was set or not
  std::string from;  // datagrams: "", "server" or a socket's name whose address it must come from
};
struct Shutdown {
  std::string socket;
  enum class How : std::uint8_t { write, read, both } how = How::write;
};
struct Close {
  std::string socket;
};
struct Abort {
  std::string socket;
};  // RST: SO_LINGER 0 and close
struct SetOption {
  std::string socket;
  std::string option;
  std::int64_t value = 0;
  std::optional<std::int64_t> value2; /* SO_LINGER: on, seconds */
  std::string fails;
  // The side of the socket, always set by the loader: an option may be set before the step that
  // connects, binds or listens, and the socket is then made here.
  std::optional<Side> side;
};
struct Pause {
  milliseconds span{0};
};
// The kernel's state of one end, awaited: of the named socket's connection, or of any that the case
// has.
struct AwaitState {
  Side side = Side::client;
  std::string socket;
  std::vector<tcp::State> states;
  std::size_t count = 1;
  std::optional<wire::Range> timer_ms = {};  // what is left of the timer that the kernel shows
};
struct AwaitPackets {
  Side from = Side::client;
  std::uint16_t flags_all = 0, flags_none = 0;
  std::size_t count = 1;
};  // seen by the capture
// Of the emulated link (topology wire).
struct ReleaseHeld {
  std::string name;
};
struct AwaitHeld {
  std::string name;
  std::size_t count = 1;
};
struct AwaitMatch {
  std::string rule;
  std::size_t count = 1;
};
struct SetLink {
  bool up = true;
};
struct SetConditions {
  wire::Direction direction = wire::Direction::both;
  wire::Conditions conditions;
};
struct AwaitExit {
  Side who = Side::client;
};
struct Launch {
  Side who = Side::client;
};  // else started when the other side is ready
struct Signal {
  Side who = Side::server;
  int number = 15;
};
struct Chmod {
  std::string path;
  unsigned mode = 0;
};  // of the UNIX path ({path})
struct PathExists {
  std::string path;
  bool exists = true;
};
struct Repeat;  // has steps of its own, below
}  // namespace step

struct Step;
struct RepeatStep {
  std::size_t times = 1;
  std::vector<Step> steps;
};

struct Step {
  std::variant<step::Connect, step::Bind, step::Listen, step::Accept, step::Send, step::Expect,
               step::Shutdown, step::Close, step::Abort, step::SetOption, step::Pause,
               step::AwaitState, step::AwaitPackets, step::AwaitExit, step::Launch, step::Signal,
               step::Chmod, step::PathExists, step::ReleaseHeld, step::AwaitHeld, step::AwaitMatch,
               step::SetLink, step::SetConditions, RepeatStep>
      action;
  milliseconds within{2000};  // the deadline of a blocking step
  std::string why;            // the author's words, shown beside it
  std::string shown;          // the step in one line, as reports print it
  Position position;
};

// The judgement wanted of what the packets and the programs show.
struct ConnectionsExpected {
  std::optional<std::size_t> count, at_least;
  tcp::Expectation all;                // each connection
  std::vector<tcp::Expectation> each;  // by order of first packets, before `all`
};
struct FinalState {
  Side side;
  tcp::State state;
  std::size_t count = 1;
};  // read from the kernel when all is quiet

// How many packets of a kind the captures at the ends of a wire show.
struct PacketsExpected {
  // By the capture at their sender's end, at their receiver's, or how many more the former has.
  enum class Where : std::uint8_t { sent, received, lost } where = Where::received;
  wire::Match on;  // with one direction
  wire::Range count = {1};
  std::vector<wire::Range> gaps_ms;  // between the first and the second, the second and the third
  Position position;
};

struct Expected {
  ConnectionsExpected connections;
  udp::Expectation datagrams;
  std::vector<FinalState> kernel;
  std::vector<PacketsExpected> packets;  // topology wire
  std::vector<std::string> allowed;      // rule ids whose findings are known and named here ...
  std::map<std::string, std::string> allowed_why;  // ... with the reason
  std::optional<bool> path_left;                   // UNIX path at the end: false (default) or true
};

struct ExpectedFailure {
  std::string rule, why;
  Position position;
};

struct Case {
  std::string id;  // "tcp/close/client-first@ipv4,four-way"
  std::string title, story;
  std::vector<std::string> tags;
  std::map<std::string, std::string> parameters;  // the matrix's choice
  lab::Topology topology = lab::Topology::loopback;
  std::optional<wire::Plan> wire;      // topology wire; absent: a link that only forwards
  std::vector<lab::Setting> settings;  // of the kernel, in the case's namespaces
  Transport transport = Transport::tcp;
  Family family = Family::ipv4;
  std::optional<Program> server, client;       // absent: the scripted peer's part
  std::vector<std::string> required_programs;  // not all in PATH: the case is skipped
  std::vector<Step> steps;
  std::optional<Workload> load;  // in the place of steps and client: the generator's
  Target load_target;            // topology remote: where the server is
  Expected expected;
  std::vector<ExpectedFailure> expected_failures;  // all of these must fail, and nothing else
  milliseconds time_limit{10000};
  milliseconds settle{1000};          // at the most, for connections to end after the last step
  std::size_t ring_bytes = 2u << 20;  // of each capture
  std::size_t path_length = 0;        // UNIX: bytes of {path}; 0: as short as it comes
  bool retry_inconclusive = true;
  Position position;
};

}  // namespace wireproof::scenario
