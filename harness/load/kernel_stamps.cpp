#include "load/kernel_stamps.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace wireproof::load {
namespace {

// The kernel stamps with CLOCK_REALTIME.
std::int64_t monotonic_ns(const timespec& real) {
  timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  const std::int64_t ago = (static_cast<std::int64_t>(now.tv_sec) - real.tv_sec) * 1'000'000'000 +
                           (now.tv_nsec - real.tv_nsec);
  return now_ns() - ago;
}

void take_stamp(StampedMessage& message, std::int64_t& stamp_ns) {
  msghdr& header = message.header;
  for (cmsghdr* one = CMSG_FIRSTHDR(&header); one != nullptr; one = CMSG_NXTHDR(&header, one)) {
    if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_TIMESTAMPING) continue;
    scm_timestamping times;
    std::memcpy(&times, CMSG_DATA(one), sizeof times);
    if (times.ts[0].tv_sec != 0) stamp_ns = monotonic_ns({times.ts[0].tv_sec, times.ts[0].tv_nsec});
  }
}

// recvmsg(2) and the software time among its control messages; 0: none.
ssize_t receive(int fd, std::span<char> buffer, int flags, std::int64_t& stamp_ns) {
  StampedMessage message;
  message.prepare(buffer);
  const ssize_t count = ::recvmsg(fd, &message.header, flags);
  if (count >= 0) take_stamp(message, stamp_ns);
  return count;
}

}  // namespace

bool allow_kernel_stamps(int fd) {
  const unsigned wanted =
      SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY;
  return ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &wanted, sizeof wanted) == 0;
}

ssize_t send_stamped(Channel& channel, std::span<const char> bytes) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint32_t))> control{};
  iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SO_TIMESTAMPING;
  header->cmsg_len = CMSG_LEN(sizeof(std::uint32_t));
  const std::uint32_t wanted = SOF_TIMESTAMPING_TX_SOFTWARE;
  std::memcpy(CMSG_DATA(header), &wanted, sizeof wanted);
  channel.kernel_sent_ns = channel.kernel_received_ns = 0;
  return ::sendmsg(channel.fd.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void take_transmit_stamp(Channel& channel) {
  char nothing = 0;  // OPT_TSONLY: the packet does not come along
  while (receive(channel.fd.get(), {&nothing, 1}, MSG_ERRQUEUE | MSG_DONTWAIT,
                 channel.kernel_sent_ns) >= 0) {
  }
}

ssize_t receive_stamped(Channel& channel, std::span<char> buffer, int flags) {
  return receive(channel.fd.get(), buffer, flags, channel.kernel_received_ns);
}

void StampedMessage::prepare(std::span<char> buffer) {
  piece = {buffer.data(), buffer.size()};
  header = {};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
}

void take_receive_stamp(Channel& channel, StampedMessage& message) {
  take_stamp(message, channel.kernel_received_ns);
}

}  // namespace wireproof::load
