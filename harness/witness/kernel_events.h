// TCP as the kernel tells it, event by event: the tracepoints sock:inet_sock_set_state,
// tcp:tcp_retransmit_skb, tcp:tcp_send_reset and tcp:tcp_receive_reset, heard by BPF programs that
// know a case's namespaces by their cookies (no tracepoint carries them). It takes CAP_BPF and
// CAP_PERFMON in the machine's own user namespace, as root has.
//
// What the kernel does not tell: no event is named TIME_WAIT (FIN_WAIT_2, or CLOSING, to CLOSED
// is it: the socket is replaced by a smaller one), and a server's SYN_RECEIVED comes late, when
// the handshake's last ACK has made a socket of the request.
//
// Life of a run:   KernelEvents::open()  once, before the run enters its user namespace
// Life of a case:  KernelEventTap tap(events, slot, namespaces); ...; tap.take(); ~tap
// Thread rule: one thread at a time per object. Forked processes share what open() made; of each
// slot there is one tap at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/finding.h"
#include "packet/packet.h"
#include "tcp/state.h"
#include "tl/expected.hpp"

namespace wireproof::witness {

enum class KernelEventKind : std::uint8_t { state, retransmit, send_reset, receive_reset };
std::string_view name(KernelEventKind);  // "state", "retransmit", "send-reset", "receive-reset"

struct KernelEvent {
  KernelEventKind kind = KernelEventKind::state;
  std::int64_t time_ns = 0;  // CLOCK_REALTIME
  Side side = Side::client;  // at whose end
  packet::Endpoint local, remote;
  std::optional<tcp::State> from, to;  // of a change of state
  // Who reads the packets adds: the connection's index, and the packet that brought the event
  // about or came of it, in the capture at that end; 0: none.
  std::uint64_t connection = 0, packet = 0;
};

class KernelEvents {
 public:
  // For so many cases at once. What is not there, and why, where that is refused.
  static tl::expected<std::shared_ptr<KernelEvents>, std::string> open(unsigned slots);
  ~KernelEvents();
  KernelEvents(const KernelEvents&) = delete;
  unsigned slots() const;

 private:
  friend class KernelEventTap;
  struct Impl;
  explicit KernelEvents(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class KernelEventTap {
 public:
  using Namespaces = std::vector<std::pair<Side, int>>;  // descriptors of each end's
  // Throws SystemError where the kernel does not let this process say which namespaces it means.
  KernelEventTap(KernelEvents& events, unsigned slot, const Namespaces& namespaces);
  ~KernelEventTap();
  KernelEventTap(const KernelEventTap&) = delete;

  struct Heard {
    std::vector<KernelEvent> events;  // in the order of their time
    // For which there was no room, or, in any namespace, that came while another was told on the
    // same processor (the kernel does not run a program within itself, but counts).
    std::uint64_t lost = 0;
  };
  Heard take() const;  // all since the tap was made

 private:
  KernelEvents::Impl& events_;
  unsigned slot_;
  std::uint64_t misses_before_ = 0;
  std::vector<std::pair<std::uint64_t, Side>> cookies_;
};

}  // namespace wireproof::witness
