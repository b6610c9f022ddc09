// The BPF programs of kernel_events.h, put together instruction by instruction for the layout of
// the running kernel's structures: nothing is compiled, at build time or later.
// Thread rule: plain values.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tl/expected.hpp"

namespace wireproof::witness {

// Where the fields stand that the programs read, as the kernel's BTF says.
struct KernelLayout {
  std::int32_t net, family, local_port, remote_port, remote4, local4, remote6, local6;  // of sock
  std::int32_t cookie;                                          // of struct net
  std::int32_t head, network_header, transport_header, device;  // of sk_buff
  std::int32_t device_net;                                      // of net_device
};
// Reads /sys/kernel/btf/vmlinux; what is missing where it does not say.
tl::expected<KernelLayout, std::string> read_kernel_layout();

// One event as a program writes it; all in host order but what is named as on the wire.
struct RawEvent {
  std::uint64_t time_ns = 0;  // CLOCK_MONOTONIC
  std::uint64_t cookie = 0;
  std::uint32_t kind = 0;  // KernelEventKind plus one; 0: not written to its end
  std::uint32_t from = 0, to = 0;
  std::uint16_t family = 0;
  std::uint8_t local_port[2] = {}, remote_port[2] = {};  // as on the wire
  std::uint8_t padding[2] = {};
  std::uint8_t remote4[4] = {}, local4[4] = {};
  std::uint8_t remote6[16] = {}, local6[16] = {};
  std::uint8_t answered_ip[40] = {};    // a RST's: headers of the segment that it answers
  std::uint8_t answered_ports[4] = {};  // 0 where there is none
  std::uint64_t socket = 0;             // its address: the same for as long as it lives; 0: none
};
static_assert(sizeof(RawEvent) == 128, "the programs shift by 7");

inline constexpr std::uint32_t events_in_a_slot = 1023;
struct Slot {  // filled from its beginning; what does not fit is counted alone
  std::uint64_t count = 0;
  std::uint8_t padding[120] = {};
  RawEvent events[events_in_a_slot];
};
static_assert(sizeof(Slot) == 128 * 1024);

// `cookies`: a hash from cookie to slot; `slots`: the array of them.
std::vector<bpf_insn> kernel_program(std::uint32_t kind, const KernelLayout& layout, int cookies,
                                     int slots);

}  // namespace wireproof::witness
