#include "wire/impairment.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace wireproof::wire {

Impairment::Impairment(const Conditions& conditions, std::uint64_t seed, Direction direction)
    : loss_(seed, direction, Purpose::loss),
      burst_(seed, direction, Purpose::burst),
      duplication_(seed, direction, Purpose::duplication),
      reordering_(seed, direction, Purpose::reordering),
      corruption_(seed, direction, Purpose::corruption),
      bit_(seed, direction, Purpose::bit),
      jitter_(seed, direction, Purpose::jitter) {
  set(conditions);
}

// What is queued already keeps the time it was given; the burst state begins anew.
void Impairment::set(const Conditions& conditions) {
  conditions_ = conditions;
  none_ = conditions == Conditions{};
  bad_ = false;
}

Impairment::Choice Impairment::choose() {
  const std::uint64_t n = packet_++;
  Choice choice;
  if (const auto* const independent = std::get_if<IndependentLoss>(&conditions_.loss)) {
    choice.lose = loss_.happens(n, independent->probability);
  } else if (const auto* const bursts = std::get_if<GilbertElliott>(&conditions_.loss)) {
    if (burst_.happens(n, bad_ ? bursts->to_good : bursts->to_bad)) bad_ = !bad_;
    choice.in_burst = bad_;
    choice.lose = loss_.happens(n, bad_ ? bursts->loss_in_bad : bursts->loss_in_good);
  }
  choice.corrupt = corruption_.happens(n, conditions_.corruption.probability);
  choice.corrupt_bit = bit_.bits(n);
  if (duplication_.happens(n, conditions_.duplication.probability))
    choice.copies = conditions_.duplication.copies;
  choice.reorder = reordering_.happens(n, conditions_.reordering.probability);
  if (conditions_.jitter.kind != Jitter::Kind::none) choice.jitter = draw_jitter();
  return choice;
}

// Two draws a packet. (std::log and the like may differ between libraries in the last bit, which
// can move a packet by a nanosecond, and no decision.)
nanoseconds Impairment::draw_jitter() const {
  const std::uint64_t n = 2 * (packet_ - 1);
  const auto spread = static_cast<double>(conditions_.jitter.spread.count());
  const double first = jitter_.unit(n);
  double value = 0;
  switch (conditions_.jitter.kind) {
    case Jitter::Kind::none:
      break;
    case Jitter::Kind::uniform:
      value = spread * (2 * first - 1);
      break;
    case Jitter::Kind::normal:  // Box and Muller, 1958
      value = spread * std::sqrt(-2 * std::log(1 - first)) *
              std::cos(2 * std::numbers::pi * jitter_.unit(n + 1));
      break;
    case Jitter::Kind::pareto: {  // the inverse of 1 - (1 + x/scale)^-shape; mean scale/(shape - 1)
      const double shape = conditions_.jitter.shape;
      value = spread * (shape - 1) * (std::pow(1 - first, -1 / shape) - 1);
      break;
    }
  }
  return nanoseconds(std::llround(value));
}

std::optional<Time> Impairment::admit(Time now, std::size_t bytes) {
  if (!conditions_.rate) return now;
  while (!queue_.empty() && queue_.front().begins <= now) {
    queued_bytes_ -= queue_.front().bytes;
    queue_.pop_front();
  }
  const RateLimit& rate = *conditions_.rate;
  const Time begins = std::max(now, busy_until_);
  if (begins > now) {
    if (rate.queue_packets && queue_.size() + 1 > *rate.queue_packets) return std::nullopt;
    if (rate.queue_bytes && queued_bytes_ + bytes > *rate.queue_bytes) return std::nullopt;
    queue_.push_back({begins, bytes});
    queued_bytes_ += bytes;
  }
  const auto bits_e9 = static_cast<std::uint64_t>(bytes) * 8 * 1'000'000'000;
  busy_until_ = begins + nanoseconds((bits_e9 + rate.bits_per_second / 2) / rate.bits_per_second);
  return busy_until_;
}

Time Impairment::arrival(Time sent, nanoseconds jitter) {
  const Time time = sent + std::max(conditions_.delay + jitter, nanoseconds(0));
  if (conditions_.jitter.may_reorder) return time;
  last_arrival_ = std::max(last_arrival_, time);
  return last_arrival_;
}

}  // namespace wireproof::wire
