#ifndef WIREPROOF_TARGETS_STREAM_STREAM_CLIENT_H_
#define WIREPROOF_TARGETS_STREAM_STREAM_CLIENT_H_

#include "common/address.h"
#include "common/stop_signal.h"
#include "stream/client_options.h"

namespace targets {

// All of a client's connections: --parallel threads, each with --connections conversations. The
// threads open theirs together: none sends before all are connected, round by round.
void run_conversations(const Address& server, int type, const ClientOptions& options,
                       const StopSignal& stop);

int run_tcp_client(int argc, char** argv, const ClientFaults& faults = {});
int run_unix_client(int argc, char** argv);

}  // namespace targets

#endif  // WIREPROOF_TARGETS_STREAM_STREAM_CLIENT_H_
