#include "check/csv.h"

#include <fmt/format.h>

#include <set>

#include "base/text.h"
#include "reports/time_text.h"

namespace wireproof::check {
namespace {

// Quoted where it must be; no control characters, so that a line stays one.
std::string field(std::string_view text) {
  const std::string safe = printable(text, 4096);
  if (safe.find_first_of(",\"") == std::string::npos) return safe;
  std::string quoted = "\"";
  for (const char c : safe) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string milliseconds_text(const std::optional<std::int64_t>& span_ns) {
  if (!span_ns) return "";
  return fmt::format("{:.6f}", static_cast<double>(*span_ns) / 1e6);
}

}  // namespace

std::string csv_header() {
  return "file,index,started_at,duration_ms,client,client_port,server,server_port,opening,closing,"
         "closed_first,half_close,verdict,verdict_opening,verdict_closing,verdict_client,"
         "verdict_server,packets,client_bytes,server_bytes,client_retransmissions,"
         "server_retransmissions,handshake_ms,first_byte_ms,close_ms,rules\r\n";
}

std::string csv_line(const std::string& file, const report::ConnectionReport& one) {
  const tcp::Connection& c = one.connection;
  const tcp::Judgement& j = one.judgement;
  const auto& [client, server] = c.ends;
  std::set<std::string> rules;
  for (const Finding& finding : j.findings) rules.insert(finding.rule);
  return fmt::format(
      "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
      field(file), c.index, report::utc_text(c.first_time_ns),
      milliseconds_text(c.last_time_ns - c.first_time_ns),
      packet::to_string(client.endpoint.address), client.endpoint.port,
      packet::to_string(server.endpoint.address), server.endpoint.port, name(c.opening),
      name(c.closing), name(c.closed_first), c.half_close, name(j.verdict), name(j.verdict_opening),
      name(j.verdict_closing), name(j.verdict_client), name(j.verdict_server), c.packets,
      client.payload_bytes, server.payload_bytes, client.retransmissions, server.retransmissions,
      milliseconds_text(c.handshake_ns), milliseconds_text(c.first_byte_ns),
      milliseconds_text(c.close_ns), fmt::join(rules, ";"));
}

}  // namespace wireproof::check
