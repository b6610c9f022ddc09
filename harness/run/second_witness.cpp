#include "run/second_witness.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "run/rules.h"

namespace wireproof::run {
namespace {

using report::ConnectionReport;
using tcp::State;
using witness::TcpSocket;

// How far a state may be from its packet: the kernel changes state before it sends and after it
// receives, and may be preempted in between.
constexpr std::int64_t slack_ns = 100'000'000;
constexpr std::int64_t time_wait_ns = 60'000'000'000;  // TCP_TIMEWAIT_LEN

bool is_end_of(const TcpSocket& socket, const tcp::Connection& connection, Side side) {
  return socket.local == connection.end(side).endpoint &&
         socket.remote == connection.end(other(side)).endpoint;
}

// The state an end was in at the beginning of a span, and all it took on until its end.
std::vector<State> states_between(const tcp::Connection& connection, Side side,
                                  std::int64_t from_ns, std::int64_t to_ns) {
  std::vector<State> states;
  State before = side == Side::server ? State::listen : State::closed;
  for (const auto& change : connection.transitions) {
    if (change.side != side) continue;
    if (change.time_ns < from_ns) {
      before = change.to;
    } else if (change.time_ns <= to_ns) {
      if (states.empty()) before = change.from;
      states.push_back(change.to);
    }
  }
  states.insert(states.begin(), before);
  return states;
}

std::string joined(const std::vector<State>& states) {
  std::string text;
  for (const State state : states) {
    text += (text.empty() ? "" : " or ") + std::string(tcp::name(state));
  }
  return text;
}

std::vector<std::uint64_t> last_packet_of(const tcp::Connection& connection, Side side) {
  std::vector<std::uint64_t> packets;
  for (const auto& change : connection.transitions) {
    if (change.side == side && change.packet != 0) packets = {change.packet};
  }
  return packets;
}

std::string where(const tcp::Connection& connection, Side side) {
  return fmt::format("connection {}, {} {}", connection.index, name(side),
                     to_string(connection.end(side).endpoint));
}

// Of connections with the same ports (one after the other) only the last can have its socket still.
bool is_last_of_its_ports(const std::vector<ConnectionReport>& all, std::size_t at) {
  const auto& ends = all[at].connection.ends;
  return std::none_of(
      all.begin() + static_cast<std::ptrdiff_t>(at) + 1, all.end(),
      [&](const ConnectionReport& later) {
        const auto& others = later.connection.ends;
        return (others[0].endpoint == ends[0].endpoint && others[1].endpoint == ends[1].endpoint) ||
               (others[0].endpoint == ends[1].endpoint && others[1].endpoint == ends[0].endpoint);
      });
}

bool known(State state) { return state != State::unknown; }

class Comparison {
 public:
  Comparison(const std::vector<ConnectionReport>& connections, report::WitnessReport& witness,
             std::optional<Side> only)
      : connections_(connections), witness_(witness), only_(only) {}

  void readings() {
    for (const auto& reading : witness_.readings) {
      if (!is_asked(reading.side)) continue;
      for (const auto& one : connections_) {
        const auto& connection = one.connection;
        if (!is_end_of(reading.socket, connection, reading.side)) continue;
        // The next connection of the same ports has its own life.
        if (reading.socket.read_ns + slack_ns < connection.first_time_ns) continue;
        const auto states = states_between(connection, reading.side, reading.asked_ns - slack_ns,
                                           reading.socket.read_ns + slack_ns);
        if (std::any_of(states.begin(), states.end(), [](State s) { return !known(s); })) continue;
        ++witness_.compared;
        if (std::find(states.begin(), states.end(), reading.socket.state) != states.end()) break;
        disagree(rule::witness_state, connection, reading.side, joined(states) + " (packets)",
                 fmt::format("{} (kernel, at {})", tcp::name(reading.socket.state), reading.step));
        break;
      }
    }
  }

