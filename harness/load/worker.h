// One thread of the generator: its connections, what is in flight on each, and when the next
// request is due. It never asks what the clock says more often than once an event.
//
//   closed ──> opening ──> ready <──> busy        (request_response; busy: requests in flight)
//     ^                      │          │
//     └── closing <──────────┴──────────┘         (waits for the server's end of stream)
//
// In an open loop a request that is due takes the connection that has been ready for longest. Where
// none is, it waits, and its time runs: it was meant for then, whoever kept it waiting.
// Thread rule: run() on one thread; the recorder's windows may be read by others. Lifetime: the
// plan outlives it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <vector>

#include "load/answer.h"
#include "load/arrival.h"
#include "load/engine.h"
#include "load/plan.h"
#include "load/recorder.h"
#include "witness/socket_table.h"

namespace wireproof::load {

// What is left when a thread has ended.
struct WorkerEnd {
  std::uint64_t in_flight = 0;  // sent, and neither answered nor given up at the end
  std::uint64_t not_sent = 0;   // due before the end, and never sent
  std::uint64_t warm_up_requests = 0;
  std::uint64_t most_connected = 0;
  unsigned spread_over = 0;  // source addresses, where ports had run out at fewer
  std::int64_t last_answer_ns = 0;
  // Of the thread: time on a processor, and time that it waited for one (schedstat).
  std::int64_t run_ns = 0, runqueue_ns = 0;
  std::vector<witness::TcpInfo> tcp_infos;  // of a sample of connections, before their close
  std::vector<std::int64_t> sends_ns;       // the first sends' times: for a test of arrivals
  std::string failure;                      // what ended the thread early, in words
};

class Worker final : private Handler {
 public:
  Worker(const Plan& plan, unsigned share);
  ~Worker();

  void run();
  const Recorder& recorder() const { return recorder_; }
  Recorder& recorder() { return recorder_; }
  const WorkerEnd& end() const { return end_; }
  std::string_view engine_name() const { return engine_name_; }

 private:
  struct Request {
    std::int64_t intended_ns = 0, sent_ns = 0, first_byte_ns = 0;
    std::uint64_t number = 0;
    bool counted = false;  // among those sent in the measured time
  };
  enum class State : std::uint8_t { closed, opening, ready, busy, closing };
  struct Connection {
    Channel channel;
    unsigned sources = 1;  // that were in use when it was attempted
    State state = State::closed;
    bool queued = false;                // in ready_
    bool unasked = false;               // bytes that no request asked for were told of
    std::uint32_t count = 0, head = 0;  // requests in flight: ring_[head] ...
    std::vector<Request> ring;
    std::string pending;           // of an answer that is not whole
    std::string out, pending_out;  // requests that are not constant, and those behind them
    std::size_t scanned = 0;
    std::int64_t opened_ns = 0, closing_ns = 0, free_ns = 0;
  };
  using Timed = std::pair<std::int64_t, std::uint32_t>;  // when, which connection

  // Handler
  void connected(Channel& channel, int error) override;
  void sent(Channel& channel) override;
  void received(Channel& channel, std::span<const char> bytes) override;
  void ended(Channel& channel) override;
  void failed(Channel& channel, int error) override;

  Connection& of(Channel& channel) { return connections_[channel.number]; }
  void loop();
  std::int64_t ramp_offset_ns(std::uint32_t number) const;
  void fire_timers(std::int64_t now);
  void dispatch(std::int64_t now);
  void serve_due(Connection& one, std::int64_t now);
  bool take_arrival(std::int64_t now, std::int64_t& intended);
  bool waits_out_pause(Connection& one, std::int64_t now);
  void fill(Connection& one, std::int64_t now);
  void open(Connection& one, std::int64_t intended, std::int64_t now);
  void begin(Connection& one, Request& request, std::int64_t intended, std::int64_t now);
  void attempt(Connection& one);
  bool bind_source(Connection& one);
  bool takes_more_sources();
  void issue(Connection& one, std::int64_t intended, std::int64_t now);
  void transmit(Connection& one, std::uint64_t number);
  std::size_t send_with_stamp(Connection& one, std::span<const char> bytes);
  bool stamp_is_due(Connection& one);
  void record_stamps(Connection& one, const Request& request, std::int64_t now);
  void sample_tcp_info(const Connection& one);
  void become_ready(Connection& one, std::int64_t now);
  void answered(Connection& one, std::string_view answer, std::int64_t now);
  void next_after(Connection& one, std::int64_t now);
  void end_connection(Connection& one, std::int64_t now);
  void drop(Connection& one, std::int64_t now);
  void fail_all(Connection& one, Failure kind, std::int64_t now, std::string_view words);
  void give_up(Connection& one, Failure kind, std::int64_t now, std::string_view words);
  void reopen_later(Connection& one, std::int64_t now);
  void stream_on(Connection& one);
  void unqueue(Connection& one);
  void sweep(std::int64_t now);
  void connected_too_late(Connection& one, std::int64_t now);
  bool answers_of_datagrams() const;
  void note_unasked(Connection& one, std::string_view bytes, std::int64_t now);
  void look_for_unasked(Connection& one, std::int64_t now);
  void finish();
  bool is_measured(std::int64_t time_ns) const { return time_ns >= plan_.measure_ns; }
  bool counts(Request& request, std::int64_t now);
  bool over(std::int64_t now) const { return now >= plan_.end_ns || operations_left_ == 0; }
  Request& oldest(Connection& one) { return one.ring[one.head]; }
  void pop(Connection& one);

  const Plan& plan_;
  const scenario::Workload& workload_;
  const unsigned share_;
  Recorder recorder_;
  Requests requests_;
  Answers answers_;
  ArrivalClock arrivals_;
  std::optional<std::int64_t> next_arrival_ns_;
  std::vector<Connection> connections_;
  std::vector<std::uint32_t> ready_;  // a ring of connections without work, longest ready first
  std::size_t ready_head_ = 0, ready_count_ = 0;
  std::priority_queue<Timed, std::vector<Timed>, std::greater<>> timers_;
  std::vector<std::uint32_t> streams_;  // whose socket took all and may take more
  std::string stream_piece_, scratch_;
  std::unique_ptr<Engine> engine_;
  std::string engine_name_;
  std::int64_t now_ns_ = 0, next_sweep_ns_ = 0, sweep_span_ns_ = 0;
  std::uint64_t closes_seen_ = 0, closes_a_sample_ = 1;
  std::uint64_t operations_left_ = 0, next_number_ = 0, in_flight_ = 0, open_ = 0;
  std::uint32_t next_source_ = 0;
  unsigned sources_;
  std::int64_t next_stamp_ns_ = 0;
  std::int64_t backoff_ns_ = 1'000'000, alive_ns_ = 0;
  WorkerEnd end_;
};

}  // namespace wireproof::load
