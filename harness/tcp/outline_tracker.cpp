#include "tcp/outline_tracker.h"

namespace wireproof::tcp {

namespace flag = packet::flag;

OutlineTracker::OutlineTracker(Sink sink, std::size_t lingering)
    : sink_(std::move(sink)), lingering_(lingering) {}

void OutlineTracker::add(const packet::Packet& packet) {
  if (!in_outline(packet)) return;
  if (packet.protocol != packet::Protocol::tcp) return add_icmp(packet);
  const packet::TcpHeader& tcp = packet.tcp;
  const FlowKey key = flow_key(packet.source, packet.destination);
  const auto at = lines_.find(key);
  if (at == lines_.end()) {
    if (tcp.has(flag::syn)) return begin(key, packet, std::nullopt);
    ++strays_;
    return;
  }
  Outline& outline = at->second.outline;
  const Side from =
      packet.source == outline.end(Side::client).endpoint ? Side::client : Side::server;
  if (tcp.has(flag::syn)) return on_syn(at, packet, from);
  outline.last_ns = packet.frame.time_ns;
  OutlineEnd& me = outline.end(from);
  if (tcp.has(flag::rst)) {
    if (me.rsts++ == 0) {
      me.rst = tcp.seq;
      me.rst_ack = tcp.ack;
      me.rst_has_ack = tcp.has(flag::ack);
    }
  } else {
    const std::uint32_t fin = tcp.seq + packet.payload_length;
    me.fin_moved = me.fin_moved || (me.fins > 0 && fin != me.fin);
    if (me.fins++ == 0) {
      me.fin = fin;
      me.first_fin_ack = tcp.ack;
    }
    me.fin_has_ack = tcp.has(flag::ack);
    me.fin_ack = tcp.ack;
  }
  end_if_over(at);
}

void OutlineTracker::on_syn(Lines::iterator at, const packet::Packet& packet, Side from) {
  Outline& outline = at->second.outline;
  OutlineEnd& me = outline.end(from);
  const bool alone = !packet.tcp.has(flag::ack);
  if (from == Side::client || (alone && at->second.over)) {
    if (alone && packet.tcp.seq != me.isn) {
      // Another attempt from the same ports: what was before is all there will be of it.
      const FlowKey key = at->first;
      const std::uint32_t before = outline.end(Side::client).isn;
      sink_(outline);
      lines_.erase(at);
      return begin(key, packet, before);
    }
    ++me.syns;
    return;
  }
  // An answer to the attempt before: the client refuses it.
  if (!alone && outline.before_isn && packet.tcp.ack == *outline.before_isn + 1) return;
  outline.last_ns = packet.frame.time_ns;
  if (me.syns++ == 0) {
    me.isn = packet.tcp.seq;
  } else {
    me.isn_changed = me.isn_changed || packet.tcp.seq != me.isn;
  }
  if (alone) {
    outline.simultaneous = true;
  } else {
    outline.syn_ack = packet.tcp.ack;
  }
}

void OutlineTracker::begin(const FlowKey& key, const packet::Packet& packet,
                           std::optional<std::uint32_t> before_isn) {
  Line line;
  line.serial = next_serial_++;
  Outline& outline = line.outline;
  outline.first_ns = outline.last_ns = packet.frame.time_ns;
  outline.before_isn = before_isn;
  const bool answers = packet.tcp.has(flag::ack);  // a SYN-ACK whose SYN is missing
  const Side from = answers ? Side::server : Side::client;
  outline.end(from).endpoint = packet.source;
  outline.end(other(from)).endpoint = packet.destination;
  outline.end(from).isn = packet.tcp.seq;
  outline.end(from).syns = 1;
  if (answers) outline.syn_ack = packet.tcp.ack;
  lines_.emplace(key, std::move(line));
}

// Of an error that quotes the SYN of an attempt; elsewhere it changes nothing (RFC 9293 3.9.2.2).
void OutlineTracker::add_icmp(const packet::Packet& packet) {
  if (packet.icmp.quoted_protocol != packet::Protocol::tcp) return;
  const auto at = lines_.find(flow_key(packet.icmp.quoted_source, packet.icmp.quoted_destination));
  if (at == lines_.end()) return;
  Outline& outline = at->second.outline;
  if (packet.icmp.quoted_tcp_seq == outline.end(Side::client).isn) outline.icmp_error = true;
}

void OutlineTracker::end_if_over(Lines::iterator at) {
  Line& line = at->second;
  const OutlineEnd& client = line.outline.end(Side::client);
  const OutlineEnd& server = line.outline.end(Side::server);
  if (line.over || !(client.rsts + server.rsts > 0 || (client.fins > 0 && server.fins > 0))) {
    return;
  }
  line.over = true;
  over_.emplace_back(at->first, line.serial);
  if (over_.size() <= lingering_) return;
  const auto [key, serial] = over_.front();
  over_.pop_front();
  const auto oldest = lines_.find(key);
  if (oldest == lines_.end() || oldest->second.serial != serial) return;  // a later life has come
  sink_(oldest->second.outline);
  lines_.erase(oldest);
}

void OutlineTracker::finish() {
  for (const auto& [key, line] : lines_) sink_(line.outline);
  lines_.clear();
  over_.clear();
}

}  // namespace wireproof::tcp
