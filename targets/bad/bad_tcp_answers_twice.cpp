// tcp-server that gives each answer two times.
// On the wire: the handshake and the close are right, but 14 bytes come where 7 were due; a
// client that closes without reading the second answer sends RST.

#include "stream/servers.h"

int main(int argc, char** argv) { return targets::run_tcp_server(argc, argv, {.answers = 2}); }
