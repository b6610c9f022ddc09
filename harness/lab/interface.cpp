#include "lab/interface.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "base/error.h"

namespace wireproof::lab {

namespace {

// As ethtool(8) names them; the ones an interface does not have are passed over.
constexpr std::string_view offloads[] = {
    "tx-checksum-ip-generic",
    "tx-checksum-ipv4",
    "tx-checksum-ipv6",
    "tx-checksum-sctp",
    "tx-tcp-segmentation",
    "tx-tcp-ecn-segmentation",
    "tx-tcp-mangleid-segmentation",
    "tx-tcp6-segmentation",
    "tx-tcp-accecn-segmentation",
    "tx-udp-segmentation",
    "tx-sctp-segmentation",
    "tx-generic-segmentation",
    "tx-gso-list",
    "rx-gro",
    "rx-gro-list",
    "rx-udp-gro-forwarding",
};

// One interface's features: a bit each, in words of 32, named by the kernel's own string table.
class Features {
 public:
  explicit Features(const std::string& interface)
      : interface_(interface), socket_(checked("open", "a socket for ethtool", [] {
          return ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        })) {
    alignas(ethtool_sset_info) std::array<char, sizeof(ethtool_sset_info) + 4> room{};
    auto* const info = reinterpret_cast<ethtool_sset_info*>(room.data());
    info->cmd = ETHTOOL_GSSET_INFO;
    info->sset_mask = 1ull << ETH_SS_FEATURES;
    call(info);
    std::uint32_t count = 0;
    std::memcpy(&count, room.data() + sizeof(ethtool_sset_info), sizeof count);

    std::vector<char> strings(sizeof(ethtool_gstrings) + std::size_t{count} * ETH_GSTRING_LEN);
    auto* const table = reinterpret_cast<ethtool_gstrings*>(strings.data());
    table->cmd = ETHTOOL_GSTRINGS;
    table->string_set = ETH_SS_FEATURES;
    table->len = count;
    call(table);
    for (std::uint32_t i = 0; i < count; ++i) {
      const char* const text =
          strings.data() + sizeof(ethtool_gstrings) + std::size_t{i} * ETH_GSTRING_LEN;
      names_.emplace_back(text, ::strnlen(text, ETH_GSTRING_LEN));
    }
  }

  const std::vector<std::string>& names() const { return names_; }

  std::vector<bool> active() const {
    std::vector<char> room(sizeof(ethtool_gfeatures) +
                           blocks() * sizeof(ethtool_get_features_block));
    auto* const features = reinterpret_cast<ethtool_gfeatures*>(room.data());
    features->cmd = ETHTOOL_GFEATURES;
    features->size = static_cast<std::uint32_t>(blocks());
    call(features);
    std::vector<bool> bits;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      ethtool_get_features_block block{};
      std::memcpy(&block, room.data() + sizeof(ethtool_gfeatures) + i / 32 * sizeof block,
                  sizeof block);
      bits.push_back((block.active >> (i % 32) & 1u) != 0);
    }
    return bits;
  }

  // One request for all of them; bits that are fixed stay as they are, without an error.
  void turn_off(std::span<const std::string_view> unwanted) {
    std::vector<ethtool_set_features_block> set(blocks());
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (std::find(unwanted.begin(), unwanted.end(), names_[i]) != unwanted.end())
        set[i / 32].valid |= 1u << (i % 32);
    std::vector<char> room(sizeof(ethtool_sfeatures) + set.size() * sizeof set[0]);
    auto* const request = reinterpret_cast<ethtool_sfeatures*>(room.data());
    request->cmd = ETHTOOL_SFEATURES;
    request->size = static_cast<std::uint32_t>(blocks());
    std::memcpy(room.data() + sizeof(ethtool_sfeatures), set.data(), set.size() * sizeof set[0]);
    call(request);
  }

 private:
  std::size_t blocks() const { return (names_.size() + 31) / 32; }

  void call(void* command) const {
    ifreq request{};
    interface_.copy(request.ifr_name, IFNAMSIZ - 1);
    request.ifr_data = static_cast<char*>(command);
    checked("ask ethtool about", interface_,
            [&] { return ::ioctl(socket_.get(), SIOCETHTOOL, &request); });
  }

  std::string interface_;
  Fd socket_;
  std::vector<std::string> names_;
};

}  // namespace

void disable_offloads(const std::string& interface) { Features(interface).turn_off(offloads); }

void record_offloads(const std::string& host, const std::string& interface, bool pinned,
                     std::vector<Setting>& record) {
  const Features features(interface);
  const std::vector<bool> active = features.active();
  for (std::size_t i = 0; i < active.size(); ++i) {
    const std::string& name = features.names()[i];
    if (std::find(std::begin(offloads), std::end(offloads), name) == std::end(offloads)) continue;
    record.push_back(
        {host, interface + "." + name, active[i] ? "on" : "off", pinned && !active[i]});
  }
}

}  // namespace wireproof::lab
