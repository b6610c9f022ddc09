// The owner of a libpcap handle that reads live from an interface of the calling thread's network
// namespace. Thread rule: one thread.
#pragma once

#include <pcap/pcap.h>

#include <memory>
#include <string>

#include "capture/kernel_filter.h"
#include "capture/live.h"

namespace wireproof::capture {

class Handle {
 public:
  // Opened, configured as `options` say and bound; non-blocking. Throws SystemError.
  explicit Handle(const LiveOptions& options);

  int fd() const { return pcap_fileno(pcap_.get()); }  // readable when frames are there
  packet::LinkType link() const { return link_; }
  void filter(const KernelFilter& filter) const { filter.attach(fd(), interface_); }

  // Gives each frame that is there to `take(const pcap_pkthdr&, const std::uint8_t*)`, whose time
  // stamps are nanoseconds; returns how many. Throws SystemError when the interface went away.
  template <typename Take>
  int read(Take& take) {
    const auto forward = [](u_char* user, const pcap_pkthdr* header, const u_char* bytes) {
      (*reinterpret_cast<Take*>(user))(*header, bytes);
    };
    return check_read(
        pcap_dispatch(pcap_.get(), -1, forward, reinterpret_cast<u_char*>(std::addressof(take))));
  }

  struct Counts {
    std::uint64_t received = 0, dropped = 0;
  };
  // Adds what the kernel counted since the last call, which resets its counters.
  void add_counts(Counts& counts) const;

 private:
  struct Close {
    void operator()(pcap_t* pcap) const { pcap_close(pcap); }
  };
  int check_read(int result) const;

  std::string interface_;
  std::unique_ptr<pcap_t, Close> pcap_;
  packet::LinkType link_ = packet::LinkType::ethernet;
};

// Frames that the interface counts as dropped on their way in, in the calling thread's network
// namespace (/proc/thread-self/net/dev); 0 where that cannot be read.
std::uint64_t interface_drops(const std::string& interface);

}  // namespace wireproof::capture
