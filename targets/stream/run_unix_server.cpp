#include <sys/socket.h>

#include "common/address.h"
#include "common/error.h"
#include "common/output.h"
#include "common/payload_options.h"
#include "common/server_processes.h"
#include "common/unix_binding.h"
#include "common/unix_type.h"
#include "datagram/datagram_server.h"
#include "stream/servers.h"
#include "stream/stream_server.h"

namespace targets {
namespace {

DatagramServerFaults datagram_faults(const ServerFaults& faults) {
  return {.answers = faults.answers, .cuts_answer = faults.cuts_answer};
}

}  // namespace

int run_unix_server(int argc, char** argv, const ServerFaults& faults) {
  return run_program([&] {
    int type = unix_type_argument(argc, argv);
    ServerOptions stream;
    stream.faults = faults;
    stream.keeps_messages = type == SOCK_SEQPACKET;
    DatagramServerOptions datagram;
    datagram.faults = datagram_faults(faults);
    UnixBindOptions binding_options;
    binding_options.leaves_path = faults.leaves_path;
    std::string name;
    unsigned processes = 1;

    OptionTable table("Listens on the UNIX socket PATH (@NAME: abstract); answers each message.");
    table.positional("PATH", [&](const std::string& text) { name = text; });
    add_unix_type_option(table, type);
    binding_options.add_options(table);
    if (type == SOCK_DGRAM) {
      datagram.add_options(table, false);
    } else {
      stream.add_options(table, false);
    }
    ServerProcesses::add_option(table, processes);
    table.parse(argc, argv);
    stream.apply_faults();
    if (type == SOCK_DGRAM) require_one_piece(datagram.answer);

    const Address address = Address::unix_name(name);
    const StopSignal stop(faults.ignores_stop_signals ? StopSignal::Reaction::ignore
                                                      : StopSignal::Reaction::stop);
    const bool quiet = type == SOCK_DGRAM ? datagram.quiet : stream.quiet;
    raise_descriptor_limit();
    Fd socket = open_socket(AF_UNIX, type, type == SOCK_DGRAM ? 0 : SOCK_NONBLOCK);
    const UnixBinding binding(socket.get(), type, address, binding_options);
    if (type != SOCK_DGRAM) {
      check(listen(socket.get(), stream.backlog), "listen on", address.text());
    }
    if (!quiet) print_line("listening on " + address.text());
    const ServerProcesses others(processes);
    if (type == SOCK_DGRAM) {
      DatagramServer(std::move(socket), datagram, stop).run();
    } else {
      StreamServer(std::move(socket), stream, stop).run();
    }
  });
}

}  // namespace targets
