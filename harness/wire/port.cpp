#include "wire/port.h"

#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>

#include <cstring>

#include "base/clock.h"
#include "base/error.h"

namespace wireproof::wire {

namespace {
constexpr auto patience = std::chrono::milliseconds(50);
}

Port::Port(const std::string& interface) : interface_(interface) {
  // Protocol 0: it receives nothing.
  fd_ = Fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!fd_.is_open())
    throw_errno("open a packet socket for", interface, "the wire needs CAP_NET_RAW");
  const int on = 1;
  checked("set", "PACKET_QDISC_BYPASS",
          [&] { return ::setsockopt(fd_.get(), SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on); });
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
  if (address.sll_ifindex == 0) throw_errno("find the interface", interface);
  checked("send on", interface,
          [&] { return ::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address); });
}

void Port::lend(std::span<const std::uint8_t> frame) {
  frames_.push_back({const_cast<std::uint8_t*>(frame.data()), frame.size()});
}

void Port::give(std::vector<std::uint8_t> frame) {
  lend(frame);  // its memory moves along with the vector
  owned_.push_back(std::move(frame));
}

void Port::flush() {
  if (frames_.empty()) return;
  messages_.assign(frames_.size(), mmsghdr{});
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    messages_[i].msg_hdr.msg_iov = &frames_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
  }
  std::size_t done = 0;
  Deadline give_up = Deadline::after(patience);
  while (done < messages_.size()) {
    const int sent = retry_eintr([&] {
      return ::sendmmsg(fd_.get(), &messages_[done], static_cast<unsigned>(messages_.size() - done),
                        MSG_DONTWAIT);
    });
    if (sent > 0) {
      done += static_cast<std::size_t>(sent);
      give_up = Deadline::after(patience);
      continue;
    }
    // ENOBUFS: the receiving CPU's backlog is full; it empties as soon as that CPU gets to it.
    const int error = errno;
    if ((error == ENOBUFS || error == EAGAIN) && !give_up.passed()) {
      ++retries_;
      ::sched_yield();
      continue;
    }
    last_failure_ = SystemError("send on", interface_, error).what();
    ++failures_;
    ++done;
  }
  frames_.clear();
  owned_.clear();
}

}  // namespace wireproof::wire
