#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "common/error.h"
#include "common/fd.h"
#include "datagram/datagram_engine.h"
#include "datagram/datagram_server.h"

namespace targets {
namespace {

// Under a flood it never sleeps, and looks for the stop signal all the same.
constexpr int most_in_a_row = 64;

class EpollEngine final : public DatagramEngine {
 public:
  EpollEngine(int fd, const DatagramServerOptions& options, const StopSignal& stop)
      : fd_(fd),
        stop_(stop.fd()),
        epoll_(check(epoll_create1(EPOLL_CLOEXEC), "make", "an epoll set")),
        buffer_(options.receive) {
    watch(fd_);
    watch(stop_);
  }

  bool next(Arrived& datagram) override {
    for (;; in_a_row_ = 0) {
      if (in_a_row_ < most_in_a_row && receive(datagram)) {
        ++in_a_row_;
        return true;
      }
      if (!wait()) return false;
    }
  }

  void send(int fd, std::string_view text, const Address& peer) override {
    ssize_t count = send(fd, text, peer, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) {
      // For as long as SO_SNDTIMEO says; a signal may have come meanwhile.
      count = send(fd, text, peer, 0);
      in_a_row_ = most_in_a_row;
    }
    ended(count < 0 ? -errno : count, peer);
  }

 private:
  // False: nothing is there.
  bool receive(Arrived& datagram) {
    datagram.peer = Address::empty();
    // MSG_TRUNC: the datagram's true length, also when the buffer was too short for it.
    const ssize_t count = retry_interrupted([&] {
      return recvfrom(fd_, buffer_.data(), buffer_.size(), MSG_DONTWAIT | MSG_TRUNC,
                      datagram.peer.fill(), datagram.peer.fill_size());
    });
    // Also where it was readable: a datagram whose checksum was wrong.
    if (count < 0 && errno == EAGAIN) return false;
    check(count, "receive from", "the socket");
    datagram.length = static_cast<std::size_t>(count);
    datagram.bytes = {buffer_.data(), std::min(datagram.length, buffer_.size())};
    return true;
  }

  // False: the stop signal came.
  bool wait() {
    std::array<epoll_event, 2> found;
    const int count =
        check(retry_interrupted([&] { return epoll_wait(epoll_.get(), found.data(), 2, -1); }),
              "wait for", "a datagram");
    return std::none_of(found.begin(), found.begin() + count,
                        [&](const epoll_event& event) { return event.data.fd == stop_; });
  }

  static ssize_t send(int fd, std::string_view text, const Address& peer, int flags) {
    return retry_interrupted([&] {
      return sendto(fd, text.data(), text.size(), MSG_NOSIGNAL | flags, peer.get(), peer.size());
    });
  }

  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    check(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event), "change", "the epoll set");
  }

  const int fd_, stop_;
  Fd epoll_;
  std::vector<char> buffer_;
  int in_a_row_ = 0;  // datagrams since it last waited
};

}  // namespace

std::unique_ptr<DatagramEngine> make_datagram_epoll(int fd, const DatagramServerOptions& options,
                                                    const StopSignal& stop) {
  return std::make_unique<EpollEngine>(fd, options, stop);
}

}  // namespace targets
