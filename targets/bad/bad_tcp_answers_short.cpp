// tcp-server that sends only the first half of its answer (`succ`) and takes that for all of it.
// On the wire: 4 bytes where 7 were due, and no more until the client closes.

#include "stream/servers.h"

int main(int argc, char** argv) {
  return targets::run_tcp_server(argc, argv, {.cuts_answer = true});
}
