// An interface's offload features, by ethtool's ioctl. Off, so that a capture shows the segments
// and checksums that a wire would carry. Thread rule: works on the calling thread's network
// namespace. Throws SystemError.
#pragma once

#include <string>
#include <vector>

#include "lab/lab.h"

namespace wireproof::lab {

// Turns off what joins segments or leaves checksums to hardware, as far as the interface allows.
void disable_offloads(const std::string& interface);
// Records those features as they are ("eth0.tx-checksum-ip-generic" is "off", pinned).
void record_offloads(const std::string& host, const std::string& interface, bool pinned,
                     std::vector<Setting>& record);

}  // namespace wireproof::lab
