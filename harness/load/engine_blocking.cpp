#include <poll.h>
#include <sys/time.h>

#include <algorithm>

#include "base/error.h"
#include "load/engine.h"
#include "load/kernel_stamps.h"

namespace wireproof::load {
namespace {

// A receive that blocks looks up this often, to see its thread's deadlines.
constexpr timeval look_up{0, 50'000};

class BlockingEngine final : public Engine {
 public:
  BlockingEngine(const EngineOptions& options, Handler& handler)
      : handler_(handler),
        busy_poll_(options.busy_poll),
        datagrams_(options.datagrams),
        buffer_(options.buffer_bytes) {
    if (options.channels != 1) {
      throw SystemError("use", "the blocking engine", EINVAL,
                        "it has one connection a thread: as many threads as connections");
    }
  }

  std::string_view name() const override { return "blocking"; }

  void connect(Channel& channel, const SocketAddress& to) override {
    const int fd = channel.fd.get();
    // SO_SNDTIMEO bounds connect(2) as well.
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &look_up, sizeof look_up);
    int result = retry_eintr([&] { return ::connect(fd, to.get(), to.size); });
    if (result != 0 && errno == EINPROGRESS) {
      pollfd wait{fd, POLLOUT, 0};
      const int ready = retry_eintr([&] { return ::poll(&wait, 1, 5'000); });
      int error = ETIMEDOUT;
      socklen_t size = sizeof error;
      if (ready > 0) ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
      result = error == 0 ? 0 : -1;
      errno = error;
    }
    channel_ = &channel;
    channel.unsent = {};
    handler_.connected(channel, result == 0 ? 0 : errno);
  }

  bool send(Channel& channel, std::span<const char> bytes) override {
    while (!bytes.empty()) {
      const ssize_t count = ::send(channel.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count < 0) {
        if (errno == EINTR) continue;
        if (errno == EAGAIN) {  // the socket does not block: its user opened it so
          pollfd wait{channel.fd.get(), POLLOUT, 0};
          if (retry_eintr([&] { return ::poll(&wait, 1, 5'000); }) > 0) continue;
          errno = ETIMEDOUT;
        }
        handler_.failed(channel, errno);
        return false;
      }
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return true;
  }

  void close(Channel& channel) override {
    if (channel_ == &channel) channel_ = nullptr;
    channel.fd.close();
    ++channel.generation;
  }

  void wait(std::int64_t until_ns) override {
    if (channel_ == nullptr) {
      if (!busy_poll_) sleep_until(until_ns);
      return;
    }
    Channel& channel = *channel_;
    // Where nothing is asked, what comes all the same is handed on at once.
    if (!channel.awaiting && !busy_poll_ && !comes_before(channel.fd.get(), until_ns)) return;
    const int flags =
        (busy_poll_ || !channel.awaiting ? MSG_DONTWAIT : 0) | (channel.discard ? MSG_TRUNC : 0);
    const ssize_t count = channel.stamp_wanted
                              ? receive_stamped(channel, buffer_, flags)
                              : ::recv(channel.fd.get(), buffer_.data(), buffer_.size(), flags);
    if (count > 0 || (count == 0 && datagrams_)) {
      handler_.received(channel, {buffer_.data(), static_cast<std::size_t>(count)});
    } else if (count == 0) {
      handler_.ended(channel);
    } else if (errno != EAGAIN && errno != EINTR) {
      handler_.failed(channel, errno);
    }
  }

 private:
  static bool comes_before(int fd, std::int64_t until_ns) {
    const std::int64_t left = std::clamp<std::int64_t>(until_ns - now_ns(), 0, 50'000'000);
    const timespec span{0, left};
    pollfd wait{fd, POLLIN, 0};
    if (::ppoll(&wait, 1, &span, nullptr) <= 0) return false;
    if ((wait.revents & POLLERR) != 0) {  // the kernel's times of a send, which nobody wants now
      char none = 0;
      while (::recv(fd, &none, sizeof none, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0) {
      }
    }
    return true;
  }

  static void sleep_until(std::int64_t until_ns) {
    const std::int64_t latest = now_ns() + 50'000'000;
    const std::int64_t end = std::min(until_ns, latest);
    const timespec time{end / 1'000'000'000, end % 1'000'000'000};
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr);
  }

  Handler& handler_;
  const bool busy_poll_;
  const bool datagrams_;
  std::vector<char> buffer_;
  Channel* channel_ = nullptr;
};

}  // namespace

std::unique_ptr<Engine> make_blocking_engine(const EngineOptions& options, Handler& handler) {
  return std::make_unique<BlockingEngine>(options, handler);
}

std::unique_ptr<Engine> make_engine(const EngineOptions& options, Handler& handler) {
  switch (options.kind) {
    case scenario::EngineKind::blocking:
      return make_blocking_engine(options, handler);
    case scenario::EngineKind::io_uring:
      return make_uring_engine(options, handler);
    case scenario::EngineKind::automatic:
    case scenario::EngineKind::epoll:
      break;
  }
  return make_epoll_engine(options, handler);
}

}  // namespace wireproof::load
