// Sorts datagrams into talks (talk.h). A datagram of two endpoints that have not talked
// before may be an answer gone astray: it is kept as an exchange of its own, suspected, and the end
// of either decides, when it is known who was answered and who talked on.
#include "udp/exchange_stream.h"

#include <algorithm>
#include <deque>
#include <list>
#include <tuple>
#include <unordered_map>
#include <utility>

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

struct ExchangeStream::Impl {
  using Serial = std::size_t;  // of a talk, in the order of their beginnings

  Bounds bounds;
  Sink sink;
  Fragments fragments;
  std::unordered_map<Serial, Talk> talks;
  std::list<Serial> by_silence;  // the longest silent first
  std::unordered_map<Pair, Serial, HashPair> by_pair;
  // The newest kLookBack of each: nobody looks further back.
  std::unordered_map<Endpoint, std::deque<Serial>, HashEndpoint> by_client, by_server;
  Serial begun = 0;
  std::size_t kept = 0;  // datagrams, and talks
  std::uint64_t ended = 0;
  std::int64_t latest_ns = 0;  // of the packets
  std::uint64_t now_ns = 0;    // what has passed of it; may wrap

  void add(const Packet& packet);
  void add(Reassembled&& whole);
  void add(Datagram datagram, Facts facts);
  void add_icmp(const Packet& packet);
  Serial talk_of(const Endpoint& from, const Endpoint& to);
  void suspect(Serial serial);
  std::optional<std::pair<Serial, std::size_t>> open_request(
      const std::deque<Serial>& candidates, const std::function<bool(const Talk&)>& fits);
  bool settle(Serial suspect);
  void pass(std::int64_t time_ns);
  void heard(Talk& talk);
  void end(Serial serial);
  void remove(Serial serial);
  void finish();
};

// Of a clock that was set back by hours only the steps count, and a leap as a minute: a stepped
// clock, or a file of samples from several years, is no silence.
void ExchangeStream::Impl::pass(std::int64_t time_ns) {
  constexpr std::uint64_t kAnotherTime = 3'600'000'000'000, kLongestLeap = 60'000'000'000;
  const auto time = static_cast<std::uint64_t>(time_ns),
             latest = static_cast<std::uint64_t>(latest_ns);
  const bool on = time_ns > latest_ns;
  if (on) now_ns += std::min(time - latest, kLongestLeap);
  if (on || latest - time > kAnotherTime) latest_ns = time_ns;
  while (!by_silence.empty()) {
    const Serial first = by_silence.front();
    const bool idle =
        now_ns - talks.at(first).heard_ns > static_cast<std::uint64_t>(bounds.idle_ns);
    if (!idle && kept <= bounds.datagrams) break;
    end(first);
  }
}

void ExchangeStream::Impl::heard(Talk& talk) {
  talk.heard_ns = now_ns;
  by_silence.splice(by_silence.end(), by_silence, talk.place);
}

