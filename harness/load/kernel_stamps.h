// When the kernel itself handed a request to the interface, and when it had received the answer
// (SO_TIMESTAMPING, in software: it works on lo as well). Asked for message by message, so that
// only the sampled ones pay for it. Times are of now_ns()'s clock. Thread rule: the channel's
// thread.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <array>
#include <span>

#include "load/engine.h"

namespace wireproof::load {

// Lets a socket tell such times; false where it cannot (UNIX sockets).
bool allow_kernel_stamps(int fd);

// send(2) with the time wanted of this message. The time is usually there when it returns: see
// take_transmit_stamp().
ssize_t send_stamped(Channel& channel, std::span<const char> bytes);
// Sets `kernel_sent_ns` where it is known by now.
void take_transmit_stamp(Channel& channel);

// recv(2) that sets `kernel_received_ns`: of the last bytes that it returns.
ssize_t receive_stamped(Channel& channel, std::span<char> buffer, int flags);
// A message with room for its time, to be received by recvmsg(2) or by other means.
struct StampedMessage {
  msghdr header{};
  iovec piece{};
  alignas(cmsghdr) std::array<char, 256> control;

  void prepare(std::span<char> buffer);
};
// As receive_stamped() does, of a message that was received.
void take_receive_stamp(Channel& channel, StampedMessage& message);

}  // namespace wireproof::load
