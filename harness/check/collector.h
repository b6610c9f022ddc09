// Makes one account of what several workers saw: connections are numbered in the order of their
// first packets, whoever had them, and given on in that order as far as memory allows.
//
//   batch k:  worker 0 | began at packets 3, 9 | ended: its 1st, 2nd |
//             worker 1 | began at packet 5     | ended: its 1st      |   when all are there:
//             numbers 1 (packet 3), 2 (packet 5), 3 (packet 9)
//
// Only open connections are remembered, so that memory does not grow with those that were.
// Thread rule: any thread; the outlet is called under a lock.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "check/datagrams.h"
#include "check/open_connections.h"
#include "check/summary.h"
#include "reports/model.h"

namespace wireproof::check {

// What a worker has to say after a batch. Connections go by their order with that worker, from 1.
struct Account {
  struct Ended {
    std::uint64_t order = 0;
    tcp::Opening opening = tcp::Opening::none;
    tcp::Closing closing = tcp::Closing::none;
    Verdict verdict = Verdict::passed;
  };
  std::vector<std::uint64_t> begun;  // numbers of first packets
  std::vector<Ended> ended;
  std::map<std::string, RuleCount, std::less<>> rules;  // examples by order
  std::vector<SlowHandshake> slow;                      // index: order
  std::vector<report::ConnectionReport> reports;        // of those that are wanted; index: order
  std::vector<JudgedExchange> exchanges;                // all with one worker
};

class Collector {
 public:
  using Outlet = std::function<void(report::ConnectionReport&)>;
  using ExchangeOutlet = std::function<void(JudgedExchange&)>;  // as they end
  // Reports are kept back, to be given on in order, while there are at most so many.
  static constexpr std::size_t kKeptBack = 8192;

  Collector(unsigned workers, Outlet outlet, std::size_t kept_back = kKeptBack,
            ExchangeOutlet exchange_outlet = {});

  // Batches of one worker come in order; `account` is left empty.
  void deliver(unsigned worker, Account& account);
  void flush();  // gives on what is kept back
  Summary summary() const;

 private:
  struct Waiting {
    std::vector<std::optional<Account>> accounts;  // by worker
    unsigned missing = 0;
  };
  void settle(std::vector<std::optional<Account>>& accounts);
  void number(std::vector<std::optional<Account>>& accounts);
  std::uint64_t index_of(unsigned worker, std::uint64_t order) const;
  void give_on();

  const unsigned workers_;
  const Outlet outlet_;
  const ExchangeOutlet exchange_outlet_;
  const std::size_t kept_back_;
  mutable std::mutex mutex_;
  std::vector<std::uint64_t> delivered_;  // batches, by worker
  std::uint64_t settled_ = 0;
  std::deque<Waiting> waiting_;  // from batch `settled_` on
  std::uint64_t last_index_ = 0;
  std::vector<OpenConnections> open_;  // by worker
  std::vector<report::ConnectionReport> reports_;
  Summary summary_;
};

}  // namespace wireproof::check
