// udp-server that sends each answer to the port above its peer's.
// On the wire: the answer goes to the wrong port, and where nobody listens there the client's
// host replies with ICMP port unreachable.

#include "datagram/datagram_server.h"

int main(int argc, char** argv) {
  return targets::run_udp_server(argc, argv, {.wrong_peer = true});
}
