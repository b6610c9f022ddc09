#include <liburing.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <optional>

#include "base/error.h"
#include "load/engine.h"
#include "load/kernel_stamps.h"

namespace wireproof::load {
namespace {

constexpr unsigned ring_entries = 4096;
constexpr std::size_t piece_bytes = 16u << 10;  // of one receive; a stream takes several

// Memory that the kernel takes for whatever comes next, and gets back once that is handled: a
// receive for all of a connection's life (multishot, Linux 6.0) needs no buffer of its own.
class SharedBuffers {
 public:
  static constexpr int group = 1;

  explicit SharedBuffers(io_uring& ring) : bytes_(count * stride) {
    const std::size_t size = count * sizeof(io_uring_buf);
    entries_.reset(static_cast<io_uring_buf_ring*>(std::aligned_alloc(4096, size)));
    if (!entries_) throw std::bad_alloc();
    std::memset(static_cast<void*>(entries_.get()), 0, size);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uint64_t>(entries_.get());
    registration.ring_entries = count;
    registration.bgid = group;
    works_ = ::io_uring_register_buf_ring(&ring, &registration, 0) == 0;
    if (!works_) return;
    for (unsigned i = 0; i < count; ++i) give_back(i);
  }
  bool work() const { return works_; }
  std::span<const char> bytes(unsigned number, std::size_t length) const {
    return {&bytes_[number * stride], length};
  }
  void give_back(unsigned number) {
    ::io_uring_buf_ring_add(entries_.get(), &bytes_[number * stride], room,
                            static_cast<unsigned short>(number), ::io_uring_buf_ring_mask(count),
                            0);
    ::io_uring_buf_ring_advance(entries_.get(), 1);
  }