  void final_states() {
    for (std::size_t at = 0; at < connections_.size(); ++at) {
      if (!is_last_of_its_ports(connections_, at)) continue;
      const auto& connection = connections_[at].connection;
      for (const Side side : {Side::client, Side::server}) {
        if (!is_asked(side)) continue;
        const State by_packets = connection.end(side).state;
        if (!known(by_packets)) continue;
        const State by_kernel = final_state(connection, side);
        ++witness_.compared;
        if (agree(by_packets, by_kernel) ||
            (by_kernel == State::closed && time_wait_over(connection, side)))
          continue;
        disagree(rule::witness_final, connection, side,
                 fmt::format("{} (packets)", tcp::name(by_packets)),
                 fmt::format("{} (kernel)",
                             by_kernel == State::closed ? "no socket" : tcp::name(by_kernel)));
      }
    }
  }

  void counts() {
    for (const auto& socket : witness_.destroyed) {
      if (!socket.info || was_given_up(socket)) continue;
      for (const auto& one : connections_) {
        for (const Side side : {Side::client, Side::server}) {
          if (is_asked(side) && is_end_of(socket, one.connection, side) &&
              is_whole(one.connection) && unique(one.connection)) {
            compare_counts(one.connection, side, *socket.info);
          }
        }
      }
    }
  }

  std::vector<Finding> take() { return std::move(findings_); }

 private:
  bool is_asked(Side side) const { return !only_ || *only_ == side; }

  // An attempt to open that was abandoned, where another socket of the same ports got further: the
  // packets of both are one connection's. What the kernel says of the other may come too late to be
  // heard: a socket that got nothing never opened, whoever else did.
  bool was_given_up(const witness::TcpSocket& socket) const {
    if (socket.info->segments_in == 0) return true;
    const auto segments = [](const witness::TcpInfo& info) {
      return std::uint64_t{info.segments_in} + info.segments_out;
    };
    return std::ranges::any_of(witness_.destroyed, [&](const witness::TcpSocket& other) {
      return other.info && other.local == socket.local && other.remote == socket.remote &&
             segments(*other.info) > segments(*socket.info);
    });
  }

  // A socket of these endpoints, or none: an end without one is CLOSED, or was never more than
  // LISTEN.
  State final_state(const tcp::Connection& connection, Side side) const {
    for (const auto& socket : witness_.final_sockets) {
      if (is_end_of(socket, connection, side)) return socket.state;
    }
    return State::closed;
  }

  // An attempt to open that is given up (a timeout, close(2) in SYN_SENT) ends without a packet.
  static bool agree(State by_packets, State by_kernel) {
    if (by_packets == by_kernel) return true;
    return by_kernel == State::closed &&
           (by_packets == State::listen || by_packets == State::syn_sent ||
            by_packets == State::syn_received);
  }

  // TIME_WAIT leaves without a packet: after its time (60 s in Linux, from the last segment that
  // came), or by a RST where tcp_rfc1337 does not say otherwise.
  bool time_wait_over(const tcp::Connection& connection, Side side) const {
    const auto& end = connection.end(side);
    return end.state == State::time_wait &&
           (end.reset_in_time_wait ||
            witness_.final_read_ns - connection.last_time_ns >= time_wait_ns - slack_ns);
  }

  static bool is_whole(const tcp::Connection& connection) {
    return connection.opening == tcp::Opening::three_way ||
           connection.opening == tcp::Opening::simultaneous;
  }

  bool unique(const tcp::Connection& connection) const {
    return std::count_if(connections_.begin(), connections_.end(), [&](const auto& one) {
             return one.connection.ends[0].endpoint == connection.ends[0].endpoint &&
                    one.connection.ends[1].endpoint == connection.ends[1].endpoint;
           }) == 1;
  }

