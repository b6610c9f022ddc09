#include "reports/check_report.h"
#include "reports/field_writer.h"

namespace wireproof::report {

template <>
inline constexpr bool on_one_line<CheckedFile> = true;

namespace {

std::uint64_t first_time(const CheckedExchange& one) {
  return one.exchange.datagrams.empty()
             ? 0
             : static_cast<std::uint64_t>(one.exchange.datagrams.front().time_ns);
}

}  // namespace

void describe(FieldWriter& visit, const CheckedFile& one) {
  visit("file", one.file);
  visit("link", one.link);
  visit("packets", one.packets);
  visit.rare("damage", one.damage);
}

void describe(FieldWriter& visit, const CheckedConnection& one) {
  visit("file", one.file);
  // A connection's times count from its own first packet.
  visit.start("started_at", static_cast<std::uint64_t>(one.report.connection.first_time_ns));
  describe(visit, one.report);
}

void describe(FieldWriter& visit, const CheckedExchange& one) {
  visit("file", one.file);
  visit.start("started_at", first_time(one));
  describe(visit, ExchangeRef<FieldWriter>{one.exchange, std::uint64_t{0}});
}

void describe(FieldWriter& visit, const CheckReport& report) {
  visit("verdict", report.verdict);
  visit("files", report.files);
  visit("connections", report.connections);
  visit("exchanges", report.exchanges);
  visit("findings", report.findings);
}

std::string to_json(const CheckReport& report) {
  std::string out;
  FieldWriter(out).document(report);
  out.push_back('\n');
  return out;
}

}  // namespace wireproof::report
