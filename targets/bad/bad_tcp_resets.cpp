// tcp-server that aborts (SO_LINGER with 0 seconds) wherever it should close.
// On the wire: RST in place of the server's FIN.

#include "stream/servers.h"

int main(int argc, char** argv) { return targets::run_tcp_server(argc, argv, {.resets = true}); }
