#include <utility>

#include "udp/exchange.h"
#include "udp/exchange_stream.h"

namespace wireproof::udp {

struct Tracker::Impl {
  std::vector<Exchange> exchanges;
  ExchangeStream stream{{}, [this](Exchange& ended) { exchanges.push_back(std::move(ended)); }};
};

Tracker::Tracker() : impl_(std::make_unique<Impl>()) {}
Tracker::~Tracker() = default;
Tracker::Tracker(Tracker&&) noexcept = default;

void Tracker::add(const packet::Packet& packet) { impl_->stream.add(packet); }

std::vector<Exchange> Tracker::finish() {
  impl_->stream.finish();
  return std::exchange(impl_->exchanges, {});
}

}  // namespace wireproof::udp
