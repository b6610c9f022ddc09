#include "datagram/datagram_client.h"

int main(int argc, char** argv) { return targets::run_udp_client(argc, argv); }
