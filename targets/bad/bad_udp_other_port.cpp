// udp-server that answers from a second socket, on another port.
// On the wire: the answer's source port is not the one that the request went to.

#include "datagram/datagram_server.h"

int main(int argc, char** argv) {
  return targets::run_udp_server(argc, argv, {.other_port = true});
}
