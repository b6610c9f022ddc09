// For the benchmark: sending through a mapped ring (packet(7), PACKET_TX_RING), the alternative to
// the batches of sendmmsg that Port makes. Each frame is copied into a slot; one call sends them
// all.
#pragma once

#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cstring>
#include <span>
#include <string>

#include "base/error.h"
#include "base/fd.h"

namespace wireproof::wire {

class TxRing {
 public:
  explicit TxRing(const std::string& interface)
      : fd_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) {
    const int version = TPACKET_V2, on = 1;
    set(PACKET_VERSION, version);
    set(PACKET_QDISC_BYPASS, on);
    tpacket_req request{};
    request.tp_block_size = 1u << 16;
    request.tp_block_nr = static_cast<unsigned>(slots * slot_size >> 16);
    request.tp_frame_size = slot_size;
    request.tp_frame_nr = slots;
    set(PACKET_TX_RING, request);
    void* const memory = ::mmap(nullptr, std::size_t{slots} * slot_size, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_POPULATE, fd_.get(), 0);
    if (memory == MAP_FAILED) throw_errno("map the send ring of", interface);
    memory_ = static_cast<std::uint8_t*>(memory);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
    checked("send on", interface, [&] {
      return ::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    });
  }
  ~TxRing() { ::munmap(memory_, std::size_t{slots} * slot_size); }
  TxRing(const TxRing&) = delete;

  void lend(std::span<const std::uint8_t> frame) {
    auto* const header = reinterpret_cast<tpacket2_hdr*>(memory_ + next_ * slot_size);
    volatile std::uint32_t* const status = &header->tp_status;
    while (*status != TP_STATUS_AVAILABLE) flush();
    std::memcpy(reinterpret_cast<std::uint8_t*>(header) + TPACKET_ALIGN(sizeof(tpacket2_hdr)),
                frame.data(), frame.size());
    header->tp_len = static_cast<std::uint32_t>(frame.size());
    __atomic_store_n(&header->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
    next_ = (next_ + 1) % slots;
    pending_ = true;
  }
  void flush() {
    if (pending_) ::send(fd_.get(), nullptr, 0, MSG_DONTWAIT);
    pending_ = false;
  }

 private:
  static constexpr unsigned slots = 1024, slot_size = 2048;
  template <typename Value>
  void set(int option, const Value& value) {
    checked("set", "an option of the send ring",
            [&] { return ::setsockopt(fd_.get(), SOL_PACKET, option, &value, sizeof value); });
  }
  Fd fd_;
  std::uint8_t* memory_ = nullptr;
  std::size_t next_ = 0;
  bool pending_ = false;
};

}  // namespace wireproof::wire
