#include "capture/handle.h"

#include <fcntl.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"

namespace wireproof::capture {
namespace {

// Not in every libc's headers (Linux 4.20).
#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

constexpr int kBlockTimeoutMs = 10;

[[noreturn]] void refuse(int status, const std::string& interface, pcap_t* pcap) {
  const std::string object = interface + ": " + pcap_geterr(pcap);
  switch (status) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      throw SystemError("capture on", object, EPERM,
                        "capturing needs CAP_NET_RAW: root, or a user namespace of one's own");
    case PCAP_ERROR_NO_SUCH_DEVICE:
      throw SystemError("capture on", object, ENODEV);
    case PCAP_ERROR_IFACE_NOT_UP:
      throw SystemError("capture on", object, ENETDOWN,
                        "the interface must be up before a capture starts");
    default:
      throw SystemError("capture on", object, errno == 0 ? EIO : errno);
  }
}

}  // namespace

Handle::Handle(const LiveOptions& options) : interface_(options.interface) {
  char message[PCAP_ERRBUF_SIZE] = {};
  pcap_.reset(pcap_create(options.interface.c_str(), message));
  if (pcap_ == nullptr) {
    throw SystemError("capture on", options.interface + ": " + message, errno);
  }
  pcap_t* const pcap = pcap_.get();
  pcap_set_snaplen(pcap, static_cast<int>(options.snap_length));
  pcap_set_buffer_size(pcap, static_cast<int>(options.ring_bytes));
  pcap_set_timeout(pcap, kBlockTimeoutMs);
  // Immediate makes libpcap choose TPACKET_V2, whose frames are seen one by one; else V3's blocks.
  pcap_set_immediate_mode(pcap, options.immediate ? 1 : 0);
  pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
  errno = 0;
  if (const int status = pcap_activate(pcap); status < 0) refuse(status, interface_, pcap);

  if (options.ignore_outgoing) {
    const int on = 1;
    if (::setsockopt(fd(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) == -1) {
      throw_errno("ignore outgoing packets on", interface_, "needs Linux 4.20 or later");
    }
  }
  filter(KernelFilter(options.filter, options.snap_length));
  if (pcap_setnonblock(pcap, 1, message) == -1) {
    throw SystemError("make a capture non-blocking on", interface_ + ": " + message, errno);
  }
  switch (const int dlt = pcap_datalink(pcap); dlt) {
    case DLT_EN10MB:
      link_ = packet::LinkType::ethernet;
      break;
    default:
      // Markers are Ethernet frames, so the interface must carry those.
      throw SystemError("capture on", interface_, EOPNOTSUPP,
                        "only interfaces with Ethernet framing are captured live");
  }
}

int Handle::check_read(int result) const {
  if (result < 0) {
    throw SystemError("read packets of", interface_ + ": " + pcap_geterr(pcap_.get()),
                      errno == 0 ? EIO : errno);
  }
  return result;
}

// Not pcap_stats(): it looks for the interface's own drops in /sys, which shows the network
// namespace of whoever mounted it.
void Handle::add_counts(Counts& counts) const {
  tpacket_stats_v3 now = {};
  socklen_t length = sizeof now;
  if (::getsockopt(fd(), SOL_PACKET, PACKET_STATISTICS, &now, &length) == -1) {
    throw_errno("read the packet counts of", interface_);
  }
  counts.received += now.tp_packets;  // tp_drops among them
  counts.dropped += now.tp_drops;
}

std::uint64_t interface_drops(const std::string& interface) {
  const Fd file(::open("/proc/thread-self/net/dev", O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return 0;
  std::string text(16384, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got =
        retry_eintr([&] { return ::read(file.get(), text.data() + size, text.size() - size); });
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  // "  name: bytes packets errs drop ..."
  const std::string wanted = interface + ":";
  for (std::size_t at = text.find(wanted); at != text.npos; at = text.find(wanted, at + 1)) {
    if (at != 0 && text[at - 1] != ' ' && text[at - 1] != '\n') continue;
    const char* next = text.c_str() + at + wanted.size();
    std::uint64_t value = 0;
    for (int column = 0; column < 4; ++column) {
      char* end = nullptr;
      value = std::strtoull(next, &end, 10);
      if (end == next) return 0;
      next = end;
    }
    return value;
  }
  return 0;
}

}  // namespace wireproof::capture
