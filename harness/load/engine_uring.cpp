#include <liburing.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "load/engine.h"

namespace wireproof::load {
namespace {

constexpr unsigned ring_entries = 4096;
constexpr std::size_t piece_bytes = 16u << 10;  // of one receive; a stream takes several

// What a completion was asked for: the channel's number, the generation of its socket, the kind.
enum class Kind : std::uint64_t { connect, send, receive };
constexpr std::uint64_t tag(Kind kind, const Channel& channel) {
  return static_cast<std::uint64_t>(channel.number) << 32 |
         static_cast<std::uint64_t>(channel.generation & 0x3fffffff) << 2 |
         static_cast<std::uint64_t>(kind);
}

class UringEngine final : public Engine {
 public:
  UringEngine(const EngineOptions& options, Handler& handler)
      : handler_(handler),
        busy_poll_(options.busy_poll),
        datagrams_(options.datagrams),
        slots_(options.channels) {
    io_uring_params parameters{};
    parameters.flags =
        IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
    parameters.cq_entries = 4 * ring_entries;
    int error = ::io_uring_queue_init_params(ring_entries, &ring_, &parameters);
    if (error == -EINVAL) {  // before Linux 6.1
      parameters = {};
      error = ::io_uring_queue_init_params(ring_entries, &ring_, &parameters);
    }
    if (error < 0) {
      throw SystemError("make", "an io_uring", -error,
                        "it may be forbidden here (kernel.io_uring_disabled, a container's seccomp "
                        "filter): --engine epoll");
    }
    ::io_uring_ring_dontfork(&ring_);
  }
  ~UringEngine() override { ::io_uring_queue_exit(&ring_); }

  std::string_view name() const override { return "io_uring"; }

  void connect(Channel& channel, const SocketAddress& to) override {
    Slot& slot = slots_[channel.number];
    slot.channel = &channel;
    slot.to = to;
    if (slot.buffer.empty()) slot.buffer.resize(datagrams_ ? 65'536 : piece_bytes);
    channel.unsent = {};
    channel.watched = 0;
    if (datagrams_) {  // never waits
      const int result = ::connect(channel.fd.get(), to.get(), to.size);
      if (result == 0) receive(channel, slot);
      return handler_.connected(channel, result == 0 ? 0 : errno);
    }
    io_uring_sqe* const entry = submission();
    ::io_uring_prep_connect(entry, channel.fd.get(), slot.to.get(), slot.to.size);
    ::io_uring_sqe_set_data64(entry, tag(Kind::connect, channel));
    ++channel.watched;
  }

  bool send(Channel& channel, std::span<const char> bytes) override {
    channel.unsent = bytes;
    io_uring_sqe* const entry = submission();
    ::io_uring_prep_send(entry, channel.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ::io_uring_sqe_set_data64(entry, tag(Kind::send, channel));
    ++channel.watched;
    return false;
  }

  // Completions of what was in flight come with an older generation and are passed over; their
  // buffers are the slot's, which stays.
  void close(Channel& channel) override {
    if (channel.watched > 0) {
      // Whatever is in flight holds the socket: it ends with it.
      ::io_uring_submit(&ring_);
      if (!channel.aborting) ::shutdown(channel.fd.get(), SHUT_RDWR);
      io_uring_sqe* const entry = submission();
      ::io_uring_prep_cancel_fd(entry, channel.fd.get(), IORING_ASYNC_CANCEL_ALL);
      ::io_uring_sqe_set_data64(entry, ~std::uint64_t{0});
      ::io_uring_submit(&ring_);
    }
    channel.fd.close();
    channel.unsent = {};
    ++channel.generation;
    channel.watched = 0;
  }

  void wait(std::int64_t until_ns) override {
    io_uring_cqe* first = nullptr;
    if (busy_poll_) {
      ::io_uring_submit_and_get_events(&ring_);
    } else {
      const std::int64_t left = until_ns == never_ns ? 1'000'000'000 : until_ns - now_ns();
      __kernel_timespec span{std::max<std::int64_t>(0, left) / 1'000'000'000,
                             std::max<std::int64_t>(0, left) % 1'000'000'000};
      ::io_uring_submit_and_wait_timeout(&ring_, &first, 1, &span, nullptr);
    }
    while (::io_uring_peek_cqe(&ring_, &first) == 0) {
      const std::uint64_t data = first->user_data;
      const int result = first->res;
      ::io_uring_cqe_seen(&ring_, first);
      handle(data, result);
    }
  }

 private:
  struct Slot {
    Channel* channel = nullptr;
    SocketAddress to;
    std::vector<char> buffer;
  };

  io_uring_sqe* submission() {
    io_uring_sqe* entry = ::io_uring_get_sqe(&ring_);
    while (entry == nullptr) {
      ::io_uring_submit(&ring_);
      entry = ::io_uring_get_sqe(&ring_);
    }
    return entry;
  }

  void receive(Channel& channel, Slot& slot) {
    io_uring_sqe* const entry = submission();
    ::io_uring_prep_recv(entry, channel.fd.get(), slot.buffer.data(), slot.buffer.size(),
                         channel.discard ? MSG_TRUNC : 0);
    ::io_uring_sqe_set_data64(entry, tag(Kind::receive, channel));
    ++channel.watched;
  }

  void handle(std::uint64_t data, int result) {
    const std::size_t number = data >> 32;
    if (number >= slots_.size() || slots_[number].channel == nullptr) return;
    Slot& slot = slots_[number];
    Channel& channel = *slot.channel;
    if ((data >> 2 & 0x3fffffff) != (channel.generation & 0x3fffffff)) return;
    --channel.watched;
    const std::uint32_t generation = channel.generation;
    switch (static_cast<Kind>(data & 3)) {
      case Kind::connect:
        if (result == 0) receive(channel, slot);
        return handler_.connected(channel, -result);
      case Kind::send:
        if (result < 0) return handler_.failed(channel, -result);
        channel.unsent = channel.unsent.subspan(static_cast<std::size_t>(result));
        if (!channel.unsent.empty()) {
          send(channel, channel.unsent);
        } else {
          handler_.sent(channel);
        }
        return;
      case Kind::receive:
        if (result < 0 && result != -EAGAIN && result != -EINTR) {
          return handler_.failed(channel, -result);
        }
        if (result == 0 && !datagrams_) return handler_.ended(channel);
        if (result >= 0) {
          handler_.received(channel, {slot.buffer.data(), static_cast<std::size_t>(result)});
        }
        if (channel.generation == generation) receive(channel, slot);
        return;
    }
  }

  Handler& handler_;
  const bool busy_poll_;
  const bool datagrams_;
  std::vector<Slot> slots_;
  io_uring ring_{};
};

}  // namespace

std::unique_ptr<Engine> make_uring_engine(const EngineOptions& options, Handler& handler) {
  return std::make_unique<UringEngine>(options, handler);
}

}  // namespace wireproof::load