 private:
  struct Free {
    void operator()(io_uring_buf_ring* ring) const { std::free(ring); }
  };
  // Not a power of two apart: their beginnings, which are used most, share no cache set.
  static constexpr unsigned count = 1024, room = 4096;
  static constexpr std::size_t stride = room + 64;
  std::vector<char> bytes_;
  std::unique_ptr<io_uring_buf_ring, Free> entries_;
  bool works_ = false;
};

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
      recent_ = false;
      parameters = {};
      error = ::io_uring_queue_init_params(ring_entries, &ring_, &parameters);
    }
    if (error < 0) {
      throw SystemError("make", "an io_uring", -error,
                        "it may be forbidden here (kernel.io_uring_disabled, a container's seccomp "
                        "filter): --engine epoll");
    }
    ::io_uring_ring_dontfork(&ring_);
    if (!datagrams_ && recent_) shared_.emplace(ring_);
  }
  ~UringEngine() override { ::io_uring_queue_exit(&ring_); }

  std::string_view name() const override { return "io_uring"; }

  void connect(Channel& channel, const SocketAddress& to) override {
    Slot& slot = slots_[channel.number];
    slot.channel = &channel;
    slot.to = to;
    channel.unsent = {};
    channel.watched = 0;
    if (datagrams_) {  // never waits
      const int result = ::connect(channel.fd.get(), to.get(), to.size);
      return connected(channel, slot, result == 0 ? 0 : errno);
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
      const io_uring_cqe completion = *first;
      ::io_uring_cqe_seen(&ring_, first);
      handle(completion);
      if ((completion.flags & IORING_CQE_F_BUFFER) != 0) {
        shared_->give_back(completion.flags >> IORING_CQE_BUFFER_SHIFT);
      }
    }
  }

 private:
  struct Slot {
    Channel* channel = nullptr;
    SocketAddress to;
    std::vector<char> buffer;
    // Where the kernel's times are wanted:
    std::unique_ptr<StampedMessage> stamped;
  };

  io_uring_sqe* submission() {
    io_uring_sqe* entry = ::io_uring_get_sqe(&ring_);
    while (entry == nullptr) {
      ::io_uring_submit(&ring_);
      entry = ::io_uring_get_sqe(&ring_);
    }
    return entry;
  }

  void connected(Channel& channel, Slot& slot, int error) {
    const std::uint32_t generation = channel.generation;
    handler_.connected(channel, error);
    if (error == 0 && channel.generation == generation) receive(channel, slot, true);
  }

  // `drained`: nothing is there yet, so that a first attempt would be in vain.
  void receive(Channel& channel, Slot& slot, bool drained) {
    io_uring_sqe* const entry = submission();
    const bool own = channel.stamps || channel.discard || !shared_ || !shared_->work();
    if (own && slot.buffer.empty()) slot.buffer.resize(datagrams_ ? 65'536 : piece_bytes);
    if (!own) {
      ::io_uring_prep_recv_multishot(entry, channel.fd.get(), nullptr, 0, 0);
      entry->flags |= IOSQE_BUFFER_SELECT;
      entry->buf_group = SharedBuffers::group;
    } else if (channel.stamps) {
      if (!slot.stamped) slot.stamped = std::make_unique<StampedMessage>();
      slot.stamped->prepare(slot.buffer);
      ::io_uring_prep_recvmsg(entry, channel.fd.get(), &slot.stamped->header, 0);
    } else {
      ::io_uring_prep_recv(entry, channel.fd.get(), slot.buffer.data(), slot.buffer.size(),
                           channel.discard ? MSG_TRUNC : 0);
    }
    if (own && drained && recent_) entry->ioprio |= IORING_RECVSEND_POLL_FIRST;
    ::io_uring_sqe_set_data64(entry, tag(Kind::receive, channel));
    ++channel.watched;
  }

  void handle(const io_uring_cqe& completion) {
    const std::uint64_t data = completion.user_data;
    const int result = completion.res;
    const bool more = (completion.flags & IORING_CQE_F_MORE) != 0;
    const std::size_t number = data >> 32;
    if (number >= slots_.size() || slots_[number].channel == nullptr) return;
    Slot& slot = slots_[number];
    Channel& channel = *slot.channel;
    if ((data >> 2 & 0x3fffffff) != (channel.generation & 0x3fffffff)) return;
    if (!more) --channel.watched;
    const std::uint32_t generation = channel.generation;
    switch (static_cast<Kind>(data & 3)) {
      case Kind::connect:
        return connected(channel, slot, -result);
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
        // Without a buffer (ENOBUFS) it is asked for again, when some have been given back.
        if (result < 0 && result != -EAGAIN && result != -EINTR && result != -ENOBUFS) {
          return handler_.failed(channel, -result);
        }
        if (result == 0 && !datagrams_) return handler_.ended(channel);
        if (result >= 0) {
          if (channel.stamp_wanted && slot.stamped) {
            take_receive_stamp(channel, *slot.stamped);
          }
          const auto length = static_cast<std::size_t>(result);
          handler_.received(
              channel, (completion.flags & IORING_CQE_F_BUFFER) != 0
                           ? shared_->bytes(completion.flags >> IORING_CQE_BUFFER_SHIFT, length)
                           : std::span<const char>(slot.buffer.data(), length));
        }
        if (!more && channel.generation == generation) {
          receive(channel, slot, static_cast<std::size_t>(result) < slot.buffer.size());
        }
        return;
    }
  }

  Handler& handler_;
  const bool busy_poll_;
  const bool datagrams_;
  bool recent_ = true;  // Linux 6.1: knows all that is used here
  std::vector<Slot> slots_;
  io_uring ring_{};
  std::optional<SharedBuffers> shared_;
};

}  // namespace

bool uring_works() {
  io_uring ring;
  if (::io_uring_queue_init(1, &ring, 0) < 0) return false;
  ::io_uring_queue_exit(&ring);
  return true;
}

std::unique_ptr<Engine> make_uring_engine(const EngineOptions& options, Handler& handler) {
  return std::make_unique<UringEngine>(options, handler);
}

}  // namespace wireproof::load