void ExchangeStream::Impl::add(const Packet& packet) {
  pass(packet.frame.time_ns);
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

void ExchangeStream::Impl::add(Reassembled&& whole) {
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

void ExchangeStream::Impl::add(Datagram datagram, Facts facts) {
  const Serial serial = talk_of(datagram.source, datagram.destination);
  Talk& talk = talks.at(serial);
  datagram.from = datagram.source == talk.exchange.client ? Side::client : Side::server;
  talk.append(std::move(datagram), facts);
  ++kept;
  heard(talk);
  if (talk.facts.size() >= bounds.of_one) end(serial);
}

ExchangeStream::Impl::Serial ExchangeStream::Impl::talk_of(const Endpoint& from,
                                                           const Endpoint& to) {
  const auto [found, is_new] = by_pair.try_emplace(pair_of(from, to), begun + 1);
  if (!is_new) return found->second;
  const Serial serial = ++begun;
  Talk& talk = talks[serial];
  ++kept;
  talk.exchange.client = from;
  talk.exchange.server = to;
  talk.heard_ns = now_ns;
  talk.place = by_silence.insert(by_silence.end(), serial);
  suspect(serial);
  for (std::deque<Serial>* const list : {&by_client[from], &by_server[to]}) {
    list->push_back(serial);
    if (list->size() > kLookBack) list->pop_front();
  }
  return serial;
}

std::optional<std::pair<ExchangeStream::Impl::Serial, std::size_t>>
ExchangeStream::Impl::open_request(const std::deque<Serial>& candidates,
                                   const std::function<bool(const Talk&)>& fits) {
  for (auto at = candidates.rbegin(); at != candidates.rend(); ++at) {
    Talk& talk = talks.at(*at);
    if (talk.suspicion != Pairing::request || !fits(talk)) continue;
    if (const auto open = talk.oldest_open()) return std::pair{*at, *open};
  }
  return std::nullopt;
}

// May the first datagram of two endpoints be somebody's answer gone astray?
void ExchangeStream::Impl::suspect(Serial serial) {
  Talk& talk = talks.at(serial);
  const Endpoint &from = talk.exchange.client, &to = talk.exchange.server;
  if (!is_one_host(to.address) || from.port == 0 || to.port == 0) return;
  const auto blame = [&](Pairing suspicion, const auto& request) {
    talk.suspicion = suspicion;
    std::tie(talk.suspected_of, talk.suspected_request) = *request;
    talks.at(talk.suspected_of).suspects.push_back(serial);
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

void ExchangeStream::Impl::add_icmp(const Packet& packet) {
  const packet::IcmpHeader& icmp = packet.icmp;
  const auto found = by_pair.find(pair_of(icmp.quoted_source, icmp.quoted_destination));
  if (found == by_pair.end()) return;
  auto& datagrams = talks.at(found->second).exchange.datagrams;
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

// Puts a suspect where it belongs, when what came after bears the suspicion out; it is empty then.
bool ExchangeStream::Impl::settle(Serial suspect) {
  Talk& stray = talks.at(suspect);
  Talk& home = talks.at(stray.suspected_of);
  const Pairing kind = std::exchange(stray.suspicion, Pairing::request);
  const auto& request_facts = home.facts[stray.suspected_request];
  if (request_facts.answered_by) return false;
  const bool talked_on =
      std::any_of(stray.exchange.datagrams.begin(), stray.exchange.datagrams.end(),
                  [](const Datagram& each) { return each.from == Side::server; });
  if (kind == Pairing::wrong_peer && talked_on) return false;  // it asked, and was answered
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
  kept += stray.facts.size();
  remove(suspect);
  return true;
}

void ExchangeStream::Impl::end(Serial serial) {
  Talk& talk = talks.at(serial);
  if (talk.suspicion != Pairing::request) {
    auto& others = talks.at(talk.suspected_of).suspects;
    std::erase(others, serial);
    if (settle(serial)) return;
  }
  for (const Serial suspect : std::exchange(talk.suspects, {})) settle(suspect);
  if (!talk.exchange.datagrams.empty()) {
    talk.count();
    std::stable_sort(talk.exchange.datagrams.begin(), talk.exchange.datagrams.end(),
                     [](const Datagram& a, const Datagram& b) { return a.packet < b.packet; });
    talk.exchange.index = ++ended;
    sink(talk.exchange);
  }
  remove(serial);
}

void ExchangeStream::Impl::remove(Serial serial) {
  const auto found = talks.find(serial);
  const Talk& talk = found->second;
  kept -= talk.facts.size() + 1;
  by_pair.erase(pair_of(talk.exchange.client, talk.exchange.server));
  const auto forget = [&](auto& lists, const Endpoint& end) {
    const auto list = lists.find(end);
    if (list == lists.end()) return;
    std::erase(list->second, serial);
    if (list->second.empty()) lists.erase(list);
  };
  forget(by_client, talk.exchange.client);
  forget(by_server, talk.exchange.server);
  by_silence.erase(talk.place);
  talks.erase(found);
}

void ExchangeStream::Impl::finish() {
  for (Reassembled& part : fragments.finish()) add(std::move(part));
  std::vector<Serial> left(by_silence.begin(), by_silence.end());
  std::sort(left.begin(), left.end());
  for (const Serial serial : left) {
    if (talks.contains(serial)) end(serial);  // unless it was another's answer
  }
}

ExchangeStream::ExchangeStream(const Bounds& bounds, Sink sink) : impl_(std::make_unique<Impl>()) {
  impl_->bounds = bounds;
  impl_->sink = std::move(sink);
}
ExchangeStream::~ExchangeStream() = default;
ExchangeStream::ExchangeStream(ExchangeStream&&) noexcept = default;

void ExchangeStream::add(const Packet& packet) { impl_->add(packet); }

void ExchangeStream::advance(std::int64_t now_ns) { impl_->pass(now_ns); }

void ExchangeStream::finish() {
  impl_->finish();
  Bounds bounds = impl_->bounds;
  Sink sink = std::move(impl_->sink);
  *impl_ = Impl();
  impl_->bounds = bounds;
  impl_->sink = std::move(sink);
}

std::size_t ExchangeStream::kept() const { return impl_->kept; }

}  // namespace wireproof::udp
