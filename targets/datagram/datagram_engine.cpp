#include "datagram/datagram_engine.h"

#include "common/error.h"
#include "common/output.h"
#include "datagram/datagram_server.h"

namespace targets {

void DatagramEngine::ended(ssize_t result, const Address& peer) {
  if (result < 0) return complain(describe_error("answer", peer.text(), static_cast<int>(-result)));
  sent_ += static_cast<std::uint64_t>(result);
}

std::unique_ptr<DatagramEngine> make_datagram_engine(int fd, const DatagramServerOptions& options,
                                                     const StopSignal& stop) {
  return make_of_kind(
      options.engine, [&] { return make_datagram_uring(fd, options, stop); },
      [&] { return make_datagram_epoll(fd, options, stop); });
}

}  // namespace targets
