#include "reports/field_writer.h"

#include <fmt/format.h>

#include <algorithm>

namespace wireproof::report {
namespace {

// A case with very many connections keeps the segments of the first ones, all that one can look at,
// and those of connections that did not pass; and of the connections themselves the first, the
// last, and those that did not pass.
constexpr std::size_t segment_budget = 20'000;
constexpr std::size_t ordinary_at_each_end = 200, remarkable_at_each_end = 5'000;
// Of a program's output. More may be there than is kept when it is cut, so that what was cut once
// is not cut again.
constexpr std::size_t most_output = 128 << 10, kept_output = 64 << 10;
// Fewer at each end would not even show how a connection opened and closed.
constexpr std::size_t fewest_at_an_end = 10;
constexpr std::size_t connections_at_each_end = 2'500, more_not_passed = 1'000;
constexpr std::size_t exchanges_kept = 5'000, datagram_budget = 20'000;

// How many of so many segments are kept at each end: one connection may take half of what is left.
std::size_t share_of(std::size_t segments, std::size_t budget, std::size_t most) {
  if (segments <= budget / 2) return std::min(segments, most);
  const std::size_t share = std::min(budget / 4, most);
  return share < fewest_at_an_end ? 0 : share;
}

bool is_remarkable(const ConnectionReport& one) {
  return one.judgement.verdict != Verdict::passed || !one.judgement.findings.empty();
}

}  // namespace

// The whole of it is in a file of the case's folder.
void FieldWriter::output(std::string_view key, std::string_view text) {
  if (text.size() <= most_output) return (*this)(key, text);
  const std::size_t half = kept_output / 2;
  (*this)(key, fmt::format("{}\n[... {} bytes left out ...]\n{}", text.substr(0, half),
                           text.size() - 2 * half, text.substr(text.size() - half)));
}

void FieldWriter::connections(const CaseReport& one) {
  (*this)("connection_totals", one.connection_totals.count > 0 ? one.connection_totals
                                                               : report::totals(one.connections));
  json_.key("connections");
  json_.begin_array(one.connections.empty());
  const std::size_t count = one.connections.size();
  std::size_t ordinary_budget = segment_budget, remarkable_budget = segment_budget;
  std::size_t left_out = 0, more = more_not_passed;
  for (std::size_t i = 0; i < count; ++i) {
    const ConnectionReport& connection = one.connections[i];
    const bool remarkable = is_remarkable(connection);
    const bool at_an_end = i < connections_at_each_end || i + connections_at_each_end >= count;
    if (!at_an_end && !(remarkable && more > 0)) {
      ++left_out;
      continue;
    }
    if (!at_an_end) --more;
    std::size_t& budget = remarkable ? remarkable_budget : ordinary_budget;
    at_each_end_ = share_of(connection.connection.segments.size(), budget,
                            remarkable ? remarkable_at_each_end : ordinary_at_each_end);
    budget -= std::min(connection.connection.segments.size(), 2 * at_each_end_);
    json_.item();
    write(connection);
    at_each_end_ = kept_at_each_end;
  }
  json_.end_array();
  rare("connections_left_out", one.connections_left_out + left_out);
}

void FieldWriter::exchanges(const CaseReport& one) {
  json_.key("exchanges");
  json_.begin_array(one.exchanges.empty());
  const std::size_t kept = std::min(one.exchanges.size(), exchanges_kept);
  std::size_t budget = datagram_budget;
  for (std::size_t i = 0; i < kept; ++i) {
    const udp::Exchange& exchange = one.exchanges[i];
    const auto found = one.datagrams_left_out.find(exchange.index);
    const std::uint64_t left_out = found == one.datagrams_left_out.end() ? 0 : found->second;
    const std::size_t wanted = std::min(exchange.datagrams.size(), 2 * kept_at_each_end);
    at_each_end_ = wanted <= budget ? kept_at_each_end : 0;
    if (wanted <= budget) budget -= wanted;
    json_.item();
    write(ExchangeRef<FieldWriter>{exchange, left_out});
    at_each_end_ = kept_at_each_end;
  }
  json_.end_array();
  rare("exchanges_left_out", one.exchanges_left_out + (one.exchanges.size() - kept));
}

}  // namespace wireproof::report
