#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "common/error.h"
#include "stream/connection.h"
#include "stream/engine.h"

namespace targets {
namespace {

// A connection that wants nothing is not in the epoll set, so that it cannot wake the loop in vain.
class EpollEngine final : public Engine {
 public:
  EpollEngine(const StopSignal& stop, EngineEvents& events)
      : events_(events), epoll_(check(epoll_create1(EPOLL_CLOEXEC), "make", "an epoll set")) {
    control(EPOLL_CTL_ADD, stop.fd(), EPOLLIN, nullptr);
  }

  void start_accepting(int listener) override {
    listener_ = listener;
    control(EPOLL_CTL_ADD, listener_, EPOLLIN, &listener_);
  }
  void stop_accepting() override {
    if (listener_ < 0) return;
    control(EPOLL_CTL_DEL, listener_, 0, nullptr);
    listener_ = -1;
  }

  void want(Connection& connection, Wait::For what) override {
    const std::uint32_t wanted = what == Wait::For::readable   ? EPOLLIN
                                 : what == Wait::For::writable ? EPOLLOUT
                                                               : 0u;
    const auto watched = static_cast<std::uint32_t>(connection.engines_note);
    if (wanted == watched) return;
    const int operation = wanted == 0    ? EPOLL_CTL_DEL
                          : watched == 0 ? EPOLL_CTL_ADD
                                         : EPOLL_CTL_MOD;
    control(operation, connection.fd(), wanted, &connection);
    connection.engines_note = wanted;
  }
  void forget(Connection&) override {}  // closing takes it out of the set

  ssize_t receive(Connection& connection, std::span<char> room, int flags) override {
    return recv(connection.fd(), room.data(), room.size(), flags);
  }
  ssize_t send(Connection& connection, std::string_view bytes) override {
    return ::send(connection.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  void wait(int milliseconds) override {
    const int count = check(retry_interrupted([&] {
                              return epoll_wait(epoll_.get(), found_.data(),
                                                static_cast<int>(found_.size()), milliseconds);
                            }),
                            "wait for", "events");
    for (int i = 0; i < count; ++i) {
      void* const tag = found_[static_cast<std::size_t>(i)].data.ptr;
      if (tag == nullptr) {
        events_.stopped();
      } else if (tag == &listener_) {
        accept_connections();
      } else {
        events_.ready(*static_cast<Connection*>(tag));
      }
    }
  }

 private:
  // A few at a time: those that are already there deserve a turn between two of these calls.
  void accept_connections() {
    for (int turn = 0; turn < 64 && listener_ >= 0; ++turn) {
      Address peer = Address::empty();
      Fd socket(accept4(listener_, peer.fill(), peer.fill_size(), SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (socket.is_open()) {
        events_.accepted(std::move(socket), peer);
      } else if (errno == EAGAIN) {
        return;
      } else if (errno != EINTR) {
        events_.accept_failed(errno);
      }
    }
  }

  void control(int operation, int fd, std::uint32_t events, void* tag) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = tag;
    check(epoll_ctl(epoll_.get(), operation, fd, &event), "change", "the epoll set");
  }

  EngineEvents& events_;
  Fd epoll_;
  int listener_ = -1;  // while it accepts
  std::array<epoll_event, 256> found_;
};

}  // namespace

std::unique_ptr<Engine> make_epoll_engine(const StopSignal& stop, EngineEvents& events) {
  return std::make_unique<EpollEngine>(stop, events);
}

}  // namespace targets
