#include "tcp/trace_builder.h"

#include <stdexcept>

namespace wireproof::tcp::testing {

namespace {
constexpr std::int64_t kStep = 1'000'000;  // between segments
}

Trace::Trace(std::uint32_t client_isn, std::uint32_t server_isn) {
  addresses("10.0.0.1", "10.0.0.2");
  ports(40000, 80);
  end(Side::client).isn = client_isn;
  end(Side::server).isn = server_isn;
  end(Side::client).stamp = 1000;
  end(Side::server).stamp = 9000;
}

Trace::Trace(const Trace& other_trace)
    : ends_(other_trace.ends_),
      packets_(other_trace.packets_),
      time_ns_(other_trace.time_ns_),
      heard_before_(other_trace.heard_before_),
      timestamps_(other_trace.timestamps_),
      scaling_(other_trace.scaling_) {
  for (packet::Packet& p : packets_) {
    const std::string& text = payloads_.emplace_back(p.payload.begin(), p.payload.end());
    p.payload = {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  }
}

Trace& Trace::operator=(const Trace& other_trace) {
  Trace copy(other_trace);
  ends_ = copy.ends_;
  packets_ = std::move(copy.packets_);
  payloads_ = std::move(copy.payloads_);  // strings of a deque stay where they are
  time_ns_ = copy.time_ns_;
  heard_before_ = copy.heard_before_;
  timestamps_ = copy.timestamps_;
  scaling_ = copy.scaling_;
  return *this;
}

Trace& Trace::client(std::uint16_t flags, std::string_view payload) {
  return send(Side::client, flags, payload);
}

Trace& Trace::server(std::uint16_t flags, std::string_view payload) {
  return send(Side::server, flags, payload);
}

Trace& Trace::send(Side from, std::uint16_t flags, std::string_view payload) {
  EndPoint& me = end(from);
  EndPoint& peer = end(other(from));
  time_ns_ += kStep;
  packet::Packet p;
  p.frame.time_ns = time_ns_;
  p.protocol = packet::Protocol::tcp;
  p.source = me.endpoint;
  p.destination = peer.endpoint;
  p.ip_id = ++me.ip_id;
  p.checksum = packet::Checksum::good;
  p.ttl = 64;
  const bool syn = (flags & SYN) != 0;
  if (syn) me.next = 0;
  p.tcp.flags = flags;
  p.tcp.seq = me.isn + static_cast<std::uint32_t>(me.next);
  if ((flags & ACK) != 0) p.tcp.ack = peer.isn + static_cast<std::uint32_t>(me.heard);
  p.tcp.window = 65535;
  p.tcp.header_length = 20;
  if (syn) {
    p.tcp.options.mss = 1460;
    p.tcp.options.sack_permitted = true;
    if (scaling_) p.tcp.options.window_scale = 7;
  }
  if (timestamps_ && (flags & RST) == 0) {
    ++me.stamp;
    p.tcp.options.timestamps = {me.stamp, (flags & ACK) != 0 ? me.stamp_heard : 0};
    peer.stamp_heard = me.stamp;
  }
  const std::string& text = payloads_.emplace_back(payload);
  p.payload = {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  p.payload_length = static_cast<std::uint32_t>(text.size());
  packets_.push_back(p);
  heard_before_ = peer.heard;
  me.next += static_cast<std::int64_t>(text.size()) + (syn ? 1 : 0) + ((flags & FIN) != 0 ? 1 : 0);
  peer.heard = me.next;
  return *this;
}

Trace& Trace::exchange(std::string_view request, std::string_view answer) {
  return client(request).server(ACK).server(answer).client(ACK);
}

Trace& Trace::client_closes() {
  return client(FIN | ACK).server(ACK).server(FIN | ACK).client(ACK);
}

Trace& Trace::server_closes() {
  return server(FIN | ACK).client(ACK).client(FIN | ACK).server(ACK);
}

Side Trace::last_side() const {
  return packets_.back().source == ends_[0].endpoint ? Side::client : Side::server;
}

Trace& Trace::seq(std::int64_t relative) {
  EndPoint& me = end(last_side());
  const std::uint32_t takes =
      last().payload_length + (last().tcp.has(SYN) ? 1u : 0u) + (last().tcp.has(FIN) ? 1u : 0u);
  last().tcp.seq = me.isn + static_cast<std::uint32_t>(relative);
  me.next -= takes;
  if (relative + takes > me.next) me.next = relative + takes;
  end(other(last_side())).heard = me.next;
  return *this;
}

Trace& Trace::ack(std::int64_t relative) {
  return raw_ack(end(other(last_side())).isn + static_cast<std::uint32_t>(relative));
}

Trace& Trace::raw_ack(std::uint32_t number) {
  last().tcp.ack = number;
  return *this;
}

Trace& Trace::window(std::uint16_t unscaled) {
  last().tcp.window = unscaled;
  return *this;
}

Trace& Trace::urgent(std::uint16_t pointer) {
  last().tcp.urgent = pointer;
  return *this;
}

Trace& Trace::length(std::uint32_t bytes) {
  EndPoint& me = end(last_side());
  me.next += bytes - last().payload_length;
  end(other(last_side())).heard = me.next;
  last().payload_length = bytes;
  return *this;
}

Trace& Trace::after(std::int64_t milliseconds) {
  time_ns_ += (milliseconds - 1) * 1'000'000;
  last().frame.time_ns = time_ns_;
  return *this;
}

Trace& Trace::at_once() {
  time_ns_ -= kStep;
  last().frame.time_ns = time_ns_;
  return *this;
}

Trace& Trace::options(const packet::TcpOptions& options) {
  last().tcp.options = options;
  return *this;
}

Trace& Trace::checksum(packet::Checksum checksum) {
  last().checksum = checksum;
  return *this;
}

Trace& Trace::malformed(std::string_view what) {
  last().malformed = what;
  return *this;
}

Trace& Trace::cut() {
  last().cut = true;
  return *this;
}

Trace& Trace::ip_id(std::uint32_t id) {
  last().ip_id = id;
  return *this;
}

Trace& Trace::ecn(std::uint8_t code_point) {
  last().ecn = code_point;
  return *this;
}

Trace& Trace::ttl(std::uint8_t hops) {
  last().ttl = hops;
  return *this;
}

Trace& Trace::unheard() {
  end(other(last_side())).heard = heard_before_;
  return *this;
}

Trace& Trace::lost() {
  packets_.pop_back();
  return *this;
}

Trace& Trace::again() {
  packets_.push_back(packets_.back());
  return *this;
}

Trace& Trace::repeat(std::size_t number) {
  packet::Packet copy = packets_.at(number - 1);
  time_ns_ += 200 * kStep;
  copy.frame.time_ns = time_ns_;
  const Side side = copy.source == ends_[0].endpoint ? Side::client : Side::server;
  copy.ip_id = ++end(side).ip_id;
  packets_.push_back(copy);
  end(other(side)).heard = end(side).next;
  return *this;
}

Trace& Trace::swap() {
  std::swap(packets_.back(), packets_[packets_.size() - 2]);
  return *this;
}

Trace& Trace::isn(Side side, std::uint32_t number) {
  end(side).isn = number;
  end(side).next = 0;
  end(other(side)).heard = 0;
  return *this;
}

Trace& Trace::use_timestamps() {
  timestamps_ = true;
  return *this;
}

Trace& Trace::no_scaling() {
  scaling_ = false;
  return *this;
}

Trace& Trace::ports(std::uint16_t client_port, std::uint16_t server_port) {
  end(Side::client).endpoint.port = client_port;
  end(Side::server).endpoint.port = server_port;
  return *this;
}

Trace& Trace::addresses(std::string_view client_address, std::string_view server_address) {
  end(Side::client).endpoint.address = packet::parse_address(client_address).value();
  end(Side::server).endpoint.address = packet::parse_address(server_address).value();
  return *this;
}

Trace& Trace::icmp_error(std::uint8_t type, std::uint8_t code) {
  const packet::Packet quoted = last();
  packet::Packet p;
  time_ns_ += kStep;
  p.frame.time_ns = time_ns_;
  p.protocol = packet::Protocol::icmp;
  p.source.address = quoted.destination.address;
  p.destination.address = quoted.source.address;
  p.icmp.type = type;
  p.icmp.code = code;
  p.icmp.is_error = true;
  p.icmp.quoted_protocol = packet::Protocol::tcp;
  p.icmp.quoted_source = quoted.source;
  p.icmp.quoted_destination = quoted.destination;
  p.icmp.quoted_tcp_seq = quoted.tcp.seq;
  packets_.push_back(p);
  return *this;
}

std::vector<packet::Packet>& Trace::packets() {
  for (std::size_t i = 0; i < packets_.size(); ++i) packets_[i].frame.number = i + 1;
  return packets_;
}

std::vector<Connection> Trace::connections(CaptureFacts facts) {
  Tracker tracker(facts);
  for (const packet::Packet& packet : packets()) tracker.add(packet);
  return tracker.finish();
}

Connection Trace::connection(CaptureFacts facts) {
  auto all = connections(facts);
  if (all.size() != 1) throw std::logic_error(std::to_string(all.size()) + " connections, not 1");
  return std::move(all.front());
}

Judgement Trace::judgement(CaptureFacts facts, const Expectation& expected) {
  return judge(connection(facts), facts, expected);
}

std::string rules_text(const Judgement& judgement) {
  std::string text;
  for (const Finding& finding : judgement.findings) {
    if (!text.empty()) text += ", ";
    text += finding.rule + (finding.inconclusive ? " (inconclusive): " : ": ") + finding.observed;
  }
  return text;
}

const Finding* find(const Judgement& judgement, std::string_view rule) {
  for (const Finding& finding : judgement.findings)
    if (finding.rule == rule) return &finding;
  return nullptr;
}

bool broke(const Judgement& judgement, std::string_view rule) {
  return find(judgement, rule) != nullptr;
}

}  // namespace wireproof::tcp::testing
