// tcp-server that accepts connections and then leaves them alone: it never reads, answers or
// closes.
// On the wire: data is acknowledged until the receive buffer is full, then the window is zero.
// The client's FIN is acknowledged, never answered.

#include "stream/servers.h"

int main(int argc, char** argv) {
  return targets::run_tcp_server(argc, argv, {.abandons = targets::Abandons::after_accept});
}
