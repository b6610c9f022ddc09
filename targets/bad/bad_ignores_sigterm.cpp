// tcp-server that ignores SIGTERM and SIGINT: only SIGKILL ends it.
// On the wire: all is right.

#include "stream/servers.h"

int main(int argc, char** argv) {
  return targets::run_tcp_server(argc, argv, {.ignores_stop_signals = true});
}
