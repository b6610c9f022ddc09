// tcp-server that should answer once the client has shut down its sending side (always as with
// --half-close-answer), but does nothing when the end of the stream comes: neither answer nor
// close.
// On the wire: the client's data and FIN are acknowledged by the kernel, then silence. The client
// stays in FIN_WAIT_2, the server in CLOSE_WAIT.

#include "stream/servers.h"

int main(int argc, char** argv) {
  return targets::run_tcp_server(argc, argv, {.abandons = targets::Abandons::at_end_of_stream});
}
