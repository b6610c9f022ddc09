#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/uring.h"
#include "stream/connection.h"
#include "stream/engine.h"

namespace targets {
namespace {

// A few megabytes of buffers, however long each is.
constexpr std::size_t room_for(const ServerOptions& options) {
  return std::clamp<std::size_t>(options.receive, 4096, 65536);
}
constexpr unsigned buffers_of(std::size_t room) {
  return static_cast<unsigned>((std::size_t{4} << 20) / std::bit_ceil(room));
}

enum class Kind : std::uint64_t { stop, accept, receive, send, poll, none };

// What was asked for: the channel, the generation of its connection, the kind.
constexpr std::uint64_t tag(Kind kind, std::uint32_t channel = 0, std::uint32_t generation = 0) {
  return std::uint64_t{channel} << 32 | std::uint64_t{generation & 0x1fffffff} << 3 |
         static_cast<std::uint64_t>(kind);
}

// Most servers read whatever comes, at once: their receives are completions, and so are their
// sends. One that reads in its own time (--read-gap-ms, --delay-ms, ...), or whole messages, must
// leave bytes in the kernel until then: for it io_uring only tells readiness, as epoll does.
bool reads_at_once(const ServerOptions& options) {
  return options.read_gap_ms == 0 && options.delay_ms == 0 && options.chunk_gap_ms == 0 &&
         options.close_wait_ms == 0 && !options.keeps_messages && !options.speak_first &&
         options.faults.abandons == Abandons::never;
}

class UringEngine final : public Engine {
 public:
  UringEngine(const ServerOptions& options, const StopSignal& stop, EngineEvents& events)
      : events_(events),
        completes_(reads_at_once(options)),
        one_by_one_(options.accept_gap_ms > 0 || options.max_connections > 0),
        ring_(2048),
        buffers_(ring_, room_for(options), buffers_of(room_for(options))) {
    io_uring_sqe* const entry = ring_.submission();
    io_uring_prep_poll_add(entry, stop.fd(), POLLIN);
    io_uring_sqe_set_data64(entry, tag(Kind::stop));
  }

  ~UringEngine() override { ring_.cancel_all(); }

  void start_accepting(int listener) override {
    listener_ = listener;
    if (!accept_in_flight_) accept();
  }
  void stop_accepting() override { listener_ = -1; }

  void want(Connection& connection, Wait::For what) override {
    Channel& channel = channel_of(connection);
    channel.wanted = what;
    if (what == Wait::For::readable) {
      if (!completes_) return poll(channel, POLLIN);
      if (!channel.received.empty() || channel.ended) return be_due(connection);
      if (!channel.receiving) receive(channel);
    } else if (what == Wait::For::writable) {
      if (!completes_) return poll(channel, POLLOUT);
      if (!channel.sending) be_due(connection);
    }
  }

  void forget(Connection& connection) override {
    if (connection.engines_note == 0) return;
    Channel& channel = channel_of(connection);
    if (channel.receiving || channel.sending || channel.polling) {
      io_uring_sqe* const entry = ring_.submission();
      io_uring_prep_cancel_fd(entry, connection.fd(), IORING_ASYNC_CANCEL_ALL);
      io_uring_sqe_set_data64(entry, tag(Kind::none));
      io_uring_submit(ring_.get());
    }
    const std::uint32_t next = channel.generation + 1;
    channel = {};
    channel.generation = next;
    free_.push_back(static_cast<std::uint32_t>(connection.engines_note - 1));
    connection.engines_note = 0;
  }

  ssize_t receive(Connection& connection, std::span<char> room, int flags) override {
    if (!completes_) return recv(connection.fd(), room.data(), room.size(), flags);
    Channel& channel = channel_of(connection);
    // What has just come is given out from where the kernel put it.
    if (!arrived_.empty()) {
      const std::size_t size = arrived_.copy(room.data(), room.size());
      arrived_.remove_prefix(size);
      return static_cast<ssize_t>(size);
    }
    if (!channel.received.empty()) {
      const std::size_t size = channel.received.copy(room.data(), room.size(), channel.taken);
      channel.taken += size;
      if (channel.taken == channel.received.size()) {
        channel.received.clear();
        channel.taken = 0;
      }
      return static_cast<ssize_t>(size);
    }
    if (channel.ended) return outcome(-channel.error);
    return outcome(-EAGAIN);
  }

