#ifndef WIREPROOF_TARGETS_DATAGRAM_DATAGRAM_ENGINE_H_
#define WIREPROOF_TARGETS_DATAGRAM_DATAGRAM_ENGINE_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "common/address.h"
#include "common/stop_signal.h"

// What wakes a datagram server, and how its datagrams get in and out. One thread; an engine owns no
// sockets, and goes before they do.
//
//   epoll      recvfrom(2) and sendto(2); it sleeps where nothing is there
//   io_uring   one receive lasts as long as the socket does, and the answers to all that has come
//              are handed over together with the wait for more. Sockets must block, and not be
//              UNIX ones: those are called writable although the receiver's queue is full
namespace targets {

struct DatagramServerOptions;

struct Arrived {
  std::string_view bytes;  // as many as fit
  std::size_t length = 0;  // of the datagram
  Address peer = Address::empty();
};

class DatagramEngine {
 public:
  virtual ~DatagramEngine() = default;
  // Waits for a datagram, whose bytes stay until the next call. False: the stop signal came.
  virtual bool next(Arrived& datagram) = 0;
  // `text` is bytes of the last datagram, or outlives the engine. It may go out with next() only.
  virtual void send(int fd, std::string_view text, const Address& peer) = 0;
  // Waits until what was sent has gone out.
  virtual void finish() {}

  std::uint64_t sent() const { return sent_; }  // bytes

 protected:
  // How a send ended: so many bytes, or minus errno. That one peer cannot be answered is no reason
  // to stop serving the others.
  void ended(ssize_t result, const Address& peer);

 private:
  std::uint64_t sent_ = 0;
};

std::unique_ptr<DatagramEngine> make_datagram_epoll(int fd, const DatagramServerOptions& options,
                                                    const StopSignal& stop);
// Throws Failure where the kernel refuses.
std::unique_ptr<DatagramEngine> make_datagram_uring(int fd, const DatagramServerOptions& options,
                                                    const StopSignal& stop);
// Of the kind that the options name; it receives from `fd`.
std::unique_ptr<DatagramEngine> make_datagram_engine(int fd, const DatagramServerOptions& options,
                                                     const StopSignal& stop);

}  // namespace targets

#endif  // WIREPROOF_TARGETS_DATAGRAM_DATAGRAM_ENGINE_H_
