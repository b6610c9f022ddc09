// A filter that the kernel runs on each packet before it takes room in a capture's ring: classic
// BPF (linux/filter.h), compiled by libpcap. It also says how much of a packet is kept, which
// libpcap alone would cut off only after the kernel has copied all of it. Thread rule: a value.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <string>
#include <vector>

namespace wireproof::capture {

class KernelFilter {
 public:
  // `expression` in the language of pcap-filter(7), of Ethernet frames; empty: all of them. The
  // markers by which captures prove themselves pass in any case. Throws SystemError with libpcap's
  // words for what is wrong.
  KernelFilter(const std::string& expression, std::uint32_t snap_length);

  // In place of the filter that the packet socket `fd` had. What is in its ring already stays.
  void attach(int fd, const std::string& interface) const;

 private:
  std::vector<sock_filter> code_;
};

}  // namespace wireproof::capture
