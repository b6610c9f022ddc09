// tcp-client that aborts (SO_LINGER with 0 seconds) where it should close.
// On the wire: RST in place of the client's FIN.

#include "stream/stream_client.h"

int main(int argc, char** argv) { return targets::run_tcp_client(argc, argv, {.aborts = true}); }
