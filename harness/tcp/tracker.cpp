#include "tcp/tracker.h"

#include "tcp/flow.h"
#include "tcp/flow_table.h"

namespace wireproof::tcp {

struct Tracker::Impl {
  explicit Impl(CaptureFacts f) : facts(f) {}

  Flow& start(std::uint32_t& place, const packet::Packet& packet) {
    place = static_cast<std::uint32_t>(flows.size());
    flows.push_back(std::make_unique<Flow>(flows.size() + 1, packet, facts));
    return *flows.back();
  }

  void add_tcp(const packet::Packet& packet) {
    std::uint32_t& place = table.at(flow_key(packet.source, packet.destination));
    Flow& flow = place == FlowTable::kNone ? start(place, packet) : *flows[place];
    switch (flow.add(packet)) {
      case Flow::Fate::kept:
        break;
      case Flow::Fate::new_life:
        start(place, packet).add(packet);
        break;
      case Flow::Fate::splits: {
        const packet::Packet syn = flow.take_split_syn();
        Flow& next = start(place, syn);
        next.add(syn);
        next.add(packet);
        break;
      }
    }
  }

  void add_icmp(const packet::Packet& packet) {
    const auto& icmp = packet.icmp;
    const std::uint32_t place = table.find(flow_key(icmp.quoted_source, icmp.quoted_destination));
    if (place != FlowTable::kNone) flows[place]->add_icmp(packet.frame.number);
  }

  CaptureFacts facts;
  FlowTable table;
  std::vector<std::unique_ptr<Flow>> flows;
};

Tracker::Tracker(CaptureFacts facts) : impl_(std::make_unique<Impl>(facts)) {}
Tracker::~Tracker() = default;
Tracker::Tracker(Tracker&&) noexcept = default;

void Tracker::add(const packet::Packet& packet) {
  if (packet.protocol == packet::Protocol::tcp) {
    impl_->add_tcp(packet);
  } else if (packet.icmp.is_error && packet.icmp.quoted_protocol == packet::Protocol::tcp) {
    impl_->add_icmp(packet);
  }
}

std::vector<Connection> Tracker::finish() {
  std::vector<Connection> connections;
  connections.reserve(impl_->flows.size());
  for (const auto& flow : impl_->flows) connections.push_back(flow->finish());
  *impl_ = Impl(impl_->facts);
  return connections;
}

}  // namespace wireproof::tcp
