// udp-server that sends only the first half of its answer (`succ`).
// On the wire: a datagram of 4 bytes where 7 were due.

#include "datagram/datagram_server.h"

int main(int argc, char** argv) {
  return targets::run_udp_server(argc, argv, {.cuts_answer = true});
}
