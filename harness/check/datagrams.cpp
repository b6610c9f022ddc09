#include "check/datagrams.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "check/worker.h"

namespace wireproof::check {

void keep_first(udp::Exchange& exchange, std::size_t most) {
  auto& all = exchange.datagrams;
  if (all.size() <= most) return;
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(most);
  all = std::vector(std::make_move_iterator(all.begin()), std::make_move_iterator(end));
}

JudgedExchange judged(udp::Exchange& ended, bool checksums_valid, std::size_t keep) {
  std::vector<udp::Exchange> alone;
  alone.push_back(std::move(ended));
  JudgedExchange one;
  one.judgement = udp::judge(alone, false, checksums_valid);
  one.exchange = std::move(alone.front());
  keep_first(one.exchange, keep);
  return one;
}

void Datagrams::add(JudgedExchange& one) {
  ++exchanges_;
  verdict_ = worse(verdict_, one.judgement.verdict);
  for (Finding& finding : one.judgement.findings) {
    if (++count_[finding.rule] <= kOfARule) {
      findings_.push_back(std::move(finding));
    } else {
      untold_.try_emplace(finding.rule, finding);
    }
  }
}

std::vector<Finding> Datagrams::take_findings() {
  for (auto& [rule, finding] : untold_) {
    finding.packets.clear();
    finding.where.clear();
    finding.observed =
        fmt::format("the same in {} more exchanges, not told one by one", count_[rule] - kOfARule);
    findings_.push_back(std::move(finding));
  }
  untold_.clear();
  return std::exchange(findings_, {});
}

}  // namespace wireproof::check
