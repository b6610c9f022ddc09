#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/uring.h"
#include "datagram/datagram_engine.h"
#include "datagram/datagram_server.h"

namespace targets {
namespace {

constexpr std::size_t most_sends = 32;
constexpr unsigned most_buffers = 64;
constexpr std::size_t longest_datagram = 65536;  // no UDP one is as long

// A send adds its place to its kind.
enum Kind : std::uint64_t { stop_came, received, first_send };

// A buffer holds what the kernel says of a datagram, then where it came from, then its bytes:
//
//   | io_uring_recvmsg_out | sockaddr_storage | --receive bytes |
//
// It belongs to the server from the datagram's arrival until the next one's, and to each answer
// that was sent meanwhile until that has gone out.
class UringEngine final : public DatagramEngine {
 public:
  UringEngine(int fd, const DatagramServerOptions& options, const StopSignal& stop)
      : fd_(fd),
        ring_(128),
        // A server that takes its time leaves in the kernel what it is not ready for, and answers
        // one datagram before it begins to wait with the next.
        buffers_(ring_, header + std::min(options.receive, longest_datagram),
                 options.delay_ms > 0 ? 1 : most_buffers) {
    for (std::size_t place = most_sends; place > 0; --place) free_.push_back(place - 1);
    form_.msg_namelen = sizeof(sockaddr_storage);
    io_uring_sqe* const entry = ring_.submission();
    io_uring_prep_poll_add(entry, stop.fd(), POLLIN);
    io_uring_sqe_set_data64(entry, stop_came);
  }

  ~UringEngine() override { ring_.cancel_all(); }

  bool next(Arrived& datagram) override {
    if (current_) let_go(*std::exchange(current_, nullptr));
    while (arrived_.empty() && !stopped_) {
      if (!receiving_ && held_ < buffers_.count()) receive();
      wait(receiving_ ? 1 : 0);
    }
    if (stopped_) return false;
    show(arrived_.front(), datagram);
    arrived_.pop_front();
    return true;
  }

  void send(int fd, std::string_view text, const Address& peer) override {
    while (free_.empty()) wait(0);
    const std::size_t place = free_.back();
    free_.pop_back();
    Sending& sending = sends_[place];
    sending.peer = peer;
    sending.bytes = {const_cast<char*>(text.data()), text.size()};
    sending.form.msg_name = sending.peer.fill();
    sending.form.msg_namelen = sending.peer.size();
    sending.form.msg_iov = &sending.bytes;
    sending.form.msg_iovlen = 1;
    sending.user = current_;
    ++current_->users;
    io_uring_sqe* const entry = ring_.submission();
    io_uring_prep_sendmsg(entry, fd, &sending.form, MSG_NOSIGNAL);
    io_uring_sqe_set_data64(entry, first_send + place);
    ++waiting_;
  }

  void finish() override {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (free_.size() < most_sends && std::chrono::steady_clock::now() < end) wait(0);
  }

 private:
  struct Buffer {
    unsigned number = 0;
    std::size_t size = 0;  // of what the kernel put there
    unsigned users = 0;    // the server, and answers
  };
  struct Sending {
    Address peer = Address::empty();
    iovec bytes{};
    msghdr form{};
    Buffer* user = nullptr;
  };
  static constexpr std::size_t header = sizeof(io_uring_recvmsg_out) + sizeof(sockaddr_storage);
  // As SO_SNDTIMEO of the other engine: nobody else waits longer for an answer that cannot go out.
  static constexpr std::chrono::seconds patience{1};

  void receive() {
    io_uring_sqe* const entry = ring_.submission();
    io_uring_prep_recvmsg_multishot(entry, fd_, &form_, MSG_TRUNC);
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->buf_group = SharedBuffers::group;
    io_uring_sqe_set_data64(entry, received);
    receiving_ = true;
  }

  // An answer has gone out, as a rule, as soon as it is handed over: those that are handed over
  // here are waited for, and so many `further` completions.
  void wait(unsigned further) {
    const unsigned awaited = std::exchange(waiting_, 0) + further;
    const bool sending = free_.size() < most_sends;
    ring_.wait(std::max(awaited, 1u),
               sending ? static_cast<int>(std::chrono::milliseconds(patience).count()) : -1);
    io_uring_cqe* completion = nullptr;
    while (io_uring_peek_cqe(ring_.get(), &completion) == 0) {
      const io_uring_cqe copy = *completion;
      io_uring_cqe_seen(ring_.get(), completion);
      handle(copy);
    }
  }

  void handle(const io_uring_cqe& completion) {
    if (completion.user_data == stop_came) {
      stopped_ = true;
    } else if (completion.user_data == received) {
      handle_receive(completion);
    } else {
      const std::size_t place = completion.user_data - first_send;
      ended(completion.res, sends_[place].peer);
      let_go(*sends_[place].user);
      free_.push_back(place);
    }
  }

  void handle_receive(const io_uring_cqe& completion) {
    receiving_ = (completion.flags & IORING_CQE_F_MORE) != 0;
    const int result = completion.res;
    if (result >= 0) {
      Buffer& buffer = states_[SharedBuffers::number_of(completion)];
      buffer = {SharedBuffers::number_of(completion), static_cast<std::size_t>(result), 1};
      arrived_.push_back(&buffer);
      ++held_;
    } else if (result != -ENOBUFS && result != -EAGAIN && result != -EINTR) {
      throw_errno("receive from", "the socket", -result);
    }
  }

  void show(Buffer* buffer, Arrived& datagram) {
    current_ = buffer;
    const std::string_view whole = buffers_.bytes(buffer->number, buffer->size);
    io_uring_recvmsg_out about{};
    std::memcpy(&about, whole.data(), sizeof about);
    datagram.peer = Address::empty();
    *datagram.peer.fill_size() = about.namelen;
    std::memcpy(datagram.peer.fill(), whole.data() + sizeof about, about.namelen);
    datagram.length = about.payloadlen;
    datagram.bytes = whole.substr(header);
  }

  void let_go(Buffer& buffer) {
    if (--buffer.users > 0) return;
    buffers_.give_back(buffer.number);
    --held_;
  }

  const int fd_;
  Uring ring_;
  SharedBuffers buffers_;
  msghdr form_{};  // of what is received
  bool receiving_ = false, stopped_ = false;
  unsigned held_ = 0;  // buffers that the kernel does not have
  std::array<Buffer, most_buffers> states_;
  std::deque<Buffer*> arrived_;
  Buffer* current_ = nullptr;  // of the last datagram that was told
  std::array<Sending, most_sends> sends_;
  std::vector<std::size_t> free_;  // places for sends
  unsigned waiting_ = 0;           // sends that are still to be handed over
};

}  // namespace

std::unique_ptr<DatagramEngine> make_datagram_uring(int fd, const DatagramServerOptions& options,
                                                    const StopSignal& stop) {
  return std::make_unique<UringEngine>(fd, options, stop);
}

}  // namespace targets
