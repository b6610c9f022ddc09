#include <sys/socket.h>

#include <optional>

#include "common/error.h"
#include "common/unix_binding.h"
#include "common/unix_type.h"
#include "datagram/datagram_client.h"
#include "stream/stream_client.h"

namespace targets {

int run_unix_client(int argc, char** argv) {
  return run_program([&] {
    int type = unix_type_argument(argc, argv);
    ClientOptions stream;
    DatagramClientOptions datagram;
    std::string name;

    OptionTable table(
        "Sends a message to the UNIX socket PATH (@NAME: abstract); prints the answer.");
    table.positional("PATH", [&](const std::string& text) { name = text; });
    add_unix_type_option(table, type);
    if (type == SOCK_DGRAM) {
      datagram.add_options(table, false);
    } else {
      stream.add_options(table, false);
    }
    table.parse(argc, argv);

    const StopSignal stop;
    const Address server = Address::unix_name(name);
    raise_descriptor_limit();
    if (type != SOCK_DGRAM) return run_conversations(server, type, stream, stop);
    const Address own =
        datagram.bind.empty() ? Address::unix_autobind() : Address::unix_name(datagram.bind);
    const Fd socket = open_socket(AF_UNIX, SOCK_DGRAM);
    const UnixBinding binding(socket.get(), SOCK_DGRAM, own, {});
    converse(socket.get(), server, datagram, stop);
  });
}

}  // namespace targets
