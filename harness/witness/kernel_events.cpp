#include "witness/kernel_events.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/fd.h"
#include "base/realtime_at.h"
#include "witness/inet_diag.h"
#include "witness/kernel_program.h"
#include "witness/netns_entry.h"

namespace wireproof::witness {
namespace {

constexpr std::array<std::string_view, 4> kind_names{"state", "retransmit", "send-reset",
                                                     "receive-reset"};
constexpr std::array<const char*, 4> tracepoints{"inet_sock_set_state", "tcp_retransmit_skb",
                                                 "tcp_send_reset", "tcp_receive_reset"};
constexpr std::uint32_t most_cookies = 4096;

// SO_NETNS_COOKIE of any socket in the namespace.
std::uint64_t cookie_of(int netns_fd) {
  const NetnsEntry inside(netns_fd);
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  if (!socket.is_open() ||
      ::getsockopt(socket.get(), SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) != 0)
    throw_errno("read the cookie of", "a network namespace");
  return cookie;
}

packet::Address address(bool v4, const std::uint8_t* four, const std::uint8_t* sixteen) {
  packet::Address made;
  made.family = v4 ? packet::Family::ipv4 : packet::Family::ipv6;
  std::copy_n(v4 ? four : sixteen, v4 ? 4 : 16, made.bytes.begin());
  return made;
}

std::uint16_t port(const std::uint8_t* wire) {
  return static_cast<std::uint16_t>(wire[0] << 8 | wire[1]);
}

// ::ffff:192.0.2.1 is an IPv4 address on an IPv6 socket.
bool is_mapped(const std::uint8_t* sixteen) {
  constexpr std::uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::equal(prefix, prefix + 12, sixteen);
}

void take_endpoints(const RawEvent& raw, KernelEvent& event) {
  if (port(raw.answered_ports) != 0) {  // who answers is the one it was sent to
    const std::uint8_t* ip = raw.answered_ip;
    const bool v4 = ip[0] >> 4 == 4;
    event.remote = {address(v4, ip + 12, ip + 8), port(raw.answered_ports)};
    event.local = {address(v4, ip + 16, ip + 24), port(raw.answered_ports + 2)};
    return;
  }
  const bool v4 = raw.family == AF_INET || is_mapped(raw.remote6);
  event.remote = {address(v4, raw.remote4, raw.remote6), port(raw.remote_port)};
  event.local = {address(v4, raw.local4, raw.local6), port(raw.local_port)};
}

bool is_whole(const KernelEvent& event) { return event.local.port != 0 && event.remote.port != 0; }

// SYN_SENT is told before the socket has its port, a server's SYN_RECEIVED before it has the
// client's address: the next event of the same socket, in the same life, knows them.
void complete_endpoints(std::vector<std::pair<std::uint64_t, KernelEvent>>& events) {
  for (auto at = events.begin(); at != events.end(); ++at) {
    auto& [socket, event] = *at;
    if (is_whole(event) || !event.to || socket == 0) continue;
    if (*event.to != tcp::State::syn_sent && *event.to != tcp::State::syn_received) continue;
    const auto next = std::find_if(
        at + 1, events.end(), [&, id = socket](const auto& later) { return later.first == id; });
    if (next == events.end() || !is_whole(next->second)) continue;
    event.local = next->second.local;
    event.remote = next->second.remote;
  }
}

std::string refused(std::string_view what) {
  return fmt::format("{}: {} (it takes CAP_BPF and CAP_PERFMON, as root has)", what,
                     std::strerror(errno));
}

int be_silent(libbpf_print_level, const char*, va_list) { return 0; }

}  // namespace

std::string_view name(KernelEventKind kind) { return kind_names[static_cast<std::size_t>(kind)]; }

struct KernelEvents::Impl {
  ~Impl() {
    if (memory != nullptr) ::munmap(memory, slots * sizeof(Slot));
  }
  Fd cookies, places;
  // Events at which a program was not run, for it ran already on that processor.
  std::uint64_t misses() const {
    std::uint64_t all = 0;
    for (const Fd& program : programs) {
      bpf_prog_info info{};
      std::uint32_t size = sizeof info;
      if (bpf_obj_get_info_by_fd(program.get(), &info, &size) == 0) all += info.recursion_misses;
    }
    return all;
  }
  std::vector<Fd> programs, links;
  Slot* memory = nullptr;  // of all slots
  std::size_t slots = 0;
};

KernelEvents::KernelEvents(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KernelEvents::~KernelEvents() = default;
unsigned KernelEvents::slots() const { return static_cast<unsigned>(impl_->slots); }

tl::expected<std::shared_ptr<KernelEvents>, std::string> KernelEvents::open(unsigned slots) {
  libbpf_set_print(be_silent);
  auto impl = std::make_unique<Impl>();
  impl->slots = slots;
  // First what needs the privilege: who has none shall not wait for the rest.
  impl->cookies = Fd(bpf_map_create(BPF_MAP_TYPE_HASH, "wp_cookies", sizeof(std::uint64_t),
                                    sizeof(std::uint32_t), most_cookies, nullptr));
  if (!impl->cookies.is_open()) return tl::unexpected(refused("make a BPF map"));
  const auto layout = read_kernel_layout();
  if (!layout) return tl::unexpected(layout.error());
  bpf_map_create_opts shared{};
  shared.sz = sizeof shared;
  shared.map_flags = BPF_F_MMAPABLE;
  impl->places = Fd(bpf_map_create(BPF_MAP_TYPE_ARRAY, "wp_events", sizeof(std::uint32_t),
                                   sizeof(Slot), slots, &shared));
  if (!impl->places.is_open()) return tl::unexpected(refused("make a BPF map"));
  void* memory = ::mmap(nullptr, slots * sizeof(Slot), PROT_READ | PROT_WRITE, MAP_SHARED,
                        impl->places.get(), 0);
  if (memory == MAP_FAILED) return tl::unexpected(refused("map a BPF map"));
  impl->memory = static_cast<Slot*>(memory);
  for (std::uint32_t kind = 0; kind < tracepoints.size(); ++kind) {
    const auto code = kernel_program(kind, *layout, impl->cookies.get(), impl->places.get());
    // The helper that reads kernel memory is for programs under the GPL, says the kernel.
    Fd program(bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "wp_tcp", "GPL", code.data(),
                             code.size(), nullptr));
    if (!program.is_open()) return tl::unexpected(refused("load a BPF program"));
    Fd link(bpf_raw_tracepoint_open(tracepoints[kind], program.get()));
    if (!link.is_open())
      return tl::unexpected(refused(fmt::format("listen to the tracepoint {}", tracepoints[kind])));
    impl->programs.push_back(std::move(program));
    impl->links.push_back(std::move(link));
  }
  return std::shared_ptr<KernelEvents>(new KernelEvents(std::move(impl)));
}

KernelEventTap::KernelEventTap(KernelEvents& events, unsigned slot, const Namespaces& namespaces)
    : events_(*events.impl_), slot_(slot) {
  Slot& mine = events_.memory[slot];
  const std::uint64_t used = std::min<std::uint64_t>(mine.count, events_in_a_slot);
  std::fill_n(mine.events, used, RawEvent{});
  mine.count = 0;
  misses_before_ = events_.misses();
  for (const auto& [side, netns] : namespaces) {
    const std::uint64_t cookie = cookie_of(netns);
    if (bpf_map_update_elem(events_.cookies.get(), &cookie, &slot_, BPF_ANY) != 0)
      throw_errno("listen to", "the kernel's events of a network namespace");
    cookies_.emplace_back(cookie, side);
  }
}

KernelEventTap::~KernelEventTap() {
  for (const auto& [cookie, side] : cookies_) bpf_map_delete_elem(events_.cookies.get(), &cookie);
}

KernelEventTap::Heard KernelEventTap::take() const {
  const Slot& mine = events_.memory[slot_];
  const std::uint64_t count = __atomic_load_n(&mine.count, __ATOMIC_ACQUIRE);
  const std::int64_t offset = realtime_at({});  // the kernel's times are of CLOCK_MONOTONIC
  Heard heard;
  std::vector<std::pair<std::uint64_t, KernelEvent>> events;  // with their sockets
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(count, events_in_a_slot); ++i) {
    const RawEvent& raw = mine.events[i];
    if (__atomic_load_n(&raw.kind, __ATOMIC_ACQUIRE) == 0) {
      ++heard.lost;  // is being written, or its writer gave up
      continue;
    }
    KernelEvent event;
    event.kind = static_cast<KernelEventKind>(raw.kind - 1);
    event.time_ns = static_cast<std::int64_t>(raw.time_ns) + offset;
    for (const auto& [cookie, side] : cookies_)
      if (cookie == raw.cookie) event.side = side;
    take_endpoints(raw, event);
    if (event.kind == KernelEventKind::state) {
      event.from = tcp_state(raw.from);
      event.to = tcp_state(raw.to);
    }
    events.emplace_back(raw.socket, std::move(event));
  }
  heard.lost += events_.misses() - misses_before_;
  if (count > events_in_a_slot) heard.lost += count - events_in_a_slot;
  std::ranges::stable_sort(events, {}, [](const auto& one) { return one.second.time_ns; });
  complete_endpoints(events);
  for (auto& [socket, event] : events) heard.events.push_back(std::move(event));
  return heard;
}

}  // namespace wireproof::witness
