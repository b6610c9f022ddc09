#include "load/flood.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <thread>

#include "base/error.h"
#include "load/arrival.h"
#include "load/sequence_check.h"
#include "load/timely.h"

namespace wireproof::load {
namespace {

constexpr unsigned batch = 64;  // datagrams of one system call
constexpr int receive_buffer_bytes = 8 << 20;
constexpr std::int64_t last_words_ns =
    100'000'000;  // receiving goes on so long after the last send
// As many as go: a receiver asleep on its socket would cost the sender a wake-up, a fifth of its
// time, again and again. It looks so often instead, as long as something came so lately.
constexpr long nap_ns = 50'000;
constexpr std::int64_t nap_while_ns = 2'000'000;

class Flood {
 public:
  Flood(Plan plan, const GeneratorOptions& options) : options_(options) {
    recording_.plan = std::move(plan);
  }

  Recording run() {
    Plan& plan = recording_.plan;
    const scenario::Workload& workload = plan.workload;
    plan.window_ns = 100'000'000;
    plan.start_ns = now_ns() + 2'000'000;
    const std::int64_t warm_up = workload.warm_up_span().count();
    plan.measure_ns =
        plan.start_ns + (warm_up + plan.window_ns - 1) / plan.window_ns * plan.window_ns;
    plan.end_ns = plan.measure_ns + workload.duration.count();
    plan.stop = options_.stop;
    open();
    Recorder sent(plan.start_ns, plan.window_ns), received(plan.start_ns, plan.window_ns);
    std::thread receiver([&] {
      const Timely timely;
      receive(received);
    });
    std::thread sender([&] {
      const Timely timely;
      send(sent);
    });
    sender.join();
    receiver.join();
    recording_.ended_ns = now_ns();
    recording_.interrupted = options_.stop != nullptr && options_.stop->load();
    recording_.engine = "sendmmsg";
    tell(sent, received);
    return std::move(recording_);
  }

 private:
  void open() {
    const Plan& plan = recording_.plan;
    const int family = plan.to.address.storage.ss_family;
    const auto fresh = [&] {
      Fd fd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      if (!fd.is_open()) throw_errno("make", "a datagram socket");
      ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                   sizeof receive_buffer_bytes);
      return fd;
    };
    if (plan.workload.sink) {
      sink_ = fresh();
      if (::bind(sink_.get(), plan.to.address.get(), plan.to.address.size) != 0) {
        throw_errno("receive at", plan.to.shown,
                    "with a sink the generator is the server too: nothing else may listen there");
      }
    }
    socket_ = fresh();
    if (family == AF_UNIX && !bind_nameless(socket_)) throw_errno("name", "a datagram socket");
    if (::connect(socket_.get(), plan.to.address.get(), plan.to.address.size) != 0) {
      throw_errno("send to", plan.to.shown);
    }
  }

  bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }

  void send(Recorder& recorder) {
    const Plan& plan = recording_.plan;
    std::string message = plan.workload.message.text;
    message.resize(std::max(message.size(), flood_header_bytes), '.');
    std::vector<std::string> bytes(batch, message);
    std::array<iovec, batch> pieces{};
    std::array<mmsghdr, batch> headers{};
    for (unsigned i = 0; i < batch; ++i) {
      pieces[i] = {bytes[i].data(), bytes[i].size()};
      headers[i].msg_hdr.msg_iov = &pieces[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
    const bool paced = plan.workload.open_loop();
    ArrivalClock arrivals(plan.workload.arrivals, 0, 1, plan.workload.seed);
    // Not an optional: g++ 12 then warns of a value that may not be there where it is looked for.
    constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
    std::int64_t due = paced ? arrivals.next().value_or(never) : never;
    std::uint64_t number = 0;
    while (!stopped()) {
      std::int64_t now = now_ns();
      if (now >= plan.end_ns) break;
      unsigned count = batch;
      if (paced) {
        if (due == never) break;
        if (due > now - plan.start_ns) {
          const std::int64_t until = std::min<std::int64_t>(plan.start_ns + due, plan.end_ns);
          const timespec time{until / 1'000'000'000, until % 1'000'000'000};
          ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr);
          continue;
        }
        for (count = 0; count < batch && due <= now - plan.start_ns; ++count) {
          recorder.roll(now);
          recorder.record(Phase::lateness, now - plan.start_ns - due);
          due = arrivals.next().value_or(never);
        }
      }
      for (unsigned i = 0; i < count; ++i) {
        const std::uint64_t its = number + i;
        std::memcpy(bytes[i].data(), &its, sizeof its);
        std::memcpy(bytes[i].data() + sizeof its, &now, sizeof now);
      }
      unsigned done = 0;
      while (done < count) {
        const int result = ::sendmmsg(socket_.get(), headers.data() + done, count - done, 0);
        if (result < 0) {
          if (errno == EAGAIN) {
            pollfd wait{socket_.get(), POLLOUT, 0};
            ::poll(&wait, 1, 10);
            continue;
          }
          if (errno == EINTR) continue;
          recorder.fail(failure_of_errno(errno), now, std::strerror(errno));
          ++recorder.counts().errors;
          if (++refusals_ > 1'000) break;  // nobody is there
          continue;
        }
        done += static_cast<unsigned>(result);
      }
      number += done;
      recorder.roll(now);
      recorder.counts().sent += done;
      recorder.counts().bytes_sent += done * message.size();
      if (refusals_ > 1'000) break;
    }
    last_send_ns_ = now_ns();
    recorder.finish();
    sent_ = number;
  }

  void receive(Recorder& recorder) {
    const int fd = sink_.is_open() ? sink_.get() : socket_.get();
    std::vector<std::array<char, 2048>> buffers(batch);
    std::array<iovec, batch> pieces{};
    std::array<mmsghdr, batch> headers{};
    for (unsigned i = 0; i < batch; ++i) {
      pieces[i] = {buffers[i].data(), buffers[i].size()};
      headers[i].msg_hdr.msg_iov = &pieces[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
    const bool paced = recording_.plan.workload.open_loop();
    std::int64_t last_arrival = 0;
    while (true) {
      const int count = ::recvmmsg(fd, headers.data(), batch, MSG_DONTWAIT, nullptr);
      const std::int64_t now = now_ns();
      if (count <= 0) {
        const std::int64_t last = last_send_ns_;
        if (last != 0 && now > last + last_words_ns) break;
        if (!paced && now - last_arrival < nap_while_ns) {
          const timespec time{0, nap_ns};
          ::clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
        } else {
          pollfd wait{fd, POLLIN, 0};
          ::poll(&wait, 1, 20);
        }
        continue;
      }
      last_arrival = now;
      recorder.roll(now);
      for (int i = 0; i < count; ++i)
        take(recorder, buffers[static_cast<unsigned>(i)].data(),
             headers[static_cast<unsigned>(i)].msg_len, now);
    }
    recorder.finish();
  }

  void take(Recorder& recorder, const char* bytes, std::size_t length, std::int64_t now) {
    if (length < flood_header_bytes) {
      recorder.fail(Failure::wrong_answer, now, fmt::format("a datagram of {} bytes", length));
      ++recorder.counts().errors;
      return;
    }
    std::uint64_t number = 0;
    std::int64_t sent = 0;
    std::memcpy(&number, bytes, sizeof number);
    std::memcpy(&sent, bytes + sizeof number, sizeof sent);
    if (sent < recording_.plan.start_ns || sent > now) {
      recorder.fail(Failure::unasked, now, "a datagram that was not sent by this run");
      ++recorder.counts().errors;
      return;
    }
    check_.arrived(number, sent, now);
    // Sent while the warm-up lasted, it is not among what was sent in what is measured.
    if (sent < recording_.plan.measure_ns && now >= recording_.plan.measure_ns) return;
    ++recorder.counts().answered;
    recorder.counts().bytes_received += length;
    recorder.record(Phase::latency, now - sent);
  }

  void tell(Recorder& sent, Recorder& received) {
    recording_.windows = merge_windows({sent.take(), received.take()});
    for (const Recorder* one : {&sent, &received}) {
      for (const auto& [kind, examples] : one->examples()) recording_.examples[kind] = examples;
    }
    DatagramResult& all = recording_.datagrams.emplace();
    const double seconds = static_cast<double>(last_send_ns_ - recording_.plan.start_ns) / 1e9;
    all.sent = sent_;
    all.received = check_.received();
    all.lost = sent_ - std::min(sent_, check_.received());
    all.duplicated = check_.duplicated();
    all.reordered = check_.reordered();
    all.jitter_us = check_.jitter_ns() / 1e3;
    if (seconds > 0) {
      all.sent_per_s = static_cast<double>(sent_) / seconds;
      all.received_per_s = static_cast<double>(check_.received()) / seconds;
    }
    recording_.end.last_answer_ns = last_send_ns_;
  }

  const GeneratorOptions& options_;
  Recording recording_;
  Fd socket_, sink_;
  SequenceCheck check_;
  std::atomic<std::int64_t> last_send_ns_{0};
  std::uint64_t sent_ = 0;
  unsigned refusals_ = 0;
};

}  // namespace

Recording run_flood(Plan plan, const GeneratorOptions& options) {
  return Flood(std::move(plan), options).run();
}

}  // namespace wireproof::load