  void compare_counts(const tcp::Connection& connection, Side side, const witness::TcpInfo& info) {
    const auto& own = connection.end(side);
    const auto& peer = connection.end(other(side));
    // bytes_received counts what RCV.NXT moved by: the payload, and the peer's FIN as one. An end
    // that was reset, or answers data by a reset, need not have taken all that arrived.
    const bool orderly = connection.closing != tcp::Closing::reset;
    if (orderly) {
      ++witness_.compared;
      const std::uint64_t fin = peer.fin_seq ? 1 : 0;
      if (info.bytes_received != peer.payload_bytes &&
          info.bytes_received != peer.payload_bytes + fin) {
        disagree(rule::witness_bytes, connection, side,
                 fmt::format("{} bytes of payload received (packets)", peer.payload_bytes),
                 fmt::format("{} (kernel)", info.bytes_received));
      }
    }
    // Where only this end's capture is asked, what it shows twice was sent twice: a SYN-ACK sent
    // again may be the same to the last byte. Acknowledgements alone the kernel does not count.
    std::uint64_t sent_again = own.retransmissions;
    if (only_) {
      sent_again += static_cast<std::uint64_t>(std::count_if(
          connection.segments.begin(), connection.segments.end(), [&](const tcp::Segment& one) {
            return one.from == side && (one.marks & tcp::mark::capture_duplicate) != 0 &&
                   one.end() != one.seq;
          }));
    }
    ++witness_.compared;
    if (info.total_retransmissions != sent_again) {
      disagree(rule::witness_retransmissions, connection, side,
               fmt::format("{} retransmissions (packets)", sent_again),
               fmt::format("{} (kernel)", info.total_retransmissions));
    }
  }

  void disagree(const Rule& rule, const tcp::Connection& connection, Side side, std::string packets,
                std::string kernel) {
    ++witness_.disagreements;
    Finding finding = make_finding(rule, Blame::none, last_packet_of(connection, side),
                                   std::move(packets), std::move(kernel));
    finding.where = where(connection, side);
    findings_.push_back(std::move(finding));
  }

  const std::vector<ConnectionReport>& connections_;
  report::WitnessReport& witness_;
  std::optional<Side> only_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> compare_witnesses(const std::vector<ConnectionReport>& connections,
                                       report::WitnessReport& witness, bool quiet,
                                       std::optional<Side> only) {
  Comparison comparison(connections, witness, only);
  comparison.readings();
  if (quiet) comparison.final_states();
  comparison.counts();
  return comparison.take();
}

std::vector<Finding> judge_final_states(const std::vector<scenario::FinalState>& expected,
                                        const std::vector<TcpSocket>& sockets,
                                        std::uint16_t server_port,
                                        const std::vector<ConnectionReport>& connections) {
  std::vector<Finding> findings;
  for (const auto& wanted : expected) {
    std::size_t seen = 0;
    std::string listed;
    for (const auto& socket : sockets) {
      const bool of_side = (wanted.side == Side::server) == (socket.local.port == server_port);
      if (!of_side) continue;
      if (socket.state == wanted.state) ++seen;
      listed += (listed.empty() ? "" : ", ") + std::string(tcp::name(socket.state));
    }
    if (seen == wanted.count) continue;
    findings.push_back(make_finding(
        rule::final_state, wanted.side == Side::client ? Blame::client : Blame::server, {},
        fmt::format("{} in {} at the {}", wanted.count, tcp::name(wanted.state), name(wanted.side)),
        fmt::format("{}: {}", seen, listed.empty() ? "no socket" : listed)));
    const auto ended = static_cast<std::size_t>(
        std::ranges::count_if(connections, [&](const ConnectionReport& one) {
          return one.connection.end(wanted.side).reset_in_time_wait;
        }));
    if (wanted.state == State::time_wait && seen < wanted.count && seen + ended >= wanted.count) {
      findings.back().inconclusive = true;
      findings.back().observed += "; a RST ended TIME_WAIT";
    }
  }
  return findings;
}

}  // namespace wireproof::run
