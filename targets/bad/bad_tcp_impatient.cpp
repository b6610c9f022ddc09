// tcp-server that takes a request which has not come within --patience-ms (100 ms) for the client's
// end, and closes without an answer. Right on a link that loses nothing.
// On the wire: where the request is lost or late, the server's FIN comes first, and no data before.

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <string>

#include "common/address.h"
#include "common/error.h"
#include "common/options.h"
#include "common/output.h"
#include "common/sockets.h"
#include "common/stop_signal.h"

namespace targets {
namespace {

// Whether there is something to read within that time; throws once the program is to stop.
struct Stopped {};
bool readable(int fd, int milliseconds, const StopSignal& stop) {
  pollfd fds[] = {{fd, POLLIN, 0}, {stop.fd(), POLLIN, 0}};
  check(retry_interrupted([&] { return poll(fds, 2, milliseconds); }), "wait for", "a socket");
  if (fds[1].revents != 0) throw Stopped();
  return fds[0].revents != 0;
}

void serve(const Fd& socket, int patience_ms, const StopSignal& stop) {
  constexpr std::string_view answer = "success";
  char buffer[1024];
  if (!readable(socket.get(), patience_ms, stop)) return;  // the fault
  if (recv(socket.get(), buffer, sizeof buffer, 0) <= 0) return;
  (void)send(socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  while (readable(socket.get(), -1, stop) && recv(socket.get(), buffer, sizeof buffer, 0) > 0) {
  }
}

void run(int argc, char** argv) {
  std::string literal;
  std::uint16_t port = 0;
  int patience_ms = 100;
  OptionTable table("Answers each message on TCP ADDRESS and PORT, if it comes soon enough.");
  table.positional("ADDRESS", [&](const std::string& text) { literal = text; });
  table.positional("PORT", [&](const std::string& text) {
    port = parse_number<std::uint16_t>("PORT", text, 0, 65535);
  });
  table.number<int>("--patience-ms", patience_ms, "how long a request may take (100)");
  table.parse(argc, argv);
  const StopSignal stop;
  const Address address = Address::inet(literal, port);
  const Fd listener = open_socket(address.family(), SOCK_STREAM);
  set_option(listener.get(), SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
  bind_socket(listener.get(), address);
  check(listen(listener.get(), 2), "listen on", address.text());
  print_line("listening on " + Address::local_of(listener.get()).text());
  try {
    while (readable(listener.get(), -1, stop)) {
      const Fd socket(
          check(accept(listener.get(), nullptr, nullptr), "accept from", "the listener"));
      serve(socket, patience_ms, stop);
    }
  } catch (const Stopped&) {
  }
}

}  // namespace
}  // namespace targets

int main(int argc, char** argv) {
  return targets::run_program([&] { targets::run(argc, argv); });
}
