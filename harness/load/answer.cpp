#include "load/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace wireproof::load {

using scenario::Framing;
using scenario::SizeKind;

namespace {

constexpr std::string_view counter = "{counter}";
constexpr std::size_t counter_digits = 12;

// A number's own random bits (SplitMix64's finalizer), so that a size can be had again.
std::uint64_t mixed(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

}  // namespace

Requests::Requests(const scenario::Message& message, std::uint64_t seed)
    : message_(message),
      text_(message.text),
      sized_(message.sizes != SizeKind::fixed),
      seed_(seed) {
  counter_at_ = text_.find(counter);
  if (counter_at_ != std::string::npos) {
    text_.replace(counter_at_, counter.size(), std::string(counter_digits, '0'));
  }
  if (sized_) {
    const std::string once = text_.empty() ? "x" : text_;
    while (text_.size() < message.most) text_ += once;
    text_.resize(std::max(message.most, counter_at_ == std::string::npos
                                            ? std::size_t{0}
                                            : counter_at_ + counter_digits));
  }
}

std::size_t Requests::size_of(std::uint64_t number) const {
  const std::uint64_t bits = mixed(seed_ ^ number);
  if (message_.sizes == SizeKind::uniform) {
    return message_.least + bits % (message_.most - message_.least + 1);
  }
  const double uniform = static_cast<double>((bits >> 11) + 1) * 0x1p-53;
  const double drawn = -std::log(uniform) * static_cast<double>(message_.mean);
  return std::clamp(static_cast<std::size_t>(drawn), message_.least, message_.most);
}

std::string_view Requests::bytes(std::uint64_t number, std::string& scratch) const {
  if (constant()) return text_;
  std::size_t size = text_.size();
  if (sized_) size = size_of(number);
  scratch.assign(text_, 0, size);
  if (counter_at_ != std::string::npos && counter_at_ + counter_digits <= size) {
    for (std::size_t i = counter_digits; i-- > 0; number /= 10) {
      scratch[counter_at_ + i] = static_cast<char>('0' + number % 10);
    }
  }
  return scratch;
}

Answers::Answers(const scenario::Answer& plan, bool datagrams)
    : plan_(plan), datagrams_(datagrams) {
  if (plan.framing == Framing::regex) {
    regex_.assign(plan.text, std::regex::ECMAScript | std::regex::optimize);
  }
}

std::optional<std::size_t> Answers::of_prefix(std::string_view have) const {
  if (have.size() < plan_.prefix_bytes) return std::nullopt;
  std::uint64_t length = 0;
  for (unsigned i = 0; i < plan_.prefix_bytes; ++i) {
    const unsigned at = plan_.prefix_little_endian ? plan_.prefix_bytes - 1 - i : i;
    length = length << 8 | static_cast<std::uint8_t>(have[at]);
  }
  if (!plan_.prefix_counts_itself) length += plan_.prefix_bytes;
  if (length < plan_.prefix_bytes) length = plan_.prefix_bytes;
  return have.size() >= length ? std::optional<std::size_t>(length) : std::nullopt;
}

std::optional<std::size_t> Answers::end_of(std::string_view have, std::string_view request,
                                           std::size_t& scanned) const {
  if (datagrams_) return have.size();  // a datagram is an answer, the right one or a wrong one
  const auto whole = [&](std::size_t length) {
    return have.size() >= length ? std::optional<std::size_t>(length) : std::nullopt;
  };
  switch (plan_.framing) {
    case Framing::any:
      return have.empty() ? std::nullopt : std::optional<std::size_t>(have.size());
    case Framing::length:
      return whole(plan_.length);
    case Framing::echo:
      return whole(request.size());
    case Framing::length_prefix:
      return of_prefix(have);
    case Framing::delimiter: {
      const std::size_t at = have.find(plan_.text, scanned);
      if (at != std::string_view::npos) return at + plan_.text.size();
      scanned = have.size() - std::min(have.size(), plan_.text.size() - 1);
      return std::nullopt;
    }
    case Framing::regex: {
      std::match_results<std::string_view::const_iterator> match;
      if (!std::regex_search(have.begin(), have.end(), match, regex_)) return std::nullopt;
      return static_cast<std::size_t>(match.position() + match.length());
    }
    case Framing::end_of_stream:
      return std::nullopt;
  }
  return std::nullopt;
}

bool Answers::right(std::string_view answer, std::string_view request) const {
  if (plan_.expected && answer != *plan_.expected) return false;
  if (plan_.framing == Framing::echo) return answer == request;
  if (!datagrams_) return true;
  switch (plan_.framing) {
    case Framing::length:
      return answer.size() == plan_.length;
    case Framing::delimiter:
      return answer.ends_with(plan_.text);
    case Framing::length_prefix:
      return of_prefix(answer) == answer.size();
    case Framing::regex:
      return std::regex_search(answer.begin(), answer.end(), regex_);
    default:
      return true;
  }
}

std::string Answers::difference(std::string_view answer, std::string_view request) const {
  std::string wanted;
  if (plan_.expected) {
    wanted = quoted(*plan_.expected, 64);
  } else if (plan_.framing == Framing::echo) {
    wanted = "the request " + quoted(request, 64);
  } else {
    wanted = fmt::format("a datagram framed by {}", name(plan_.framing));
  }
  return fmt::format("{} bytes {} instead of {}", answer.size(), quoted(answer, 64), wanted);
}

}  // namespace wireproof::load
