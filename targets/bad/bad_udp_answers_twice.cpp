// udp-server that gives each answer two times.
// On the wire: two equal datagrams answer one.

#include "datagram/datagram_server.h"

int main(int argc, char** argv) { return targets::run_udp_server(argc, argv, {.answers = 2}); }
