// tcp-server that listens on the port above the one it was given.
// On the wire: a SYN to the agreed port is refused with RST.

#include "stream/servers.h"

int main(int argc, char** argv) { return targets::run_tcp_server(argc, argv, {.port_shift = 1}); }
