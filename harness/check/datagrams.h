// What is told of UDP: exchanges are judged as they end, and of each only its numbers are kept. Of
// a rule that very many break the first are told and the rest counted, so that memory is bounded.
// Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "udp/exchange.h"

namespace wireproof::check {

struct JudgedExchange {
  udp::Exchange exchange;  // with as many of its datagrams as are wanted
  udp::Judgement judgement;
};
// `keep`: of its datagrams so many, the first.
JudgedExchange judged(udp::Exchange& ended, bool checksums_valid, std::size_t keep = 1);
void keep_first(udp::Exchange& exchange, std::size_t most);

class Datagrams {
 public:
  static constexpr std::size_t kOfARule = 1000;

  void add(JudgedExchange& one);  // takes its findings
  std::uint64_t exchanges() const { return exchanges_; }
  Verdict verdict() const { return verdict_; }
  std::vector<Finding> take_findings();

 private:
  std::uint64_t exchanges_ = 0;
  Verdict verdict_ = Verdict::passed;
  std::vector<Finding> findings_;
  std::map<std::string, std::uint64_t> count_;  // by rule
  std::map<std::string, Finding> untold_;       // by rule: one that stands for all beyond kOfARule
};

}  // namespace wireproof::check
