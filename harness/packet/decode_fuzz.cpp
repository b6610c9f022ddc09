// libFuzzer's entry: the first byte chooses the link type and whether to verify checksums, the next
// two how much longer the frame was on the wire; the rest is the frame. Checks what must hold of
// any packet whatever. Built as a fuzzer with WIREPROOF_FUZZ; its regression inputs
// (testdata/fuzz) run in the ordinary tests.
#include <cstdint>
#include <cstdlib>

#include "packet/decode.h"

using namespace wireproof::packet;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_invariants(const Packet& packet) {
  const auto bytes = packet.frame.bytes;
  if (!packet.payload.empty()) {
    require(packet.payload.data() >= bytes.data());
    require(packet.payload.data() + packet.payload.size() <= bytes.data() + bytes.size());
    require(packet.payload.size() <= packet.payload_length);
  }
  require(packet.transport_offset <= bytes.size());
  require(packet.tcp.options.sack_count <= packet.tcp.options.sack.size());
  if (packet.protocol == Protocol::tcp || packet.protocol == Protocol::udp) {
    require(packet.source.address.family != Family::none);
    require(packet.ip_protocol == (packet.protocol == Protocol::tcp ? 6 : 17));
    require(packet.fragment_offset == 0);
  }
  // A sum can only be known of bytes that were all captured.
  if (packet.checksum == Checksum::good) require(!packet.cut && !packet.is_fragment);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  static constexpr LinkType links[] = {
      LinkType::ethernet, LinkType::raw,  LinkType::null,      LinkType::loop,     LinkType::ppp,
      LinkType::ipv4,     LinkType::ipv6, LinkType::cooked_v1, LinkType::cooked_v2};
  Frame frame;
  frame.number = 1;
  frame.link = links[(data[0] & 0x7F) % std::size(links)];
  frame.bytes = {data + 3, size - 3};
  frame.wire_length = static_cast<std::uint32_t>(size - 3 + data[1] * 256u + data[2]);
  check_invariants(decode(frame, (data[0] & 0x80) == 0));
  return 0;
}
