// udp-server that reads and never answers.
// On the wire: requests only.

#include "datagram/datagram_server.h"

int main(int argc, char** argv) { return targets::run_udp_server(argc, argv, {.answers = 0}); }
