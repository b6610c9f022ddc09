#include "check/collector.h"

#include <algorithm>

namespace wireproof::check {

Collector::Collector(unsigned workers, Outlet outlet, std::size_t kept_back,
                     ExchangeOutlet exchange_outlet)
    : workers_(workers),
      outlet_(std::move(outlet)),
      exchange_outlet_(std::move(exchange_outlet)),
      kept_back_(kept_back),
      delivered_(workers),
      open_(workers) {}

void Collector::deliver(unsigned worker, Account& account) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t batch = delivered_[worker]++;
  const auto place = static_cast<std::size_t>(batch - settled_);
  if (place >= waiting_.size()) {
    waiting_.push_back({std::vector<std::optional<Account>>(workers_), workers_});
  }
  waiting_[place].accounts[worker] = std::move(account);
  --waiting_[place].missing;
  account = {};
  while (!waiting_.empty() && waiting_.front().missing == 0) {
    settle(waiting_.front().accounts);
    waiting_.pop_front();
    ++settled_;
  }
}

// Alone, a worker's order is the index.
std::uint64_t Collector::index_of(unsigned worker, std::uint64_t order) const {
  if (workers_ == 1) return order;
  return open_[worker].index_of(order);
}

void Collector::number(std::vector<std::optional<Account>>& accounts) {
  if (workers_ == 1) return;
  std::vector<std::size_t> next(workers_);
  for (;;) {
    unsigned first = workers_;
    for (unsigned worker = 0; worker < workers_; ++worker) {
      const auto& begun = accounts[worker]->begun;
      if (next[worker] == begun.size()) continue;
      if (first == workers_ || begun[next[worker]] < accounts[first]->begun[next[first]]) {
        first = worker;
      }
    }
    if (first == workers_) return;
    ++next[first];
    open_[first].begin(++last_index_);
  }
}

void Collector::settle(std::vector<std::optional<Account>>& accounts) {
  number(accounts);
  for (unsigned worker = 0; worker < workers_; ++worker) {
    Account& account = *accounts[worker];
    for (auto& [rule, count] : account.rules) {
      for (std::uint64_t& example : count.examples) example = index_of(worker, example);
      summary_.add(rule, count);
    }
    for (SlowHandshake& one : account.slow) {
      one.index = index_of(worker, one.index);
      summary_.add(one);
    }
    for (report::ConnectionReport& one : account.reports) {
      one.connection.index = index_of(worker, one.connection.index);
      reports_.push_back(std::move(one));
    }
    for (JudgedExchange& one : account.exchanges) {
      if (exchange_outlet_) exchange_outlet_(one);
    }
    for (const Account::Ended& one : account.ended) {
      summary_.add(one.opening, one.closing, one.verdict);
      if (workers_ > 1) open_[worker].end(one.order);
    }
  }
  if (reports_.size() > kept_back_) give_on();
}

void Collector::give_on() {
  std::sort(reports_.begin(), reports_.end(),
            [](const auto& a, const auto& b) { return a.connection.index < b.connection.index; });
  for (report::ConnectionReport& one : reports_) outlet_(one);
  reports_.clear();
}

void Collector::flush() {
  const std::lock_guard lock(mutex_);
  give_on();
}

Summary Collector::summary() const {
  const std::lock_guard lock(mutex_);
  return summary_;
}

}  // namespace wireproof::check
