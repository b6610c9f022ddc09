#include "capture/marker.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "base/error.h"

namespace wireproof::capture {
namespace {

constexpr std::string_view kMagic = "wireproof marker";
constexpr std::size_t kMagicAt = 14, kCaptureAt = kMagicAt + kMagic.size(),
                      kSequenceAt = kCaptureAt + 8, kLength = 60;
static_assert(kSequenceAt + 8 <= kLength);

}  // namespace

std::optional<Marker> read_marker(std::span<const std::uint8_t> frame) {
  if (frame.size() < kSequenceAt + 8) return std::nullopt;
  if (frame[12] != kMarkerEtherType >> 8 || frame[13] != (kMarkerEtherType & 0xFF))
    return std::nullopt;
  if (!std::equal(kMagic.begin(), kMagic.end(), frame.begin() + kMagicAt)) return std::nullopt;
  Marker marker;
  std::memcpy(&marker.capture, frame.data() + kCaptureAt, 8);
  std::memcpy(&marker.sequence, frame.data() + kSequenceAt, 8);
  return marker;
}

MarkerSocket::MarkerSocket(const std::string& interface) : interface_(interface) {
  // Protocol 0: it receives nothing.
  fd_ = Fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!fd_.is_open()) {
    throw_errno("open a packet socket for", interface, "capturing needs CAP_NET_RAW");
  }
  ifreq request = {};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(fd_.get(), SIOCGIFHWADDR, &request) == -1) {
    throw_errno("read the address of interface", interface);
  }
  std::memcpy(address_, request.ifr_hwaddr.sa_data, sizeof address_);
  if (::ioctl(fd_.get(), SIOCGIFINDEX, &request) == -1) {
    throw_errno("read the index of interface", interface);
  }
  sockaddr_ll to = {};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = request.ifr_ifindex;
  if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == -1) {
    throw_errno("bind a packet socket to", interface);
  }
}

bool MarkerSocket::send(const Marker& marker) {
  std::array<std::uint8_t, kLength> frame = {};
  std::memcpy(frame.data(), address_, 6);
  std::memcpy(frame.data() + 6, address_, 6);
  frame[12] = kMarkerEtherType >> 8;
  frame[13] = kMarkerEtherType & 0xFF;
  std::copy(kMagic.begin(), kMagic.end(), frame.begin() + kMagicAt);
  std::memcpy(frame.data() + kCaptureAt, &marker.capture, 8);
  std::memcpy(frame.data() + kSequenceAt, &marker.sequence, 8);
  const auto sent =
      retry_eintr([&] { return ::send(fd_.get(), frame.data(), frame.size(), MSG_DONTWAIT); });
  if (sent >= 0) return true;
  if (errno == ENOBUFS || errno == EAGAIN) return false;
  throw_errno("send a marker frame on", interface_,
              errno == ENETDOWN ? "the interface must be up before a capture starts" : "");
}

}  // namespace wireproof::capture
