#ifndef WIREPROOF_TARGETS_COMMON_SERVER_PROCESSES_H_
#define WIREPROOF_TARGETS_COMMON_SERVER_PROCESSES_H_

#include <sys/types.h>

#include <vector>

#include "common/options.h"

namespace targets {

// More processes that do what this one does from here on, on the same listening socket: so that a
// server holds more connections than one process may open descriptors. Those it started are ended
// with it, on the same signal. To be made after the socket and before anything that waits on it.
class ServerProcesses {
 public:
  static void add_option(OptionTable& table, unsigned& all);

  explicit ServerProcesses(unsigned all);
  ~ServerProcesses();
  ServerProcesses(const ServerProcesses&) = delete;
  ServerProcesses& operator=(const ServerProcesses&) = delete;

 private:
  std::vector<pid_t> others_;  // empty in those that were started
};

}  // namespace targets

#endif  // WIREPROOF_TARGETS_COMMON_SERVER_PROCESSES_H_
