#include "datagram/datagram_client.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "common/error.h"
#include "common/output.h"
#include "common/payload_options.h"
#include "common/poll_timeout.h"

namespace targets {
namespace {

enum class Outcome { answered, refused };

void wait_for(int fd, short events, const Address& server, const PollTimeout& timeout,
              const StopSignal& stop) {
  pollfd fds[] = {{fd, events, 0}, {stop.fd(), POLLIN, 0}};
  const int ready = check(retry_interrupted([&] { return poll(fds, 2, timeout.left()); }),
                          "wait for", server.text());
  if (fds[1].revents != 0) throw Failure("ended by a signal before the work was done");
  if (ready == 0) throw Failure("no answer from " + server.text() + " in time");
}

void verify(std::string_view answer, const Address& source, const DatagramClientOptions& options,
            const Address& server) {
  if (!options.any_source && !(source == server)) {
    throw Failure("the answer came from " + source.text() + ", not from " + server.text());
  }
  if (options.expected && answer != options.expected->at(0)) {
    throw Failure("the answer from " + source.text() + " is '" + printable(answer) +
                  "', expected was '" + printable(options.expected->at(0)) + "'");
  }
}

Outcome exchange(int fd, const Address& server, const DatagramClientOptions& options,
                 const StopSignal& stop, std::vector<char>& buffer) {
  const std::string_view message = options.message.at(0);
  const PollTimeout timeout(options.timeout_ms);
  // UNIX: EAGAIN as long as the server's queue is full, EINTR never by a handler of ours.
  for (;;) {
    const sockaddr* const to = options.connected ? nullptr : server.get();
    const socklen_t to_size = options.connected ? 0 : server.size();
    if (sendto(fd, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT, to, to_size) >= 0) {
      break;
    }
    if (errno == ECONNREFUSED && options.expect_refused) return Outcome::refused;
    if (errno != EAGAIN && errno != EINTR) throw_errno("send to", server.text());
    // poll() calls an unconnected UNIX socket writable although the receiver's queue is full.
    if (timeout.left() == 0) throw Failure(server.text() + " does not take the datagram");
    if (stop.wait(1)) throw Failure("ended by a signal before the work was done");
  }
  if (options.send_only) return Outcome::answered;
  for (;;) {
    wait_for(fd, POLLIN, server, timeout, stop);
    Address source = Address::empty();
    const ssize_t count = recvfrom(fd, buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC,
                                   source.fill(), source.fill_size());
    if (count < 0) {
      if (errno == ECONNREFUSED && options.expect_refused) return Outcome::refused;
      if (errno == EAGAIN || errno == EINTR) continue;
      throw_errno("receive from", server.text());
    }
    const auto length = static_cast<std::size_t>(count);
    if (length > buffer.size()) {
      throw Failure("the answer from " + source.text() + " has " + std::to_string(length) +
                    " bytes, which is more than --receive");
    }
    const std::string_view answer(buffer.data(), length);
    verify(answer, source, options, server);
    if (!options.quiet) print_line(printable(answer));
    return Outcome::answered;
  }
}

}  // namespace

void DatagramClientOptions::add_options(OptionTable& table, bool is_udp) {
  add_message_options(table, message, expected);
  table.number<std::size_t>("--receive", receive, "receive up to N bytes of an answer (1024)", 1,
                            65536 * 16);
  table.number<std::uint64_t>("--count", count,
                              "send N datagrams, each after its predecessor's "
                              "answer (default 1)");
  table.number<int>("--delay-ms", delay_ms, "wait before each datagram but the first");
  table.flag("--connected", connected, "connect() the socket");
  if (is_udp) {
    table.flag("--expect-refused", expect_refused,
               "succeed if, and only if, an ICMP error says that nobody is there");
  }
  table.flag("--any-source", any_source, "take an answer from any address");
  table.flag("--send-only", send_only, "wait for no answer");
  table.value("--bind", is_udp ? "ADDRESS[:PORT]" : "PATH",
              is_udp ? "the own address; IPv6: [ADDRESS]:PORT"
                     : "the own address (default: an abstract name from the kernel)",
              [this](const std::string& text) { bind = text; });
  table.number<int>("--timeout-ms", timeout_ms, "fail when no answer comes in time (5000)");
  tuning.add_options(table, false);
  table.flag("--quiet", quiet, "do not print the answers");
}

void converse(int fd, const Address& server, const DatagramClientOptions& options,
              const StopSignal& stop) {
  options.tuning.apply(fd);
  if (options.connected) {
    check(connect(fd, server.get(), server.size()), "connect to", server.text());
  }
  require_one_piece(options.message);
  // With room for one byte more than what is expected, so that a longer answer is seen.
  const std::size_t expected = options.expected ? options.expected->size() + 1 : 0;
  std::vector<char> buffer(std::max(options.receive, expected));
  for (std::uint64_t i = 0; i < options.count; ++i) {
    if (i > 0 && options.delay_ms > 0 && stop.wait(options.delay_ms)) {
      throw Failure("ended by a signal before the work was done");
    }
    if (exchange(fd, server, options, stop, buffer) == Outcome::refused) {
      if (!options.quiet) print_line("refused");
      return;
    }
  }
  if (options.expect_refused) throw Failure("not refused by " + server.text() + " but answered");
}

int run_udp_client(int argc, char** argv) {
  return run_program([&] {
    DatagramClientOptions options;
    std::string literal;
    std::uint16_t port = 0;

    OptionTable table("Sends a datagram to UDP ADDRESS and PORT and prints the answer.");
    table.positional("ADDRESS", [&](const std::string& text) { literal = text; });
    table.positional("PORT", [&](const std::string& text) {
      port = parse_number<std::uint16_t>("PORT", text, 1, 65535);
    });
    options.add_options(table, true);
    table.parse(argc, argv);
    // Only a connected socket hears of ICMP errors.
    if (options.expect_refused) options.connected = true;

    const StopSignal stop;
    const Address server = Address::inet(literal, port);
    const Fd socket = open_socket(server.family(), SOCK_DGRAM);
    if (!options.bind.empty()) bind_socket(socket.get(), Address::bind_argument(options.bind));
    converse(socket.get(), server, options, stop);
  });
}

}  // namespace targets
