#include "datagram/datagram_server.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <string_view>
#include <utility>

#include "common/error.h"
#include "common/output.h"
#include "common/payload_options.h"

namespace targets {

void DatagramServerOptions::add_options(OptionTable& table, bool is_udp) {
  table.number<std::size_t>("--receive", receive, "receive up to N bytes of a datagram (1024)", 1,
                            65536 * 16);
  add_answer_options(table, answer);
  table.flag("--echo", echo, "answer what was received");
  table.number<std::uint64_t>("--count", count, "end after answering N datagrams");
  table.number<int>("--delay-ms", delay_ms, "wait before each answer");
  if (is_udp) add_engine_option(table, engine);
  tuning.add_options(table, false);
  table.flag("--quiet", quiet, "print nothing but errors");
  table.flag("--count-stdout", count_stdout, "print the totals at the end");
}

DatagramServer::DatagramServer(Fd socket, const DatagramServerOptions& options,
                               const StopSignal& stop)
    : socket_(std::move(socket)), options_(options), stop_(stop) {
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
  engine_ = make_datagram_engine(socket_.get(), options_, stop_);
}

void DatagramServer::run() {
  std::uint64_t datagrams = 0, received = 0;
  Arrived datagram;
  while (engine_->next(datagram)) {
    if (!options_.quiet) tell(datagram);
    ++datagrams;
    received += datagram.length;
    if (options_.delay_ms > 0 && stop_.wait(options_.delay_ms)) break;
    answer(datagram);
    if (datagrams == options_.count) break;
  }
  engine_->finish();
  if (options_.count_stdout) {
    print_line("datagrams=" + std::to_string(datagrams) + " received=" + std::to_string(received) +
               " sent=" + std::to_string(engine_->sent()));
  }
}

void DatagramServer::tell(const Arrived& datagram) const {
  print_line("received " + std::to_string(datagram.length) + " bytes from " + datagram.peer.text() +
             ": " + printable(datagram.bytes));
  if (datagram.length > datagram.bytes.size()) {
    print_line("cut off " + std::to_string(datagram.length - datagram.bytes.size()) + " bytes");
  }
}

void DatagramServer::answer(const Arrived& datagram) {
  const DatagramServerFaults& faults = options_.faults;
  std::string_view text = options_.echo ? datagram.bytes : options_.answer.at(0);
  if (faults.cuts_answer) text = text.substr(0, (text.size() + 1) / 2);
  Address peer = datagram.peer;
  if (faults.wrong_peer) peer.set_port(static_cast<std::uint16_t>(peer.port() + 1));
  const int fd = other_socket_.is_open() ? other_socket_.get() : socket_.get();
  for (unsigned i = 0; i < faults.answers; ++i) {
    if (!peer.is_named()) {
      complain("answer: the sender's socket has no address");
    } else {
      engine_->send(fd, text, peer);
    }
  }
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
    options.add_options(table, true);
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
