// What the link costs, beside a bare forwarder of the same rings and ports that looks at nothing,
// in the same run, and how exact its delays are. Sender, link and receiver share the machine's
// CPUs.
//
//   client namespace eth0 -- to-client [ link or bare forwarder ] to-server -- eth0 server
//   namespace
#include <benchmark/benchmark.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <atomic>
#include <cmath>
#include <latch>
#include <memory>
#include <thread>

#include "packet/build.h"
#include "wire/link_testing.h"
#include "wire/port.h"
#include "wire/ring.h"
#include "wire/tx_ring_for_bench.h"

namespace wireproof::wire {
namespace {

using namespace testing;
namespace build = packet::build;

constexpr std::size_t big_ring = 16u << 20;

struct Bare {
  virtual ~Bare() = default;
  virtual std::uint64_t drops() = 0;
};

// Frames from one interface to the other and nothing else; Sender is Port or TxRing.
template <typename Sender>
class BareForwarder final : public Bare {
 public:
  BareForwarder() {
    thread_ = std::thread([this] {
      while (!stop_) {
        bool busy = false;
        for (std::size_t i = 0; i < 2; ++i) {
          for (int n = 0; n < 64; ++n) {
            const auto received = rings_[i].next();
            if (!received) break;
            ports_[i].lend(received->frame);
            busy = true;
          }
          ports_[i].flush();
          rings_[i].give_back();
        }
        pollfd fds[] = {{rings_[0].fd(), POLLIN, 0}, {rings_[1].fd(), POLLIN, 0}};
        if (!busy) ::poll(fds, 2, 10);
      }
    });
  }
  ~BareForwarder() override {
    stop_ = true;
    thread_.join();
  }
  std::uint64_t drops() override { return rings_[0].take_drops() + rings_[1].take_drops(); }

