// Live capture on one interface of a network namespace, proven live before start() returns and
// drained before stop() does: what passed in between is in frames(), or is counted as lost.
// Needs CAP_NET_RAW in the user namespace that owns the network namespace.
//
// Thread rule: a LiveCapture has a thread of its own, which enters the namespace, opens the handle
// and reads. start, stop and the destructor belong to one thread; frames_so_far, frames_since and
// the waits may be called by any. Lifetime: frames and their bytes live as long as the LiveCapture.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "packet/packet.h"

namespace wireproof::capture {

struct LiveOptions {
  std::string interface;
  // The kernel holds what the thread has not read yet in it. A slot takes a frame of the
  // interface's MTU or, where offloads are on, of 64 KiB: 2 MiB are some 1,000 packets at an MTU of
  // 1,500, but only 31 on lo as it comes.
  std::size_t ring_bytes = 2u << 20;
  std::uint32_t snap_length = 262144;  // the kernel copies no more of a packet
  // In the language of pcap-filter(7), run by the kernel: what it keeps away costs the ring
  // nothing. Empty: all passes. The capture's own markers always do.
  std::string filter;
  // On lo each packet passes twice, out and in; true: the kernel queues it once. On any other
  // interface this would hide what the machine sends.
  bool ignore_outgoing = false;
  // true: each packet is seen at once (scripted cases). false: in blocks, some 10 ms late, for less
  // CPU a packet (load).
  bool immediate = true;
  std::size_t memory_limit_bytes = 256u << 20;
  // Where set, frames go there, called by the capture's thread, and none is kept: frames() is empty
  // and there is no memory limit. The bytes are good during the call.
  std::function<void(const packet::Frame&)> sink;
};

struct CaptureStats {
  std::uint64_t received = 0;              // by the kernel's socket, the capture's own probes too
  std::uint64_t dropped_by_kernel = 0;     // the ring was full
  std::uint64_t dropped_by_interface = 0;  // before any socket saw them, both directions of lo
  std::uint64_t delivered = 0;             // frames kept, or given to the sink
  std::uint64_t dropped_by_memory_limit = 0;
  bool drained = false;  // stop() saw its end markers: nothing that passed before it is missing
  std::string failure;   // why reading ended by itself (the interface is gone), or empty
  // Frames that passed and are not among the delivered: loss in the trace proves nothing then.
  std::uint64_t dropped() const {
    return dropped_by_kernel + dropped_by_interface + dropped_by_memory_limit;
  }
};

// The interface carried none of the capture's own frames in time: the machine is overloaded, or the
// interface has no link. Nothing that is seen proves anything then.
class NotProvenLive : public SystemError {
 public:
  explicit NotProvenLive(const std::string& interface)
      : SystemError("see a marker frame of its own on", interface, ETIMEDOUT,
                    "the interface has no link, or the machine is overloaded") {}
};

class LiveCapture {
 public:
  // `netns_fd`: an open network namespace, or -1 for that of the calling thread. The interface must
  // be up. Throws SystemError where it is refused, NotProvenLive where it cannot be proven live by
  // the deadline.
  static std::unique_ptr<LiveCapture> start(int netns_fd, const LiveOptions& options,
                                            Deadline deadline);
  ~LiveCapture();
  LiveCapture(const LiveCapture&) = delete;
  LiveCapture& operator=(const LiveCapture&) = delete;

  // From some moment soon on only what `expression` lets through; throws SystemError where that is
  // none of pcap-filter(7).
  void filter(const std::string& expression);

  // Reads all that passed before this call, then ends reading. Idempotent. When the deadline passes
  // first, stats().drained is false. Never throws.
  void stop(Deadline deadline) noexcept;

  // After stop().
  const std::vector<packet::Frame>& frames() const;
  // At any time, but whole only then: what the kernel dropped is known half a second later while
  // frames come, what the interface did in the end.
  CaptureStats stats() const;
  packet::LinkType link() const;

  // While it runs, for those who wait for something on the wire.
  std::uint64_t frames_so_far() const;
  std::vector<packet::Frame> frames_since(std::uint64_t count) const;  // all but the first `count`
  // True as soon as more than `known` frames are there; false when stopped or too late.
  bool wait_for_more_than(std::uint64_t known, Deadline deadline) const;
  // True as soon as `wanted` is true of a frame, tried on each once from the first on.
  bool wait_for(const std::function<bool(const packet::Frame&)>& wanted, Deadline deadline) const;

 private:
  struct Impl;
  explicit LiveCapture(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wireproof::capture
