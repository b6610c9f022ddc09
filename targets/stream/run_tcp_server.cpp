#include <sys/socket.h>

#include "common/address.h"
#include "common/error.h"
#include "common/output.h"
#include "common/server_processes.h"
#include "stream/servers.h"
#include "stream/stream_server.h"

namespace targets {
namespace {

Fd listen_on(const Address& address, const ServerOptions& options, bool reuse_address) {
  Fd listener = open_socket(address.family(), SOCK_STREAM, SOCK_NONBLOCK);
  // Else bind() is refused while a connection of the last run is still in TIME_WAIT.
  if (reuse_address) set_option(listener.get(), SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
  // Before listen(): the receive buffer decides the window scale that the handshake agrees on.
  options.tuning.apply(listener.get());
  bind_socket(listener.get(), address);
  check(listen(listener.get(), options.backlog), "listen on", address.text());
  return listener;
}

}  // namespace

int run_tcp_server(int argc, char** argv, const ServerFaults& faults) {
  return run_program([&] {
    ServerOptions options;
    options.faults = faults;
    std::string literal;
    std::uint16_t port = 0;
    bool reuse_address = true;
    unsigned processes = 1;

    OptionTable table("Listens on TCP ADDRESS (IPv4 or IPv6) and PORT and answers each message.");
    table.positional("ADDRESS", [&](const std::string& text) { literal = text; });
    table.positional("PORT", [&](const std::string& text) {
      port = parse_number<std::uint16_t>("PORT", text, 0, 65535);
    });
    options.add_options(table, true);
    table.flag("--no-reuseaddr", reuse_address, "do not set SO_REUSEADDR", false);
    ServerProcesses::add_option(table, processes);
    table.parse(argc, argv);
    options.apply_faults();

    const StopSignal stop(faults.ignores_stop_signals ? StopSignal::Reaction::ignore
                                                      : StopSignal::Reaction::stop);
    raise_descriptor_limit();
    const auto own_port = static_cast<std::uint16_t>(port + faults.port_shift);
    Fd listener = listen_on(Address::inet(literal, own_port), options, reuse_address);
    if (!options.quiet) print_line("listening on " + Address::local_of(listener.get()).text());
    const ServerProcesses others(processes);
    StreamServer(std::move(listener), options, stop).run();
  });
}

}  // namespace targets