  ssize_t send(Connection& connection, std::string_view bytes) override {
    if (!completes_) return ::send(connection.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    Channel& channel = channel_of(connection);
    if (channel.sent) return outcome(*std::exchange(channel.sent, std::nullopt));
    if (!channel.sending) {
      io_uring_sqe* const entry = ring_.submission();
      io_uring_prep_send(entry, connection.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      io_uring_sqe_set_data64(entry, tag_of(Kind::send, channel));
      channel.sending = true;
    }
    return outcome(-EAGAIN);
  }

  void wait(int milliseconds) override {
    ring_.wait(1, due_.empty() ? milliseconds : 0);
    // Those that need nothing more from the kernel. What becomes due meanwhile waits a turn.
    for (const auto& [number, generation] : std::exchange(due_, {})) {
      Channel& channel = channels_[number];
      if (channel.connection == nullptr || channel.generation != generation) continue;
      channel.due = false;
      events_.ready(*channel.connection);
    }
    io_uring_cqe* first = nullptr;
    while (io_uring_peek_cqe(ring_.get(), &first) == 0) {
      const io_uring_cqe completion = *first;
      io_uring_cqe_seen(ring_.get(), first);
      handle(completion);
      if ((completion.flags & IORING_CQE_F_BUFFER) != 0) {
        buffers_.give_back(SharedBuffers::number_of(completion));
      }
    }
  }

 private:
  struct Channel {
    Connection* connection = nullptr;
    std::uint32_t generation = 0;
    Wait::For wanted = Wait::For::nothing;
    bool receiving = false, sending = false, polling = false, due = false;
    bool ended = false;  // nothing more will come: the end of the stream, or
    int error = 0;
    std::optional<int> sent;  // the outcome of a send that is still to be told
    std::string received;     // what came before it was wanted ...
    std::size_t taken = 0;    // ... and how much of that was given out
  };

  // A peer that sends and does not read makes the server wait, and then waits itself.
  static constexpr std::size_t most_received = 256 * 1024;

  static ssize_t outcome(int result) {
    if (result >= 0) return result;
    errno = -result;
    return -1;
  }

  Channel& channel_of(Connection& connection) {
    if (connection.engines_note == 0) {
      if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(channels_.size()));
        channels_.emplace_back();
      }
      channels_[free_.back()].connection = &connection;
      connection.engines_note = free_.back() + std::uint64_t{1};
      free_.pop_back();
    }
    return channels_[connection.engines_note - 1];
  }
  std::uint32_t number_of(const Channel& channel) const {
    return static_cast<std::uint32_t>(channel.connection->engines_note - 1);
  }
  std::uint64_t tag_of(Kind kind, const Channel& channel) const {
    return tag(kind, number_of(channel), channel.generation);
  }

  void accept() {
    io_uring_sqe* const entry = ring_.submission();
    // Non-blocking sockets io_uring does not wait for: it would say EAGAIN.
    const int flags = SOCK_CLOEXEC | (completes_ ? 0 : SOCK_NONBLOCK);
    if (one_by_one_) {
      io_uring_prep_accept(entry, listener_, nullptr, nullptr, flags);
    } else {
      io_uring_prep_multishot_accept(entry, listener_, nullptr, nullptr, flags);
    }
    io_uring_sqe_set_data64(entry, tag(Kind::accept));
    accept_in_flight_ = true;
  }

  void receive(Channel& channel) {
    io_uring_sqe* const entry = ring_.submission();
    io_uring_prep_recv_multishot(entry, channel.connection->fd(), nullptr, 0, 0);
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->buf_group = SharedBuffers::group;
    io_uring_sqe_set_data64(entry, tag_of(Kind::receive, channel));
    channel.receiving = true;
  }

  void poll(Channel& channel, unsigned events) {
    io_uring_sqe* const entry = ring_.submission();
    io_uring_prep_poll_add(entry, channel.connection->fd(), events);
    io_uring_sqe_set_data64(entry, tag_of(Kind::poll, channel));
    channel.polling = true;
  }

