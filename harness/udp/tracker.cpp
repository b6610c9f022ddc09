// Sorts datagrams into talks (talk.h). A datagram of two endpoints that have not talked
// before may be an answer gone astray: it is kept as an exchange of its own, suspected, and
// finish() decides, when it is known who was answered and who talked on.
#include <algorithm>
#include <functional>
#include <unordered_map>

#include "udp/exchange.h"
#include "udp/fragments.h"
#include "udp/talk.h"

namespace wireproof::udp {
namespace {

using packet::Address;
using packet::Endpoint;
using packet::Family;
using packet::Packet;
using packet::Protocol;

constexpr std::size_t kPayloadStart = 64;
constexpr std::uint16_t kTftp = 69;  // answers from another port by design (RFC 1350 4)

struct HashEndpoint {
  std::size_t operator()(const Endpoint& endpoint) const {
    const auto* bytes = reinterpret_cast<const char*>(endpoint.address.bytes.data());
    return std::hash<std::string_view>{}({bytes, 16}) * 31 + endpoint.port;
  }
};

struct Pair {
  Endpoint low, high;
  friend bool operator==(const Pair&, const Pair&) = default;
};
Pair pair_of(const Endpoint& a, const Endpoint& b) { return a < b ? Pair{a, b} : Pair{b, a}; }
struct HashPair {
  std::size_t operator()(const Pair& pair) const {
    return HashEndpoint{}(pair.low) * 1000003 ^ HashEndpoint {}(pair.high);
  }
};

// Not multicast, nor broadcast as far as the address shows: of a directed one it mostly does.
bool is_one_host(const Address& address) {
  if (address.family == Family::ipv6) return address.bytes[0] != 0xFF;
  return address.bytes[0] >> 4 != 14 && address.bytes[3] != 0xFF;
}

}  // namespace

struct Tracker::Impl {
  Fragments fragments;
  std::vector<Talk> talks;
  std::unordered_map<Pair, std::size_t, HashPair> by_pair;
  std::unordered_map<Endpoint, std::vector<std::size_t>, HashEndpoint> by_client, by_server;

