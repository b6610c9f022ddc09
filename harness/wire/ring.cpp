// A slot (tpacket_rcv in the kernel's net/packet/af_packet.c):
//
//   | tpacket2_hdr | sockaddr_ll | room for a VLAN tag | Ethernet header | IP ... |
//                                                      ^ tp_mac
#include "wire/ring.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/error.h"

namespace wireproof::wire {
namespace {

constexpr std::size_t block_size = 64u << 10, vlan_tag = 4;

template <typename Value>
void set_option(const Fd& fd, int option, const Value& value, const char* what) {
  checked("set", what, [&] {
    return ::setsockopt(fd.get(), SOL_PACKET, option, &value, static_cast<socklen_t>(sizeof value));
  });
}

std::atomic_ref<std::uint32_t> status_of(tpacket2_hdr* header) {
  return std::atomic_ref<std::uint32_t>(header->tp_status);
}

}  // namespace

Ring::Ring(const std::string& interface, std::size_t bytes, unsigned mtu) : interface_(interface) {
  fd_ = Fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd_.is_open())
    throw_errno("open a packet socket for", interface, "the wire needs CAP_NET_RAW");
  set_option(fd_, PACKET_VERSION, int{TPACKET_V2}, "PACKET_VERSION 2");
  set_option(fd_, PACKET_RESERVE, static_cast<unsigned>(vlan_tag), "PACKET_RESERVE");
  set_option(fd_, PACKET_IGNORE_OUTGOING, int{1}, "PACKET_IGNORE_OUTGOING");

  const std::size_t before_ip = TPACKET_ALIGN(TPACKET2_HDRLEN + 16 + vlan_tag);
  slot_size_ = TPACKET_ALIGN(before_ip + vlan_tag + mtu);
  const std::size_t block = std::max(block_size, (slot_size_ + 4095) / 4096 * 4096);
  slots_per_block_ = block / slot_size_;
  tpacket_req request{};
  request.tp_block_size = static_cast<unsigned>(block);
  request.tp_block_nr = static_cast<unsigned>(std::max<std::size_t>(bytes / block, 1));
  request.tp_frame_size = static_cast<unsigned>(slot_size_);
  slots_ = slots_per_block_ * request.tp_block_nr;
  request.tp_frame_nr = static_cast<unsigned>(slots_);
  set_option(fd_, PACKET_RX_RING, request, "PACKET_RX_RING");
  size_ = block * request.tp_block_nr;
  void* const memory =
      ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_.get(), 0);
  if (memory == MAP_FAILED) throw_errno("map the receive ring of", interface);
  memory_ = static_cast<std::uint8_t*>(memory);

  // Bound last: nothing of another interface, and nothing before the ring, gets in.
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
  if (address.sll_ifindex == 0) throw_errno("find the interface", interface);
  checked("receive from", interface,
          [&] { return ::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address); });
}

Ring::~Ring() {
  if (memory_ != nullptr) ::munmap(memory_, size_);
}

std::uint8_t* Ring::slot(std::size_t index) const {
  const std::size_t block = size_ / (slots_ / slots_per_block_);
  return memory_ + index / slots_per_block_ * block + index % slots_per_block_ * slot_size_;
}

bool Ring::has_next() const {
  auto* const header = reinterpret_cast<tpacket2_hdr*>(slot(next_));
  return (status_of(header).load(std::memory_order_acquire) & TP_STATUS_USER) != 0;
}

std::optional<Ring::Received> Ring::next() {
  auto* const header = reinterpret_cast<tpacket2_hdr*>(slot(next_));
  const std::uint32_t status = status_of(header).load(std::memory_order_acquire);
  if ((status & TP_STATUS_USER) == 0) return std::nullopt;
  const std::size_t following = (next_ + 1) % slots_;
  if (following == returned_) return std::nullopt;  // give_back() first
  next_ = following;

  std::uint8_t* frame = reinterpret_cast<std::uint8_t*>(header) + header->tp_mac;
  std::size_t length = header->tp_snaplen;
  if ((status & TP_STATUS_VLAN_VALID) != 0 && length >= 12) {
    // The kernel took the tag out: it goes back between addresses and type.
    std::memmove(frame - vlan_tag, frame, 12);
    frame -= vlan_tag;
    length += vlan_tag;
    const std::uint16_t type =
        (status & TP_STATUS_VLAN_TPID_VALID) != 0 ? header->tp_vlan_tpid : ETH_P_8021Q;
    const std::uint16_t tag[2] = {htons(type), htons(header->tp_vlan_tci)};
    std::memcpy(frame + 12, tag, sizeof tag);
  }
  Received received;
  received.frame = {frame, length};
  received.time_ns = std::int64_t{header->tp_sec} * 1'000'000'000 + header->tp_nsec;
  received.cut = header->tp_len > header->tp_snaplen;
  received.offloaded = (status & TP_STATUS_CSUMNOTREADY) != 0;
  return received;
}

void Ring::give_back() {
  for (; returned_ != next_; returned_ = (returned_ + 1) % slots_) {
    auto* const header = reinterpret_cast<tpacket2_hdr*>(slot(returned_));
    status_of(header).store(TP_STATUS_KERNEL, std::memory_order_release);
  }
}

std::uint64_t Ring::take_drops() {
  tpacket_stats stats{};
  socklen_t length = sizeof stats;
  checked("read the statistics of", interface_,
          [&] { return ::getsockopt(fd_.get(), SOL_PACKET, PACKET_STATISTICS, &stats, &length); });
  return stats.tp_drops;
}

}  // namespace wireproof::wire
