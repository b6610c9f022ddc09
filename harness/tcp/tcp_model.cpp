#include "tcp/tcp_model.h"

#include <algorithm>
#include <map>
#include <optional>
#include <queue>

#include "tcp/sequence.h"

namespace wireproof::tcp::testing {
namespace {

namespace flag = packet::flag;

constexpr std::int64_t kMs = 1'000'000;
constexpr int kMostTries = 12;

struct Sent {
  std::uint16_t flags = 0;
  std::int64_t seq = 0, ack = 0;  // relative
  std::uint32_t length = 0, window = 0;
  std::uint32_t stamp = 0, echo = 0;
};

char byte_at(Side side, std::int64_t seq) {
  return static_cast<char>((seq * 31 + (side == Side::client ? 7 : 11)) & 0xFF);
}

// One end: RFC 9293 without options, a fixed window, one retransmission timer, go-back to SND.UNA.
struct End {
  Side side = Side::client;
  State state = State::closed;
  std::int64_t una = 0, next = 0;             // of its own numbers
  std::int64_t received = 0;                  // RCV.NXT
  std::map<std::int64_t, std::int64_t> late;  // out of order: from -> to
  std::int64_t fin_at = -1;                   // the other end's FIN
  std::int64_t stream_end = 1, peer_edge = 0;
  bool wants_close = false, fin_sent = false, aborted = false;
  std::int64_t timer = -1, rto = 200 * kMs;
  int tries = 0;
  bool ack_due = false;
  std::uint32_t stamp_recent = 0;
  bool done() const { return state == State::closed || state == State::time_wait; }
};

class Stage {
 public:
  Stage(const PlayOptions& options, std::mt19937_64& random) : o_(options), random_(random) {}

  Play run() {
    client_.side = Side::client;
    server_.side = Side::server;
    client_.stream_end = 1 + static_cast<std::int64_t>(o_.client_bytes);
    server_.stream_end = 1 + static_cast<std::int64_t>(o_.server_bytes);
    client_.state = State::syn_sent;
    server_.state = State::listen;
    transmit(client_, {.flags = flag::syn, .seq = 0});
    client_.next = 1;
    arm(client_);
    for (int steps = 0; steps < 20'000; ++steps) {
      if (settled()) break;
      if (!step()) break;
    }
    play_.finished = client_.done() && server_.done() && !gave_up_;
    return std::move(play_);
  }

 private:
  struct Flight {
    std::int64_t at;
    std::uint64_t order;
    Side to;
    Sent segment;
    bool operator<(const Flight& rhs) const {
      return std::pair(at, order) > std::pair(rhs.at, rhs.order);
    }
  };

  End& end(Side side) { return side == Side::client ? client_ : server_; }
  End& peer(const End& e) { return end(other(e.side)); }
  bool chance(double p) { return std::uniform_real_distribution<>(0, 1)(random_) < p; }
  bool settled() { return flights_.empty() && client_.done() && server_.done(); }

  void transmit(End& from, Sent segment) {
    segment.window = o_.window;
    if (o_.timestamps) {
      segment.stamp = static_cast<std::uint32_t>(now_ / kMs) + 5;
      segment.echo = (segment.flags & flag::ack) != 0 ? from.stamp_recent : 0;
    }
    record(from, segment);
    if (chance(o_.loss)) return;
    std::int64_t delay = 5 * kMs;
    if (chance(o_.reorder)) delay += 8 * kMs;
    // Segments of one end stay in order but for those delayed.
    flights_.push({now_ + delay, ++order_, other(from.side), segment});
    if (chance(o_.duplicate))
      flights_.push({now_ + delay + kMs, ++order_, other(from.side), segment});
  }