  void be_due(Connection& connection) {
    Channel& channel = channel_of(connection);
    if (std::exchange(channel.due, true)) return;
    due_.emplace_back(number_of(channel), channel.generation);
  }

  void handle(const io_uring_cqe& completion) {
    const auto kind = static_cast<Kind>(completion.user_data & 7);
    const bool more = (completion.flags & IORING_CQE_F_MORE) != 0;
    if (kind == Kind::none) return;
    if (kind == Kind::stop) return events_.stopped();
    if (kind == Kind::accept) return handle_accept(completion.res, more);
    const auto number = static_cast<std::uint32_t>(completion.user_data >> 32);
    Channel& channel = channels_[number];
    if (channel.connection == nullptr ||
        (completion.user_data >> 3 & 0x1fffffff) != (channel.generation & 0x1fffffff)) {
      return;  // of a connection that has gone
    }
    switch (kind) {
      case Kind::receive:
        return handle_receive(channel, completion, more);
      case Kind::send:
        channel.sending = false;
        channel.sent = completion.res;
        if (channel.wanted == Wait::For::writable) events_.ready(*channel.connection);
        return;
      default:
        channel.polling = false;
        if (channel.wanted != Wait::For::nothing) events_.ready(*channel.connection);
    }
  }

  void handle_accept(int result, bool more) {
    accept_in_flight_ = more;
    if (result >= 0) {
      Fd socket(result);
      Address peer = Address::empty();
      getpeername(socket.get(), peer.fill(), peer.fill_size());
      events_.accepted(std::move(socket), peer);
    } else if (result != -EINTR && result != -EAGAIN && result != -ECANCELED) {
      events_.accept_failed(-result);
    }
    if (!accept_in_flight_ && listener_ >= 0) accept();
  }

  void handle_receive(Channel& channel, const io_uring_cqe& completion, bool more) {
    const int result = completion.res;
    if (!more) channel.receiving = false;
    if (result > 0) {
      const std::string_view bytes =
          buffers_.bytes(SharedBuffers::number_of(completion), static_cast<std::size_t>(result));
      const bool waits = channel.wanted == Wait::For::readable && channel.received.empty();
      if (!waits) {
        channel.received.append(bytes);
        if (channel.received.size() > most_received && channel.receiving) pause(channel);
        return;
      }
      arrived_ = bytes;
      const std::uint32_t generation = channel.generation;
      events_.ready(*channel.connection);
      const std::string_view left = std::exchange(arrived_, {});
      if (channel.generation != generation) return;  // closed
      channel.received.append(left);
      if (channel.wanted != Wait::For::readable) return;
      if (!left.empty()) {
        be_due(*channel.connection);
      } else if (!channel.receiving) {
        receive(channel);
      }
      return;
    }
    if (result == -ENOBUFS || result == -EAGAIN || result == -EINTR || result == -ECANCELED) {
      const bool asks = channel.wanted == Wait::For::readable && channel.received.empty();
      if (asks && !channel.receiving) receive(channel);
      return;
    }
    channel.ended = true;
    channel.error = -result;
    if (channel.wanted == Wait::For::readable && channel.received.empty()) {
      events_.ready(*channel.connection);
    }
  }

  // Until what is there has been taken: then want() receives again.
  void pause(Channel& channel) {
    io_uring_sqe* const entry = ring_.submission();
    io_uring_prep_cancel64(entry, tag_of(Kind::receive, channel), 0);
    io_uring_sqe_set_data64(entry, tag(Kind::none));
  }

  EngineEvents& events_;
  const bool completes_, one_by_one_;
  Uring ring_;
  SharedBuffers buffers_;
  int listener_ = -1;  // while it accepts
  bool accept_in_flight_ = false;
  std::deque<Channel> channels_;
  std::vector<std::uint32_t> free_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> due_;  // channels, and their generations
  std::string_view arrived_;
};

}  // namespace

std::unique_ptr<Engine> make_uring_engine(const ServerOptions& options, const StopSignal& stop,
                                          EngineEvents& events) {
  return std::make_unique<UringEngine>(options, stop, events);
}

}  // namespace targets
