// Judges one share of a capture's frames: decodes them, tracks their connections, and says of each
// that has ended what was made of it. Thread rule: one thread at a time; workers share nothing but
// what never changes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "check/batch.h"
#include "check/collector.h"
#include "check/where.h"
#include "tcp/judge.h"
#include "udp/exchange_stream.h"

namespace wireproof::check {

struct Judging {
  tcp::CaptureFacts facts;  // of a file nothing is known: it may begin and end in mid-connection
  tcp::Expectation expected;
  bool strict = false;                     // should-rules fail too
  bool reports = false;                    // connections are wanted one by one, not only in numbers
  std::size_t segments = 0;                // kept of each for its report
  std::size_t datagrams = 1;               // of an exchange, likewise
  std::uint64_t reports_a_worker = ~0ull;  // after so many no worker reports any more
  std::optional<std::int64_t> linger_ns;   // live: how long the closed wait for what may still come
  std::optional<Where> where;              // reports of these alone
};

struct ChecksumCounts {
  std::uint64_t good = 0, bad = 0, partial = 0, unknown = 0;  // of TCP and UDP
  void add(const ChecksumCounts& other);
};

class Worker {
 public:
  explicit Worker(const Judging& judging);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void work(const Batch& batch, std::size_t share, Account& account);
  void finish(Account& account);  // all that is still open ends

  ChecksumCounts checksums() const;
  std::uint64_t cut() const { return cut_; }  // packets whose headers the capture cut
  std::uint64_t remnants() const;             // segments of connections long delivered

 private:
  void ended(tcp::Connection& connection);
  void note_rules(const tcp::Judgement& judgement, std::uint64_t order);
  bool settle(const tcp::Connection& connection, tcp::Settled& settled);
  void count(const tcp::Settled& settled);
  void note_handshake(const tcp::Settled& settled);

  const Judging& judging_;
  Account* account_ = nullptr;  // of the batch in hand
  std::vector<std::uint64_t> begun_;
  std::unique_ptr<tcp::Tracker> connections_;
  udp::ExchangeStream datagrams_;
  std::vector<packet::Packet> packets_;
  // Handshakes told so far, by time and connection: only slower ones are worth telling.
  std::vector<std::pair<std::int64_t, std::uint64_t>> slowest_;
  std::array<std::uint64_t, 5> checksums_{};  // by packet::Checksum
  std::uint64_t cut_ = 0, reported_ = 0, kept_ = 0;
};

// Whether the finding makes a connection fail.
bool fails(const Finding& finding, bool strict);
Verdict worse(Verdict a, Verdict b);

}  // namespace wireproof::check