  void record(const End& from, const Sent& s) {
    packet::Packet p;
    p.frame.number = play_.packets.size() + 1;
    p.frame.time_ns = now_;
    p.protocol = packet::Protocol::tcp;
    const packet::Endpoint client{packet::parse_address("10.0.0.1").value(), 40000};
    const packet::Endpoint server{packet::parse_address("10.0.0.2").value(), 80};
    const bool is_client = from.side == Side::client;
    p.source = is_client ? client : server;
    p.destination = is_client ? server : client;
    p.checksum = packet::Checksum::good;
    p.ip_id = static_cast<std::uint32_t>(play_.packets.size() % 65000 + 1);
    p.tcp.flags = s.flags;
    const std::uint32_t isn = is_client ? o_.client_isn : o_.server_isn;
    const std::uint32_t other_isn = is_client ? o_.server_isn : o_.client_isn;
    p.tcp.seq = isn + static_cast<std::uint32_t>(s.seq);
    if ((s.flags & flag::ack) != 0) p.tcp.ack = other_isn + static_cast<std::uint32_t>(s.ack);
    p.tcp.window = static_cast<std::uint16_t>(std::min<std::uint32_t>(s.window, 65535));
    p.tcp.header_length = 20;
    if ((s.flags & flag::syn) != 0) {
      p.tcp.options.mss = static_cast<std::uint16_t>(o_.mss);
      p.tcp.options.window_scale = std::uint8_t{0};
    }
    if (o_.timestamps && (s.flags & flag::rst) == 0) {
      p.tcp.options.timestamps = {s.stamp, s.echo};
    }
    std::string& text = play_.payloads.emplace_back();
    for (std::uint32_t i = 0; i < s.length; ++i) text += byte_at(from.side, s.seq + i);
    p.payload = {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    p.payload_length = s.length;
    play_.packets.push_back(p);
    now_ += 1000;  // packets of one moment have different times
  }

  bool step() {
    std::optional<std::int64_t> due;
    if (!flights_.empty()) due = flights_.top().at;
    for (End* e : {&client_, &server_})
      if (e->timer >= 0 && (!due || e->timer < *due)) due = e->timer;
    if (!due) return false;
    now_ = std::max(now_, *due);
    for (End* e : {&client_, &server_}) {
      if (e->timer >= 0 && e->timer <= now_) {
        timeout(*e);
        return !gave_up_;
      }
    }
    const Flight flight = flights_.top();
    flights_.pop();
    receive(end(flight.to), flight.segment);
    return true;
  }

  void arm(End& e) { e.timer = now_ + e.rto; }

  void timeout(End& e) {
    if (++e.tries > kMostTries) {
      gave_up_ = true;
      return;
    }
    e.rto = std::min<std::int64_t>(e.rto * 2, 10'000 * kMs);
    arm(e);
    resend(e);
  }

  // The first unacknowledged segment.
  void resend(End& e) {
    if (e.state == State::syn_sent) return transmit(e, {.flags = flag::syn, .seq = 0});
    if (e.state == State::syn_received && e.una == 0) {
      return transmit(e, {.flags = flag::syn | flag::ack, .seq = 0, .ack = e.received});
    }
    const std::int64_t data = std::min<std::int64_t>(e.stream_end - e.una, o_.mss);
    Sent s{.flags = flag::ack, .seq = e.una, .ack = e.received};
    s.length =
        static_cast<std::uint32_t>(std::max<std::int64_t>(0, std::min(data, e.next - e.una)));
    if (e.fin_sent && e.una + s.length == e.stream_end) s.flags |= flag::fin;
    transmit(e, s);
  }

  // New data within the window, then the FIN.
  void push(End& e) {
    if (e.state != State::established && e.state != State::close_wait) return;
    while (e.next < e.stream_end && e.next < e.peer_edge) {
      Sent s{.flags = flag::ack, .seq = e.next, .ack = e.received};
      s.length = static_cast<std::uint32_t>(
          std::min({e.stream_end - e.next, std::int64_t{o_.mss}, e.peer_edge - e.next}));
      e.next += s.length;
      if (e.next == e.stream_end) s.flags |= flag::psh;
      e.ack_due = false;
      transmit(e, s);
      if (e.timer < 0) arm(e);
    }
    const bool may_close = e.wants_close && e.next == e.stream_end && !e.fin_sent;
    if (!may_close) return;
    if (o_.reset && first_closer(e)) {
      transmit(e, {.flags = flag::rst | flag::ack, .seq = e.next, .ack = e.received});
      e.state = State::closed;
      e.timer = -1;
      e.aborted = true;
      return;
    }
    e.fin_sent = true;
    e.ack_due = false;
    transmit(e, {.flags = flag::fin | flag::ack, .seq = e.next, .ack = e.received});
    ++e.next;
    e.state = e.state == State::close_wait ? State::last_ack : State::fin_wait_1;
    if (e.timer < 0) arm(e);
  }

  bool first_closer(const End& e) const { return (e.side == Side::client) == o_.client_first; }

  void receive(End& e, const Sent& s) {
    if (e.state == State::closed) {
      if ((s.flags & flag::rst) == 0 && (s.flags & flag::ack) != 0) {
        transmit(e, {.flags = flag::rst, .seq = s.ack});  // RFC 9293 3.10.7.1
      }
      return;
    }
    if ((s.flags & flag::rst) != 0) {
      if (s.seq == e.received) {
        e.state = State::closed;
        e.timer = -1;
      }
      return;
    }
    const bool syn = (s.flags & flag::syn) != 0;
    if (o_.timestamps && s.seq <= e.received && !before(s.stamp, e.stamp_recent)) {
      e.stamp_recent = s.stamp;
    }
    if (syn) return receive_syn(e, s);
    if (e.state == State::listen || e.state == State::syn_sent) return;
    acknowledge(e, s);
    take(e, s);
    decide_close(e);
    push(e);
    if (e.ack_due) {
      e.ack_due = false;
      transmit(e, {.flags = flag::ack, .seq = e.next, .ack = e.received});
      // An end that must not merge has sent its ACK of the FIN by now.
      push(e);
    }
  }

  void receive_syn(End& e, const Sent& s) {
    if (e.state == State::listen || e.state == State::syn_received) {
      e.state = State::syn_received;
      e.received = 1;
      e.peer_edge = 1 + s.window;
      transmit(e, {.flags = flag::syn | flag::ack, .seq = 0, .ack = 1});
      if (e.next == 0) {
        e.next = 1;
        arm(e);
      }
      return;
    }
    if ((s.flags & flag::ack) == 0) return;
    if (e.state == State::syn_sent) {
      e.state = State::established;
      e.received = 1;
      e.una = 1;
      e.timer = -1;
      e.tries = 0;
      e.rto = 200 * kMs;
      e.peer_edge = s.ack + s.window;
      transmit(e, {.flags = flag::ack, .seq = e.next, .ack = 1});
      decide_close(e);
      push(e);
      return;
    }
    transmit(e, {.flags = flag::ack, .seq = e.next, .ack = e.received});
  }

  void acknowledge(End& e, const Sent& s) {
    if (s.ack > e.next) return;
    if (e.state == State::syn_received && s.ack >= 1) e.state = State::established;
    e.peer_edge = std::max(e.peer_edge, s.ack + s.window);
    if (s.ack <= e.una) return;
    e.una = s.ack;
    e.tries = 0;
    e.rto = 200 * kMs;
    if (e.una == e.next) {
      e.timer = -1;
    } else {
      arm(e);
    }
    if (!e.fin_sent || e.una <= e.stream_end) return;
    if (e.state == State::fin_wait_1) e.state = State::fin_wait_2;
    if (e.state == State::closing) e.state = State::time_wait;
    if (e.state == State::last_ack) e.state = State::closed;
  }

  void take(End& e, const Sent& s) {
    const bool fin = (s.flags & flag::fin) != 0;
    if (s.length == 0 && !fin) return;
    e.ack_due = true;
    if (s.length != 0) {
      const std::int64_t to = s.seq + s.length;
      std::int64_t& reach = e.late[s.seq];
      reach = std::max(reach, to);
    }
    if (fin) e.fin_at = s.seq + s.length;
    const std::int64_t known = e.received;
    for (auto it = e.late.begin(); it != e.late.end() && it->first <= e.received;) {
      e.received = std::max(e.received, it->second);
      it = e.late.erase(it);
    }
    if (e.fin_at < 0 || e.received != e.fin_at) return;
    if (known > e.fin_at) return;
    e.received = e.fin_at + 1;
    switch (e.state) {
      case State::established:
        e.state = State::close_wait;
        break;
      case State::fin_wait_1:
        e.state = State::closing;
        break;
      case State::fin_wait_2:
        e.state = State::time_wait;
        e.timer = -1;
        break;
      default:
        break;
    }
    if (!o_.merge_fin && e.state == State::close_wait) {
      e.ack_due = false;
      transmit(e, {.flags = flag::ack, .seq = e.next, .ack = e.received});
    }
  }

  // The program: the first closer closes when it has sent and received all; the other after it.
  void decide_close(End& e) {
    const std::int64_t expected = peer(e).stream_end;
    const bool all = e.received >= expected && e.next == e.stream_end;
    if (o_.both_close) {
      e.wants_close = e.wants_close || all;
    } else if (first_closer(e)) {
      e.wants_close = e.wants_close || all;
    } else {
      e.wants_close = e.wants_close || e.state == State::close_wait;
    }
  }

  const PlayOptions& o_;
  std::mt19937_64& random_;
  End client_, server_;
  std::priority_queue<Flight> flights_;
  std::uint64_t order_ = 0;
  std::int64_t now_ = 1'000'000'000;
  bool gave_up_ = false;
  Play play_;
};

}  // namespace

PlayOptions random_options(std::mt19937_64& random) {
  const auto upto = [&](std::uint64_t most) { return random() % (most + 1); };
  PlayOptions o;
  o.client_bytes = upto(2) == 0 ? 0 : upto(1500);
  o.server_bytes = upto(2) == 0 ? 0 : upto(1500);
  // The wrap anywhere in the connection, or nowhere.
  o.client_isn = upto(1) == 0 ? static_cast<std::uint32_t>(random())
                              : 0u - static_cast<std::uint32_t>(upto(o.client_bytes + 4));
  o.server_isn = upto(1) == 0 ? static_cast<std::uint32_t>(random())
                              : 0u - static_cast<std::uint32_t>(upto(o.server_bytes + 4));
  o.loss = upto(1) == 0 ? 0 : 0.15;
  o.reorder = upto(1) == 0 ? 0 : 0.2;
  o.duplicate = upto(1) == 0 ? 0 : 0.1;
  o.client_first = upto(1) == 0;
  o.both_close = upto(4) == 0;
  o.merge_fin = upto(1) == 0;
  o.reset = upto(6) == 0;
  o.timestamps = upto(1) == 0;
  o.window = static_cast<std::uint32_t>(upto(1) == 0 ? 65535 : 200 + upto(800));
  o.mss = static_cast<std::uint32_t>(20 + upto(300));
  return o;
}

Play play(const PlayOptions& options, std::mt19937_64& random) {
  return Stage(options, random).run();
}

}  // namespace wireproof::tcp::testing
