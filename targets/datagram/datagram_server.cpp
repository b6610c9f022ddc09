#include "datagram/datagram_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>

#include "common/error.h"
#include "common/output.h"
#include "common/payload_options.h"

namespace targets {

void DatagramServerOptions::add_options(OptionTable& table) {
  table.number<std::size_t>("--receive", receive, "receive up to N bytes of a datagram (1024)", 1,
                            65536 * 16);
  add_answer_options(table, answer);
  table.flag("--echo", echo, "answer what was received");
  table.number<std::uint64_t>("--count", count, "end after answering N datagrams");
  table.number<int>("--delay-ms", delay_ms, "wait before each answer");
  tuning.add_options(table, false);
  table.flag("--quiet", quiet, "print nothing but errors");
  table.flag("--count-stdout", count_stdout, "print the totals at the end");
}

DatagramServer::DatagramServer(Fd socket, const DatagramServerOptions& options,
                               const StopSignal& stop)
    : socket_(std::move(socket)), options_(options), stop_(stop), buffer_(options.receive) {
  options_.tuning.apply(socket_.get());
  if (options_.faults.other_port) {
    Address other = Address::local_of(socket_.get());
    other.set_port(0);
    other_socket_ = open_socket(other.family(), SOCK_DGRAM);
    bind_socket(other_socket_.get(), other);
  }
  // A client that sends but never reads its UNIX socket must not stop the server for ever.
  const timeval patience{1, 0};
  check(setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience), "set",
        "SO_SNDTIMEO");
}

void DatagramServer::run() {
  while (wait_for_datagram()) {
    Address peer = Address::empty();
    // MSG_TRUNC: the datagram's true length, also when the buffer was too short for it.
    const ssize_t count = recvfrom(socket_.get(), buffer_.data(), buffer_.size(),
                                   MSG_DONTWAIT | MSG_TRUNC, peer.fill(), peer.fill_size());
    if (count < 0) {
      // Readable, yet nothing there: a datagram whose checksum was wrong.
      if (errno == EAGAIN || errno == EINTR) continue;
      throw_errno("receive from", "the socket");
    }
    const auto length = static_cast<std::size_t>(count);
    const std::string_view datagram(buffer_.data(), std::min(length, buffer_.size()));
    if (!options_.quiet) {
      print_line("received " + std::to_string(length) + " bytes from " + peer.text() + ": " +
                 printable(datagram));
      if (length > datagram.size()) {
        print_line("cut off " + std::to_string(length - datagram.size()) + " bytes");
      }
    }
    ++datagrams_;
    received_ += length;
    if (options_.delay_ms > 0 && stop_.wait(options_.delay_ms)) break;
    serve(datagram, peer);
    if (datagrams_ == options_.count) break;
  }
  if (options_.count_stdout) {
    print_line("datagrams=" + std::to_string(datagrams_) +
               " received=" + std::to_string(received_) + " sent=" + std::to_string(sent_));
  }
}

// False when the stop signal came.
bool DatagramServer::wait_for_datagram() const {
  pollfd fds[] = {{socket_.get(), POLLIN, 0}, {stop_.fd(), POLLIN, 0}};
  check(retry_interrupted([&] { return poll(fds, 2, -1); }), "wait for", "a datagram");
  return fds[1].revents == 0;
}

void DatagramServer::serve(std::string_view datagram, Address peer) {
  std::string_view text = options_.echo ? datagram : options_.answer.at(0);
  if (options_.faults.cuts_answer) text = text.substr(0, (text.size() + 1) / 2);
  if (options_.faults.wrong_peer) peer.set_port(static_cast<std::uint16_t>(peer.port() + 1));
  for (unsigned i = 0; i < options_.faults.answers; ++i) answer(text, peer);
}

// That one peer cannot be answered is no reason to stop serving the others.
void DatagramServer::answer(std::string_view text, const Address& peer) {
  if (!peer.is_named()) return complain("answer: the sender's socket has no address");
  const int fd = other_socket_.is_open() ? other_socket_.get() : socket_.get();
  const ssize_t count = retry_interrupted(
      [&] { return sendto(fd, text.data(), text.size(), MSG_NOSIGNAL, peer.get(), peer.size()); });
  if (count < 0) return complain(describe_error("answer", peer.text(), errno));
  sent_ += static_cast<std::uint64_t>(count);
}

int run_udp_server(int argc, char** argv, const DatagramServerFaults& faults) {
  return run_program([&] {
    DatagramServerOptions options;
    options.faults = faults;
    std::string literal;
    std::uint16_t port = 0;

    OptionTable table("Binds UDP ADDRESS (IPv4 or IPv6) and PORT and answers each datagram.");
    table.positional("ADDRESS", [&](const std::string& text) { literal = text; });
    table.positional("PORT", [&](const std::string& text) {
      port = parse_number<std::uint16_t>("PORT", text, 0, 65535);
    });
    options.add_options(table);
    table.parse(argc, argv);
    require_one_piece(options.answer);

    const StopSignal stop;
    const Address address = Address::inet(literal, port);
    Fd socket = open_socket(address.family(), SOCK_DGRAM);
    bind_socket(socket.get(), address);
    if (!options.quiet) print_line("listening on " + Address::local_of(socket.get()).text());
    DatagramServer(std::move(socket), options, stop).run();
  });
}

}  // namespace targets
