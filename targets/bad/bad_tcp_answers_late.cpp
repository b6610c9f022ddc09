// tcp-server that answers rightly but --late-ms (3,000 ms) too late.
// On the wire: the ACK of the request, silence past the deadline, then the answer.

#include "stream/servers.h"

int main(int argc, char** argv) { return targets::run_tcp_server(argc, argv, {.late_ms = 3000}); }
