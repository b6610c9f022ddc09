#include "witness/kernel_program.h"

#include <bpf/btf.h>
#include <fmt/format.h>

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <tuple>

#include "witness/kernel_events.h"

namespace wireproof::witness {
namespace {

struct FreeBtf {
  void operator()(btf* types) const { btf__free(types); }
};

// The offset of a member in bytes, also of one within an anonymous structure; -1: not there.
std::int32_t offset_in(const btf* types, std::uint32_t id, std::string_view member) {
  const btf_type* type = btf__type_by_id(types, id);
  while (type != nullptr && (btf_is_mod(type) || btf_is_typedef(type)))
    type = btf__type_by_id(types, type->type);
  if (type == nullptr || !btf_is_composite(type)) return -1;
  const btf_member* members = btf_members(type);
  for (std::uint32_t i = 0; i < btf_vlen(type); ++i) {
    const auto at = static_cast<std::int32_t>(btf_member_bit_offset(type, i) / 8);
    const char* name = btf__name_by_offset(types, members[i].name_off);
    if (name != nullptr && member == name) return at;
    if (name != nullptr && *name != '\0') continue;
    const std::int32_t within = offset_in(types, members[i].type, member);
    if (within >= 0) return at + within;
  }
  return -1;
}

constexpr std::uint8_t r0 = 0, r1 = 1, r2 = 2, r3 = 3, r6 = 6, r7 = 7, r8 = 8, r9 = 9, fp = 10;

// Instructions in their order; a jump to the end is mended once the end is known.
class Assembler {
 public:
  void add(std::uint8_t code, std::uint8_t to, std::uint8_t from, std::int16_t offset,
           std::int32_t value) {
    bpf_insn one{};
    one.code = code;
    one.dst_reg = to & 0xf;
    one.src_reg = from & 0xf;
    one.off = offset;
    one.imm = value;
    program.push_back(one);
  }
  void move(std::uint8_t to, std::uint8_t from) {
    add(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
  }
  void set(std::uint8_t to, std::int32_t value) {
    add(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value);
  }
  void add_number(std::uint8_t to, std::int32_t value) {
    add(BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, value);
  }
  void add_register(std::uint8_t to, std::uint8_t from) {
    add(BPF_ALU64 | BPF_ADD | BPF_X, to, from, 0, 0);
  }
  void load(std::uint8_t size, std::uint8_t to, std::uint8_t from, std::int16_t offset) {
    add(BPF_LDX | BPF_MEM | size, to, from, offset, 0);
  }
  void store(std::uint8_t size, std::uint8_t to, std::int16_t offset, std::uint8_t from) {
    add(BPF_STX | BPF_MEM | size, to, from, offset, 0);
  }
  void store_number(std::uint8_t size, std::uint8_t to, std::int16_t offset, std::int32_t value) {
    add(BPF_ST | BPF_MEM | size, to, 0, offset, value);
  }
  void map(std::uint8_t to, int fd) {
    add(BPF_LD | BPF_DW | BPF_IMM, to, BPF_PSEUDO_MAP_FD, 0, fd);
    add(0, 0, 0, 0, 0);
  }
  void call(std::int32_t helper) { add(BPF_JMP | BPF_CALL, 0, 0, 0, helper); }
  // Returns the place of a jump, to be given to land().
  std::size_t jump_if(std::uint8_t condition, std::uint8_t left, std::int32_t right) {
    add(static_cast<std::uint8_t>(BPF_JMP | condition | BPF_K), left, 0, 0, right);
    return program.size() - 1;
  }
  std::size_t jump() {
    add(BPF_JMP | BPF_JA, 0, 0, 0, 0);
    return program.size() - 1;
  }
  void land(std::size_t jump) {
    program[jump].off = static_cast<std::int16_t>(program.size() - jump - 1);
  }
  void end_if(std::uint8_t condition, std::uint8_t left, std::int32_t right) {
    to_end_.push_back(jump_if(condition, left, right));
  }
  void end() {
    for (const std::size_t jump : to_end_) land(jump);
    set(r0, 0);
    add(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
  }
  // probe_read_kernel(to + offset, size, from + at)
  void read(std::uint8_t to, std::int32_t offset, std::int32_t size, std::uint8_t from,
            std::int32_t at) {
    move(r3, from);
    if (at != 0) add_number(r3, at);
    move(r1, to);
    add_number(r1, offset);
    set(r2, size);
    call(BPF_FUNC_probe_read_kernel);
  }

  std::vector<bpf_insn> program;

 private:
  std::vector<std::size_t> to_end_;
};

constexpr std::int16_t net_at = -8, cookie_at = -16, slot_at = -24, head_at = -32, place_at = -40;
constexpr std::int32_t field(std::size_t of) {
  return static_cast<std::int32_t>(offsetof(Slot, events) + of);
}

}  // namespace

tl::expected<KernelLayout, std::string> read_kernel_layout() {
  const std::unique_ptr<btf, FreeBtf> types(btf__load_vmlinux_btf());
  if (types == nullptr)
    return tl::unexpected(std::string("the kernel does not describe its types (BTF)"));
  std::string missing;
  const auto offset = [&](const char* structure, std::string_view member) {
    const int id = btf__find_by_name_kind(types.get(), structure, BTF_KIND_STRUCT);
    const std::int32_t at =
        id < 0 ? -1 : offset_in(types.get(), static_cast<std::uint32_t>(id), member);
    if (at < 0) missing = fmt::format("the kernel's BTF has no {}.{}", structure, member);
    return at;
  };
  KernelLayout layout{};
  layout.net = offset("sock_common", "skc_net");  // which a sock begins with
  layout.family = offset("sock_common", "skc_family");
  layout.local_port = offset("inet_sock", "inet_sport");  // skc_num is 0 once it is CLOSED
  layout.remote_port = offset("sock_common", "skc_dport");
  layout.remote4 = offset("sock_common", "skc_daddr");
  layout.local4 = offset("sock_common", "skc_rcv_saddr");
  layout.remote6 = offset("sock_common", "skc_v6_daddr");
  layout.local6 = offset("sock_common", "skc_v6_rcv_saddr");
  layout.cookie = offset("net", "net_cookie");
  layout.head = offset("sk_buff", "head");
  layout.network_header = offset("sk_buff", "network_header");
  layout.transport_header = offset("sk_buff", "transport_header");
  layout.device = offset("sk_buff", "dev");
  layout.device_net = offset("net_device", "nd_net");
  if (!missing.empty()) return tl::unexpected(missing);
  return layout;
}

std::vector<bpf_insn> kernel_program(std::uint32_t kind, const KernelLayout& layout, int cookies,
                                     int slots) {
  const bool resets = kind == static_cast<std::uint32_t>(KernelEventKind::send_reset);
  const bool states = kind == static_cast<std::uint32_t>(KernelEventKind::state);
  Assembler a;
  a.move(r6, r1);
  a.load(BPF_DW, r7, r6, 0);              // the socket; a RST may have none
  if (resets) a.load(BPF_DW, r8, r6, 8);  // the segment that is answered, if any
  a.store_number(BPF_DW, fp, net_at, 0);
  a.store_number(BPF_DW, fp, cookie_at, 0);
  if (resets) {
    const std::size_t with_socket = a.jump_if(BPF_JNE, r7, 0);
    a.end_if(BPF_JEQ, r8, 0);
    a.read(fp, net_at, 8, r8, layout.device);
    a.load(BPF_DW, r9, fp, net_at);
    a.read(fp, net_at, 8, r9, layout.device_net);
    const std::size_t done = a.jump();
    a.land(with_socket);
    a.read(fp, net_at, 8, r7, layout.net);
    a.land(done);
  } else {
    a.read(fp, net_at, 8, r7, layout.net);
  }
  a.load(BPF_DW, r9, fp, net_at);
  a.read(fp, cookie_at, 8, r9, layout.cookie);

  a.map(r1, cookies);
  a.move(r2, fp);
  a.add_number(r2, cookie_at);
  a.call(BPF_FUNC_map_lookup_elem);
  a.end_if(BPF_JEQ, r0, 0);
  a.load(BPF_W, r1, r0, 0);
  a.store(BPF_W, fp, slot_at, r1);
  a.map(r1, slots);
  a.move(r2, fp);
  a.add_number(r2, slot_at);
  a.call(BPF_FUNC_map_lookup_elem);
  a.end_if(BPF_JEQ, r0, 0);
  a.move(r9, r0);
  a.set(r1, 1);
  a.add(BPF_STX | BPF_ATOMIC | BPF_DW, r9, r1, offsetof(Slot, count), BPF_ADD | BPF_FETCH);
  a.end_if(BPF_JGE, r1, static_cast<std::int32_t>(events_in_a_slot));
  a.add(BPF_ALU64 | BPF_LSH | BPF_K, r1, 0, 0, 7);
  a.add_register(r9, r1);

  const auto at = [](std::size_t of) { return static_cast<std::int16_t>(field(of)); };
  a.load(BPF_DW, r1, fp, cookie_at);
  a.store(BPF_DW, r9, at(offsetof(RawEvent, cookie)), r1);
  a.call(BPF_FUNC_ktime_get_ns);
  a.store(BPF_DW, r9, at(offsetof(RawEvent, time_ns)), r0);
  if (states) {
    a.load(BPF_DW, r1, r6, 8);
    a.store(BPF_W, r9, at(offsetof(RawEvent, from)), r1);
    a.load(BPF_DW, r1, r6, 16);
    a.store(BPF_W, r9, at(offsetof(RawEvent, to)), r1);
  }
  a.store(BPF_DW, r9, at(offsetof(RawEvent, socket)), r7);
  const auto from_socket = [&](std::size_t to, std::int32_t size, std::int32_t from) {
    a.read(r9, field(to), size, r7, from);
  };
  const std::size_t no_socket = resets ? a.jump_if(BPF_JEQ, r7, 0) : 0;
  from_socket(offsetof(RawEvent, family), 2, layout.family);
  from_socket(offsetof(RawEvent, local_port), 2, layout.local_port);
  from_socket(offsetof(RawEvent, remote_port), 2, layout.remote_port);
  from_socket(offsetof(RawEvent, remote4), 4, layout.remote4);
  from_socket(offsetof(RawEvent, local4), 4, layout.local4);
  from_socket(offsetof(RawEvent, remote6), 16, layout.remote6);
  from_socket(offsetof(RawEvent, local6), 16, layout.local6);
  if (resets) {
    a.land(no_socket);
    const std::size_t nothing_answered = a.jump_if(BPF_JEQ, r8, 0);
    a.store_number(BPF_DW, fp, head_at, 0);
    a.read(fp, head_at, 8, r8, layout.head);
    for (const auto& [place, to, size] :
         {std::tuple{layout.network_header, offsetof(RawEvent, answered_ip), 40},
          std::tuple{layout.transport_header, offsetof(RawEvent, answered_ports), 4}}) {
      a.store_number(BPF_DW, fp, place_at, 0);
      a.read(fp, place_at, 2, r8, place);
      a.load(BPF_DW, r3, fp, head_at);
      a.load(BPF_H, r1, fp, place_at);
      a.add_register(r3, r1);
      a.move(r1, r9);
      a.add_number(r1, field(to));
      a.set(r2, size);
      a.call(BPF_FUNC_probe_read_kernel);
    }
    a.land(nothing_answered);
  }
  a.store_number(BPF_W, r9, at(offsetof(RawEvent, kind)), static_cast<std::int32_t>(kind + 1));
  a.end();
  return a.program;
}

}  // namespace wireproof::witness
