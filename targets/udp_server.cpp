#include "datagram/datagram_server.h"

int main(int argc, char** argv) { return targets::run_udp_server(argc, argv); }
