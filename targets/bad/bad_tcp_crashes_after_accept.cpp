// tcp-server that dies of SIGABRT as soon as it has accepted a connection.
// On the wire: the kernel closes for it, with FIN when nothing lay unread and with RST when the
// request had come already; further SYNs are refused with RST.

#include "stream/servers.h"

int main(int argc, char** argv) {
  return targets::run_tcp_server(argc, argv, {.crashes_after_accept = true});
}