  void add(const Packet& packet);
  void add(Reassembled&& whole);
  void add(Datagram datagram, Facts facts);
  void add_icmp(const Packet& packet);
  Talk& talk_of(const Endpoint& from, const Endpoint& to);
  void suspect(Talk& talk);
  std::optional<std::pair<std::size_t, std::size_t>> open_request(
      const std::vector<std::size_t>& candidates, const std::function<bool(const Talk&)>& fits);
  void settle(std::size_t suspect);
};

void Tracker::Impl::add(const Packet& packet) {
  if (Fragments::is_one(packet)) {
    // Who began is known from the first fragment on, also where the last never comes.
    if (packet.fragment_offset == 0) talk_of(packet.source, packet.destination);
    for (Reassembled& whole : fragments.add(packet)) add(std::move(whole));
    return;
  }
  if ((packet.protocol == Protocol::icmp || packet.protocol == Protocol::icmpv6) &&
      packet.icmp.is_error && packet.icmp.quoted_protocol == Protocol::udp) {
    return add_icmp(packet);
  }
  if (packet.protocol != Protocol::udp) return;
  Datagram datagram;
  datagram.packet = packet.frame.number;
  datagram.time_ns = packet.frame.time_ns;
  datagram.length = packet.payload_length;
  datagram.checksum = packet.checksum;
  datagram.malformed = packet.malformed;
  datagram.source = packet.source;
  datagram.destination = packet.destination;
  const std::string_view payload(reinterpret_cast<const char*>(packet.payload.data()),
                                 packet.payload.size());
  datagram.payload_start = payload.substr(0, kPayloadStart);
  Facts facts;
  facts.ip_id = packet.ip_id;
  // RFC 6864 4: of a datagram that may not be fragmented the identification means nothing, but
  // Linux counts on all the same, and writes 0 where it does not.
  facts.id_means_something = packet.source.address.family == Family::ipv4 && packet.ip_id != 0;
  facts.bytes_known = payload.size() == packet.payload_length;
  facts.hash = std::hash<std::string_view>{}(payload);
  add(std::move(datagram), facts);
}

void Tracker::Impl::add(Reassembled&& whole) {
  Datagram datagram;
  datagram.packet = whole.packet;
  datagram.time_ns = whole.time_ns;
  datagram.length = whole.length;
  datagram.fragments = whole.fragments;
  datagram.complete = whole.complete;
  datagram.overlap = whole.overlap;
  datagram.checksum = whole.checksum;
  datagram.malformed = whole.malformed;
  datagram.source = whole.source;
  datagram.destination = whole.destination;
  const std::string_view payload(reinterpret_cast<const char*>(whole.payload.data()),
                                 whole.payload.size());
  datagram.payload_start = payload.substr(0, kPayloadStart);
  Facts facts;
  facts.ip_id = whole.ip_id;
  facts.id_means_something = whole.source.address.family == Family::ipv4;
  facts.bytes_known = whole.complete && payload.size() == whole.length;
  facts.hash = std::hash<std::string_view>{}(payload);
  add(std::move(datagram), facts);
}

void Tracker::Impl::add(Datagram datagram, Facts facts) {
  Talk& talk = talk_of(datagram.source, datagram.destination);
  datagram.from = datagram.source == talk.exchange.client ? Side::client : Side::server;
  talk.append(std::move(datagram), facts);
}

Talk& Tracker::Impl::talk_of(const Endpoint& from, const Endpoint& to) {
  const auto [found, is_new] = by_pair.try_emplace(pair_of(from, to), talks.size());
  if (!is_new) return talks[found->second];
  Talk talk;
  talk.exchange.client = from;
  talk.exchange.server = to;
  suspect(talk);
  by_client[from].push_back(talks.size());
  by_server[to].push_back(talks.size());
  talks.push_back(std::move(talk));
  return talks.back();
}

std::optional<std::pair<std::size_t, std::size_t>> Tracker::Impl::open_request(
    const std::vector<std::size_t>& candidates, const std::function<bool(const Talk&)>& fits) {
  std::size_t looked_at = 0;
  for (auto at = candidates.rbegin(); at != candidates.rend() && looked_at < kLookBack; ++at) {
    ++looked_at;
    Talk& talk = talks[*at];
    if (talk.suspicion != Pairing::request || !fits(talk)) continue;
    if (const auto open = talk.oldest_open()) return std::pair{*at, *open};
  }
  return std::nullopt;
}

// May the first datagram of two endpoints be somebody's answer gone astray?
void Tracker::Impl::suspect(Talk& talk) {
  const Endpoint &from = talk.exchange.client, &to = talk.exchange.server;
  if (!is_one_host(to.address) || from.port == 0 || to.port == 0) return;
  const auto blame = [&](Pairing suspicion, const auto& request) {
    talk.suspicion = suspicion;
    std::tie(talk.suspected_of, talk.suspected_request) = *request;
  };
  if (const auto asked = by_client.find(to); asked != by_client.end()) {
    const auto port = open_request(asked->second, [&](const Talk& each) {
      return each.exchange.server.address == from.address && each.exchange.server.port != kTftp;
    });
    if (port) return blame(Pairing::other_port, port);
    const auto address = open_request(asked->second, [&](const Talk& each) {
      return each.exchange.server.port == from.port && is_one_host(each.exchange.server.address);
    });
    if (address) return blame(Pairing::other_address, address);
  }
  if (const auto server = by_server.find(from); server != by_server.end()) {
    const auto request = open_request(server->second, [](const Talk&) { return true; });
    if (request) return blame(Pairing::wrong_peer, request);
  }
}

void Tracker::Impl::add_icmp(const Packet& packet) {
  const packet::IcmpHeader& icmp = packet.icmp;
  const auto found = by_pair.find(pair_of(icmp.quoted_source, icmp.quoted_destination));
  if (found == by_pair.end()) return;
  auto& datagrams = talks[found->second].exchange.datagrams;
  // The first that it can mean: errors come in the order of what caused them.
  Datagram* meant = nullptr;
  for (std::size_t i = datagrams.size(); i-- > 0 && datagrams.size() - i <= kLookBack;) {
    Datagram& each = datagrams[i];
    const bool same_length =
        icmp.quoted_udp_length == 0 || !each.complete || icmp.quoted_udp_length == each.length + 8;
    if (each.source == icmp.quoted_source && each.icmp_packet == 0 && same_length) meant = &each;
  }
  if (meant == nullptr) return;
  meant->icmp_packet = packet.frame.number;
  meant->icmp_type = icmp.type;
  meant->icmp_code = icmp.code;
}

// Puts a suspect where it belongs, when what came after bears the suspicion out.
void Tracker::Impl::settle(std::size_t index) {
  Talk& stray = talks[index];
  Talk& home = talks[stray.suspected_of];
  const Pairing kind = stray.suspicion;
  const auto& request_facts = home.facts[stray.suspected_request];
  if (request_facts.answered_by) return;
  const bool talked_on =
      std::any_of(stray.exchange.datagrams.begin(), stray.exchange.datagrams.end(),
                  [](const Datagram& each) { return each.from == Side::server; });
  if (kind == Pairing::wrong_peer && talked_on) return;  // it asked, and was answered
  const Datagram request = home.exchange.datagrams[stray.suspected_request];
  home.facts[stray.suspected_request].answered_by = home.facts.size();
  bool first = true;
  for (std::size_t i = 0; i < stray.facts.size(); ++i) {
    Datagram datagram = stray.exchange.datagrams[i];
    // In the suspect the server stood as the client, since it sent first.
    datagram.from = other(datagram.from);
    if (datagram.from == Side::server && !datagram.duplicate) {
      datagram.pairing = kind;
      if (first) datagram.answers = request.packet;
      first = false;
    } else if (datagram.from == Side::client) {
      datagram.pairing = Pairing::request;
    }
    home.exchange.datagrams.push_back(std::move(datagram));
    home.facts.push_back(stray.facts[i]);
  }
  stray.exchange.datagrams.clear();
}

Tracker::Tracker() : impl_(std::make_unique<Impl>()) {}
Tracker::~Tracker() = default;
Tracker::Tracker(Tracker&&) noexcept = default;

void Tracker::add(const Packet& packet) { impl_->add(packet); }

std::vector<Exchange> Tracker::finish() {
  for (Reassembled& part : impl_->fragments.finish()) impl_->add(std::move(part));
  for (std::size_t i = 0; i < impl_->talks.size(); ++i) {
    if (impl_->talks[i].suspicion != Pairing::request) impl_->settle(i);
  }
  std::vector<Exchange> exchanges;
  for (Talk& talk : impl_->talks) {
    if (talk.exchange.datagrams.empty()) continue;
    talk.count();
    std::stable_sort(talk.exchange.datagrams.begin(), talk.exchange.datagrams.end(),
                     [](const Datagram& a, const Datagram& b) { return a.packet < b.packet; });
    talk.exchange.index = exchanges.size() + 1;
    exchanges.push_back(std::move(talk.exchange));
  }
  *impl_ = Impl();
  return exchanges;
}

}  // namespace wireproof::udp
