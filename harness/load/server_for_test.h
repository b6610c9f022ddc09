// A server in a thread of the test, over TCP or UDP on 127.0.0.1, whose answers the test decides.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "load/plan.h"

namespace wireproof::load {

class ServerForTest {
 public:
  // What is sent for what was read; nullopt: nothing, and the connection is closed.
  using Answer = std::function<std::optional<std::string>(const std::string&)>;

  // `times`: how often each datagram is answered.
  ServerForTest(bool udp, Answer answer, unsigned times = 1)
      : udp_(udp), answer_(std::move(answer)), times_(times) {
    socket_ = Fd(::socket(AF_INET, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size);
    if (!udp) ::listen(socket_.get(), 128);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { udp_ ? serve_datagrams() : serve_connections(); });
  }
  ~ServerForTest() {
    stop_ = true;
    thread_.join();
  }
  ServerForTest(const ServerForTest&) = delete;

  Destination destination() const {
    return inet_destination(udp_ ? scenario::Transport::udp : scenario::Transport::tcp, "127.0.0.1",
                            port_);
  }

 private:
  void serve_datagrams() {
    std::vector<char> buffer(65'536);
    while (!stop_) {
      pollfd wait{socket_.get(), POLLIN, 0};
      if (::poll(&wait, 1, 10) <= 0) continue;
      sockaddr_in peer{};
      socklen_t size = sizeof peer;
      const ssize_t count = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                       reinterpret_cast<sockaddr*>(&peer), &size);
      if (count < 0) continue;
      const auto answer = answer_({buffer.data(), static_cast<std::size_t>(count)});
      if (!answer) continue;
      for (unsigned i = 0; i < times_; ++i) {
        ::sendto(socket_.get(), answer->data(), answer->size(), 0,
                 reinterpret_cast<sockaddr*>(&peer), size);
      }
    }
  }

  void serve_connections() {
    std::map<int, Fd> connections;
    std::vector<char> buffer(65'536);
    while (!stop_) {
      std::vector<pollfd> waits{{socket_.get(), POLLIN, 0}};
      for (const auto& [fd, owner] : connections) waits.push_back({fd, POLLIN, 0});
      if (::poll(waits.data(), waits.size(), 10) <= 0) continue;
      for (const pollfd& wait : waits) {
        if (wait.revents == 0) continue;
        if (wait.fd == socket_.get()) {
          Fd accepted(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
          const int fd = accepted.get();
          connections[fd] = std::move(accepted);
          continue;
        }
        const ssize_t count = ::recv(wait.fd, buffer.data(), buffer.size(), 0);
        const auto answer =
            count <= 0 ? std::nullopt : answer_({buffer.data(), static_cast<std::size_t>(count)});
        if (!answer) {
          connections.erase(wait.fd);
        } else if (!answer->empty()) {
          ::send(wait.fd, answer->data(), answer->size(), MSG_NOSIGNAL);
        }
      }
    }
  }

  const bool udp_;
  Answer answer_;
  const unsigned times_;
  Fd socket_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace wireproof::load
