#include <netinet/in.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "load/engine.h"
#include "load/kernel_stamps.h"

namespace wireproof::load {
namespace {

class EpollEngine final : public Engine {
 public:
  EpollEngine(const EngineOptions& options, Handler& handler)
      : handler_(handler),
        busy_poll_(options.busy_poll),
        datagrams_(options.datagrams),
        buffer_(options.buffer_bytes),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_.is_open()) throw_errno("make", "an epoll set");
  }

  std::string_view name() const override { return "epoll"; }

  void connect(Channel& channel, const SocketAddress& to) override {
    channel.watched = 0;
    channel.unsent = {};
    int result = retry_eintr([&] { return ::connect(channel.fd.get(), to.get(), to.size); });
    // On one machine the handshake is over when connect(2) returns, though it says it is not: asked
    // again, it says so, which saves a turn through epoll.
    if (result != 0 && errno == EINPROGRESS) {
      result = ::connect(channel.fd.get(), to.get(), to.size);
      if (result != 0 && errno == EALREADY) {
        channel.connecting = true;
        watch(channel, EPOLLOUT);
        return;
      }
    }
    const int error = result == 0 ? 0 : errno;
    if (error == 0) watch(channel, EPOLLIN);
    handler_.connected(channel, error);
  }

  bool send(Channel& channel, std::span<const char> bytes) override {
    if (!channel.unsent.empty()) return false;
    const ssize_t count = ::send(channel.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count == static_cast<ssize_t>(bytes.size())) return true;
    if (count < 0 && errno != EAGAIN && errno != EINTR) {
      handler_.failed(channel, errno);
      return false;
    }
    channel.unsent = bytes.subspan(count < 0 ? 0 : static_cast<std::size_t>(count));
    watch(channel, EPOLLIN | EPOLLOUT);
    return false;
  }

  void close(Channel& channel) override {
    channel.unsent = {};
    channel.watched = 0;
    channel.connecting = false;
    channel.fd.close();  // leaves the epoll set by itself
    ++channel.generation;
  }

  void wait(std::int64_t until_ns) override {
    timespec span{0, 0};
    timespec* limit = &span;
    if (!busy_poll_) {
      if (until_ns == never_ns) {
        limit = nullptr;
      } else if (const std::int64_t left = until_ns - now_ns(); left > 0) {
        span = {left / 1'000'000'000, left % 1'000'000'000};
      }
    }
    const int count = ::epoll_pwait2(epoll_.get(), events_.data(), static_cast<int>(events_.size()),
                                     limit, nullptr);
    if (count < 0 && errno != EINTR) throw_errno("wait for", "events");
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events_[static_cast<std::size_t>(i)];
      Channel& channel = *static_cast<Channel*>(event.data.ptr);
      // Closed by a handler a moment ago, with events still in this list.
      if (channel.watched == 0) continue;
      handle(channel, event.events);
    }
  }

 private:
  void watch(Channel& channel, std::uint32_t events) {
    if (channel.watched == events) return;
    epoll_event event{};
    event.events = events;
    event.data.ptr = &channel;
    const int operation = channel.watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (::epoll_ctl(epoll_.get(), operation, channel.fd.get(), &event) != 0) {
      throw_errno("watch", "a socket with epoll", "see /proc/sys/fs/epoll/max_user_watches");
    }
    channel.watched = events;
  }

  void handle(Channel& channel, std::uint32_t events) {
    if (channel.connecting) {
      int error = 0;
      socklen_t size = sizeof error;
      ::getsockopt(channel.fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
      channel.connecting = false;
      if (error == 0) watch(channel, EPOLLIN);
      handler_.connected(channel, error);
      return;
    }
    const std::uint32_t generation = channel.generation;
    if ((events & EPOLLERR) != 0 && channel.stamp_wanted) take_transmit_stamp(channel);
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) receive(channel);
    if (channel.generation != generation) return;
    if ((events & EPOLLOUT) != 0 && !channel.unsent.empty()) go_on_sending(channel);
  }

  void receive(Channel& channel) {
    const int flags = MSG_DONTWAIT | (channel.discard ? MSG_TRUNC : 0);
    const ssize_t count = channel.stamp_wanted
                              ? receive_stamped(channel, buffer_, flags)
                              : ::recv(channel.fd.get(), buffer_.data(), buffer_.size(), flags);
    if (count > 0) {
      handler_.received(channel, {buffer_.data(), static_cast<std::size_t>(count)});
    } else if (count == 0) {
      if (datagrams_) {
        handler_.received(channel, {});
      } else {
        handler_.ended(channel);
      }
    } else if (errno != EAGAIN && errno != EINTR) {
      handler_.failed(channel, errno);
    }
  }

  void go_on_sending(Channel& channel) {
    const ssize_t count =
        ::send(channel.fd.get(), channel.unsent.data(), channel.unsent.size(), MSG_NOSIGNAL);
    if (count < 0) {
      if (errno != EAGAIN && errno != EINTR) handler_.failed(channel, errno);
      return;
    }
    channel.unsent = channel.unsent.subspan(static_cast<std::size_t>(count));
    if (!channel.unsent.empty()) return;
    const std::uint32_t generation = channel.generation;
    handler_.sent(channel);
    if (channel.generation == generation && channel.unsent.empty()) watch(channel, EPOLLIN);
  }

  Handler& handler_;
  const bool busy_poll_;
  const bool datagrams_;
  std::vector<char> buffer_;
  Fd epoll_;
  std::array<epoll_event, 512> events_;
};

}  // namespace

std::unique_ptr<Engine> make_epoll_engine(const EngineOptions& options, Handler& handler) {
  return std::make_unique<EpollEngine>(options, handler);
}

}  // namespace wireproof::load
