#ifndef WIREPROOF_TARGETS_STREAM_SERVERS_H_
#define WIREPROOF_TARGETS_STREAM_SERVERS_H_

#include "stream/server_options.h"

namespace targets {

// The whole of tcp-server and of unix-server: their mains, and those of the known-bad servers,
// call these and return the result as the exit status.
int run_tcp_server(int argc, char** argv, const ServerFaults& faults = {});
int run_unix_server(int argc, char** argv, const ServerFaults& faults = {});

}  // namespace targets

#endif  // WIREPROOF_TARGETS_STREAM_SERVERS_H_
