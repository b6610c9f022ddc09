// tcp-client that keeps its connection after the answer until it is killed.
// On the wire: the exchange, then silence; no FIN from the client.

#include "stream/stream_client.h"

int main(int argc, char** argv) {
  return targets::run_tcp_client(argc, argv, {.never_closes = true});
}
