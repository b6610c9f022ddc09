// tcp-server that reads the request and closes instead of answering.
// On the wire: the server's FIN comes first, and no data before it.

#include "stream/servers.h"

int main(int argc, char** argv) {
  return targets::run_tcp_server(argc, argv, {.closes_unanswered = true});
}
