// Frames received from one interface through memory shared with the kernel (packet(7),
// PACKET_RX_RING, TPACKET_V2: a frame is seen as soon as it is there, where version 3 waits for a
// block to fill). Frames that the interface itself sends are not among them. Thread rule: one
// thread at a time. Lifetime: a frame's bytes are good until give_back().
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/fd.h"

namespace wireproof::wire {

class Ring {
 public:
  // In the calling thread's network namespace. `mtu`: that of the interface. Throws SystemError.
  Ring(const std::string& interface, std::size_t bytes, unsigned mtu);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  struct Received {
    std::span<const std::uint8_t> frame;
    std::int64_t time_ns = 0;  // CLOCK_REALTIME
    bool cut = false;          // longer than a slot: not a frame of this MTU
    bool offloaded = false;    // its checksum was left to hardware
  };
  std::optional<Received> next();  // nullopt: nothing there
  bool has_next() const;
  void give_back();  // the slots of all that was received since the last call

  int fd() const { return fd_.get(); }  // readable when frames are there
  std::uint64_t take_drops();           // frames lost to a full ring since the last call

 private:
  std::uint8_t* slot(std::size_t index) const;
  std::string interface_;
  Fd fd_;
  std::uint8_t* memory_ = nullptr;
  std::size_t size_ = 0, slot_size_ = 0, slots_per_block_ = 0, slots_ = 0;
  std::size_t next_ = 0, returned_ = 0;
};

}  // namespace wireproof::wire
