// tcp-server that forgets the connection after its answer: it neither reads nor closes it again.
// On the wire: the client's FIN is acknowledged by the kernel and no FIN ever comes back. The
// client stays in FIN_WAIT_2, the server in CLOSE_WAIT.

#include "stream/servers.h"

int main(int argc, char** argv) {
  return targets::run_tcp_server(argc, argv, {.abandons = targets::Abandons::after_answer});
}
