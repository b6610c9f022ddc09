#include "reports/check_report.h"
#include "reports/field_writer.h"

namespace wireproof::report {

template <>
inline constexpr bool on_one_line<CheckedFile> = true;
template <>
inline constexpr bool on_one_line<CheckSummary::RuleLine> = true;
template <>
inline constexpr bool on_one_line<CheckSummary::SlowLine> = true;

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
  visit("format", one.format);
  visit.rare("compression", one.compression);
  visit.rare("dropped", one.dropped);
  visit.rare("not_judged", one.not_judged);
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

void describe(FieldWriter& visit, const CheckSummary::RuleLine& one) {
  visit("rule", one.rule);
  visit("severity", one.severity);
  visit("source", one.source);
  visit("connections", one.connections);
  visit("findings", one.findings);
  visit.rare("inconclusive", one.inconclusive);
  visit("examples", one.examples);
}

void describe(FieldWriter& visit, const CheckSummary::SlowLine& one) {
  visit("index", one.index);
  visit("handshake_ns", one.handshake_ns);
  visit("client", one.client);
  visit("server", one.server);
}

void describe(FieldWriter& visit, const CheckSummary& one) {
  visit("packets", one.packets);
  visit("bytes", one.bytes);
  visit("tcp_packets", one.tcp_packets);
  visit("udp_packets", one.udp_packets);
  visit("other_packets", one.other_packets);
  visit.rare("fragments", one.fragments);
  visit.rare("reassembled", one.reassembled);
  visit.rare("decapsulated", one.decapsulated);
  visit.rare("cut", one.cut);
  visit.rare("filtered_out", one.filtered_out);
  visit.rare("late_segments", one.late_segments);
  visit("checksums_good", one.checksums_good);
  visit("checksums_bad", one.checksums_bad);
  visit("checksums_partial", one.checksums_partial);
  visit("connections", one.connections);
  visit("opening", one.opening);
  visit("closing", one.closing);
  visit("verdict", one.verdict);
  visit("rules", one.rules);
  visit("slowest_handshakes", one.slowest_handshakes);
}

struct CheckWriter::Impl {
  explicit Impl(std::string& out) : writer(out) {
    writer.open_document();
    writer.open_list("connections");
  }
  void to_exchanges() {
    if (in_exchanges) return;
    in_exchanges = true;
    writer.close_list();
    writer.open_list("exchanges");
  }
  FieldWriter writer;
  bool in_exchanges = false;
};

CheckWriter::CheckWriter(std::string& out) : impl_(std::make_unique<Impl>(out)) {}
CheckWriter::~CheckWriter() = default;

void CheckWriter::connection(const CheckedConnection& one) { impl_->writer.list_item(one); }

void CheckWriter::exchange(const CheckedExchange& one) {
  impl_->to_exchanges();
  impl_->writer.list_item(one);
}

void CheckWriter::end(const CheckReport& rest) {
  impl_->to_exchanges();
  FieldWriter& writer = impl_->writer;
  writer.close_list();
  writer("files", rest.files);
  writer("findings", rest.findings);
  writer("summary", rest.summary);
  writer("verdict", rest.verdict);
  writer.close_document();
}

std::string to_json(const CheckReport& report) {
  std::string out;
  CheckWriter writer(out);
  for (const CheckedConnection& one : report.connections) writer.connection(one);
  for (const CheckedExchange& one : report.exchanges) writer.exchange(one);
  writer.end(report);
  out.push_back('\n');
  return out;
}

std::string json_line(const CheckedConnection& one) {
  std::string out;
  FieldWriter(out).line(one);
  out.push_back('\n');
  return out;
}

std::string json_line(const CheckedExchange& one) {
  std::string out;
  FieldWriter(out).line(one);
  out.push_back('\n');
  return out;
}

}  // namespace wireproof::report