 private:
  std::array<Ring, 2> rings_{Ring("to-client", big_ring, 1500), Ring("to-server", big_ring, 1500)};
  std::array<Sender, 2> ports_{Sender("to-server"), Sender("to-client")};
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

const lab::Lab& the_lab() {
  static const lab::Lab lab({lab::Topology::wire, lab::enter_isolation(lab::Isolation::user)});
  return lab;
}
int netns(Side side) { return the_lab().host(side).netns.get(); }

enum Forwarder { bare, bare_tx_ring, link_at_rest, link_with_rules };

struct Between {
  explicit Between(std::int64_t kind, Plan plan = {}) {
    the_lab();
    if (kind == bare) forwarder = std::make_unique<BareForwarder<Port>>();
    if (kind == bare_tx_ring) forwarder = std::make_unique<BareForwarder<TxRing>>();
    if (forwarder) return;
    if (kind == link_with_rules) {
      for (std::uint16_t port = 1; port <= 4; ++port) {
        Match on;
        on.flags_all_of = packet::flag::syn;
        on.client_port = port;
        plan.rules.push_back({"rule " + std::to_string(port), on, Drop{}, true});
      }
    }
    LinkOptions options;
    options.ring_bytes = big_ring;
    link = Link::start(plan, options);
  }
  std::uint64_t lost() {
    if (forwarder) return forwarder->drops();
    link->stop(soon());
    return link->stats().lost();
  }
  std::unique_ptr<Bare> forwarder;
  std::unique_ptr<Link> link;
};

build::Bytes frame_of(std::size_t size) {
  const auto from = build::endpoint("192.0.2.1", 4000), to = build::endpoint("192.0.2.2", 4000);
  return build::udp_frame(from, to, build::Bytes(size - 42));
}

// As many frames as pass without loss: fewer are on their way than veth's backlog takes on one
// processor (net.core.netdev_max_backlog, 1000 by default).
void ForwardingRate(benchmark::State& state) {
  constexpr std::uint64_t count = 100'000, most_under_way = 768;
  Between between(state.range(0));
  std::atomic<std::uint64_t> received = 0;
  std::atomic<bool> stop = false;
  std::latch ready(1);
  std::thread receiver([&] {
    const lab::NetnsScope inside(netns(Side::server));
    Ring ring("eth0", big_ring, 1500);
    ready.count_down();
    while (!stop) {
      std::uint64_t got = 0;
      while (const auto frame = ring.next())
        if (frame->frame.size() > 23 && frame->frame[23] == 17) ++got;
      ring.give_back();
      received += got;
      pollfd one{ring.fd(), POLLIN, 0};
      if (got == 0) ::poll(&one, 1, 10);
    }
  });
  std::unique_ptr<Port> port;
  {
    const lab::NetnsScope inside(netns(Side::client));
    port = std::make_unique<Port>("eth0");
  }
  const build::Bytes frame = frame_of(static_cast<std::size_t>(state.range(1)));
  std::uint64_t sent = 0, missing = 0;
  ready.wait();
  for (auto _ : state) {
    const std::uint64_t end = sent + count;
    while (sent < end) {
      for (int i = 0; i < 64; ++i) port->lend(frame);
      port->flush();
      sent += 64;
      const Deadline patience = Deadline::after(2s);
      while (sent - received > most_under_way && !patience.passed()) std::this_thread::yield();
      if (!patience.passed()) continue;
      state.SkipWithError("frames were lost on the way: the machine is too busy to measure");
      break;
    }
    if (state.error_occurred()) break;
    const Deadline deadline = Deadline::after(2s);
    while (received < sent && !deadline.passed()) std::this_thread::yield();
    missing = sent - received;
  }
  stop = true;
  receiver.join();
  state.SetItemsProcessed(static_cast<std::int64_t>(sent));
  state.counters["missing"] = static_cast<double>(missing);
  state.counters["lost"] = static_cast<double>(between.lost());
}
BENCHMARK(ForwardingRate)
    ->ArgNames({"forwarder", "bytes"})
    ->ArgsProduct({{bare, bare_tx_ring, link_at_rest, link_with_rules}, {60, 1514}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// One byte there and one back, over an established connection.
void TcpRoundTrip(benchmark::State& state) {
  Between between(state.range(0));
  const auto at = packet::Endpoint{the_lab().host(Side::server).ipv4, 7000};
  Fd listener, client;
  listener = in_namespace(netns(Side::server), [&] { return witness::testing::listening(at); });
  client = in_namespace(netns(Side::client),
                        [&] { return witness::testing::connected(SOCK_STREAM, at); });
  const Fd server = witness::testing::accepted(listener);
  const int on = 1;
  for (const Fd* one : std::initializer_list<const Fd*>{&client, &server})
    ::setsockopt(one->get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  std::thread echo([&] {
    char byte = 0;
    while (::recv(server.get(), &byte, 1, 0) == 1)
      if (::send(server.get(), &byte, 1, MSG_NOSIGNAL) != 1) break;
  });
  std::vector<double> times;
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    char byte = 'x';
    if (::send(client.get(), &byte, 1, MSG_NOSIGNAL) != 1 || ::recv(client.get(), &byte, 1, 0) != 1)
      state.SkipWithError("the exchange failed");
    times.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin)
            .count());
  }
  ::shutdown(client.get(), SHUT_WR);
  echo.join();
  std::ranges::sort(times);
  state.counters["median_us"] = times[times.size() / 2];
  state.counters["p99_us"] = times[times.size() * 99 / 100];
}
BENCHMARK(TcpRoundTrip)
    ->ArgName("forwarder")
    ->Arg(bare)
    ->Arg(bare_tx_ring)
    ->Arg(link_at_rest)
    ->Arg(link_with_rules)
    ->Iterations(5000)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

// How far from the delay asked for a datagram arrives, by the kernel's time stamps at both ends.
void DelayError(benchmark::State& state) {
  Plan plan;
  plan.client_to_server.delay = std::chrono::microseconds(state.range(0));
  Between between(link_at_rest, plan);
  std::unique_ptr<Ring> ring;
  std::unique_ptr<Port> port;
  {
    const lab::NetnsScope inside(netns(Side::server));
    ring = std::make_unique<Ring>("eth0", 1u << 20, 1500);
  }
  {
    const lab::NetnsScope inside(netns(Side::client));
    port = std::make_unique<Port>("eth0");
  }
  const build::Bytes frame = frame_of(60);
  std::vector<double> errors;
  for (auto _ : state) {
    const std::int64_t sent = realtime_ns();
    port->lend(frame);
    port->flush();
    while (true) {
      const auto received = ring->next();
      if (received && received->frame.size() > 23 && received->frame[23] == 17) {
        errors.push_back(static_cast<double>(received->time_ns - sent) / 1e3 -
                         static_cast<double>(state.range(0)));
        ring->give_back();
        break;
      }
      ring->give_back();
      pollfd one{ring->fd(), POLLIN, 0};
      ::poll(&one, 1, 100);
    }
  }
  for (double& error : errors) error = std::abs(error);
  std::ranges::sort(errors);
  state.counters["median_error_us"] = errors[errors.size() / 2];
  state.counters["p90_error_us"] = errors[errors.size() * 9 / 10];
}
BENCHMARK(DelayError)->ArgName("us")->Arg(1000)->Iterations(300)->UseRealTime();
BENCHMARK(DelayError)->ArgName("us")->Arg(10'000)->Iterations(100)->UseRealTime();
BENCHMARK(DelayError)->ArgName("us")->Arg(100'000)->Iterations(20)->UseRealTime();

// Counts datagrams at the server's end, from its making to its end.
class Counter {
 public:
  Counter() : thread_([this] { count(); }) {
    while (!ready_) std::this_thread::yield();
  }
  ~Counter() {
    stop_ = true;
    thread_.join();
  }
  std::uint64_t received() const { return received_; }
  std::int64_t first_ns() const { return first_ns_; }
  std::int64_t last_ns() const { return last_ns_; }

 private:
  void count() {
    const lab::NetnsScope inside(netns(Side::server));
    Ring ring("eth0", big_ring, 1500);
    ready_ = true;
    while (!stop_) {
      bool busy = false;
      while (const auto frame = ring.next()) {
        busy = true;
        if (frame->frame.size() <= 23 || frame->frame[23] != 17) continue;
        if (received_ == 0) first_ns_ = frame->time_ns;
        last_ns_ = frame->time_ns;
        ++received_;
      }
      ring.give_back();
      pollfd one{ring.fd(), POLLIN, 0};
      if (!busy) ::poll(&one, 1, 10);
    }
  }
  std::atomic<bool> ready_ = false, stop_ = false;
  std::atomic<std::uint64_t> received_ = 0;
  std::atomic<std::int64_t> first_ns_ = 0, last_ns_ = 0;
  std::thread thread_;
};

std::unique_ptr<Port> clients_port() {
  const lab::NetnsScope inside(netns(Side::client));
  return std::make_unique<Port>("eth0");
}

// 100,000 packets through a loss of 1 and of 10 in a hundred: how many are lost, in standard
// deviations of the binomial distribution (99 of 100 times within 2.58).
void LossRate(benchmark::State& state) {
  constexpr std::uint64_t count = 100'000, burst = 50;
  const double probability = static_cast<double>(state.range(0)) / 100;
  for (auto _ : state) {
    Plan plan;
    plan.seed = static_cast<std::uint64_t>(state.range(1));
    plan.client_to_server.loss = IndependentLoss{probability};
    Between between(link_at_rest, plan);
    Counter counter;
    const auto port = clients_port();
    const build::Bytes frame = frame_of(60);
    const auto passed = [&] {
      const LaneStats& lane = between.link->stats().client_to_server;
      return lane.forwarded + lane.dropped_by_condition;
    };
    for (std::uint64_t sent = 0; sent < count;) {
      for (std::uint64_t i = 0; i < burst; ++i) port->lend(frame);
      port->flush();
      sent += burst;
      while (passed() + 1000 < sent) std::this_thread::yield();
    }
    const Deadline deadline = soon();
    while (passed() < count && !deadline.passed()) std::this_thread::yield();
    const std::uint64_t dropped = between.link->stats().client_to_server.dropped_by_condition;
    while (counter.received() + dropped < count && !deadline.passed()) std::this_thread::yield();
    const double mean = count * probability, lost = static_cast<double>(count - counter.received());
    state.counters["lost_percent"] = 100 * lost / count;
    state.counters["deviations"] = (lost - mean) / std::sqrt(mean * (1 - probability));
    state.counters["lost_by_link"] = static_cast<double>(between.lost());
  }
}
BENCHMARK(LossRate)
    ->ArgNames({"percent", "seed"})
    ->ArgsProduct({{1, 10}, {1, 2, 3}})
    ->Iterations(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// A second's worth of full frames at once through a limited rate: what comes out a second.
void RateLimited(benchmark::State& state) {
  const auto rate = static_cast<std::uint64_t>(state.range(0)) * 1'000'000;
  const build::Bytes frame = frame_of(1514);
  const std::uint64_t count = std::max<std::uint64_t>(rate / 8 / frame.size(), 20);
  for (auto _ : state) {
    Plan plan;
    plan.client_to_server.rate = RateLimit{rate};
    Between between(link_at_rest, plan);
    Counter counter;
    const auto port = clients_port();
    for (std::uint64_t sent = 0; sent < count; ++sent) {
      port->lend(frame);
      if (sent % 64 != 63) continue;
      port->flush();
      while (between.link->stats().client_to_server.received + 1000 < sent)
        std::this_thread::yield();
    }
    port->flush();
    const Deadline deadline = Deadline::after(5s);
    while (counter.received() < count && !deadline.passed())
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const double seconds = static_cast<double>(counter.last_ns() - counter.first_ns()) / 1e9;
    const double bits = static_cast<double>((counter.received() - 1) * frame.size() * 8);
    state.counters["percent_of_rate"] = 100 * bits / seconds / static_cast<double>(rate);
    state.counters["lost_by_link"] = static_cast<double>(between.lost());
  }
}
BENCHMARK(RateLimited)
    ->ArgName("Mbit")
    ->Arg(1)
    ->Arg(10)
    ->Arg(100)
    ->Iterations(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace wireproof::wire
