// wireproof check: capture files, from any tool, judged by the rules that judge live cases.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ostream>

#include "base/text.h"
#include "capture/file.h"
#include "cli/command.h"
#include "cli/expectation.h"
#include "packet/decode.h"
#include "reports/check_report.h"
#include "reports/style.h"
#include "reports/text_traffic.h"
#include "tcp/tracker.h"
#include "udp/exchange.h"

namespace wireproof::cli {
namespace {

struct CheckRequest {
  std::vector<std::string> files;
  std::string expect, colour = "auto";
  std::uint64_t connection = 0;
  bool json = false, strict = false, quiet = false;
};

std::string link_name(packet::LinkType link) {
  using packet::LinkType;
  switch (link) {
    case LinkType::null:
      return "null";
    case LinkType::ethernet:
      return "ethernet";
    case LinkType::ppp:
      return "ppp";
    case LinkType::raw:
      return "raw";
    case LinkType::loop:
      return "loop";
    case LinkType::cooked_v1:
      return "cooked-v1";
    case LinkType::ipv4:
      return "ipv4";
    case LinkType::ipv6:
      return "ipv6";
    case LinkType::cooked_v2:
      return "cooked-v2";
  }
  return fmt::format("{}", static_cast<unsigned>(link));
}

bool fails(const Finding& finding, bool strict) {
  return !finding.inconclusive &&
         (finding.severity == Severity::must || (strict && finding.severity == Severity::should));
}

Verdict worse(Verdict a, Verdict b) {
  const auto weight = [](Verdict v) {
    return v == Verdict::failed ? 2 : v == Verdict::inconclusive ? 1 : 0;
  };
  return weight(a) >= weight(b) ? a : b;
}

// Reads and judges one file into the report. Throws UsageError where it is no capture file.
void check_file(const std::string& file, const tcp::Expectation& expected, bool strict,
                report::CheckReport& report) {
  auto reader = capture::FileReader::open(file);
  if (!reader) throw UsageError(printable(reader.error().text(), 1000));
  report::CheckedFile summary;
  summary.file = file;
  summary.link = link_name(reader->link());
  // How the capture came to be is not known: it may begin and end in mid-connection.
  const tcp::CaptureFacts facts;
  tcp::Tracker connections(facts);
  udp::Tracker exchanges;
  for (;;) {
    const auto frame = reader->next();
    if (!frame) {
      summary.damage = frame.error().text();
      break;
    }
    if (!*frame) break;
    ++summary.packets;
    const packet::Packet packet = packet::decode(**frame);
    connections.add(packet);
    exchanges.add(packet);
  }
  for (tcp::Connection& connection : connections.finish()) {
    report::ConnectionReport one;
    one.judgement = tcp::judge(connection, facts, expected);
    if (std::any_of(one.judgement.findings.begin(), one.judgement.findings.end(),
                    [&](const Finding& finding) { return fails(finding, strict); })) {
      one.judgement.verdict = Verdict::failed;
    }
    report.verdict = worse(report.verdict, one.judgement.verdict);
    one.connection = std::move(connection);
    report.connections.push_back({file, std::move(one)});
  }
  const std::vector<udp::Exchange> datagrams = exchanges.finish();
  udp::Judgement judgement = udp::judge(datagrams, false, facts.checksums_valid);
  for (Finding& finding : judgement.findings) {
    if (fails(finding, strict)) report.verdict = Verdict::failed;
    report.findings.push_back(std::move(finding));
  }
  report.verdict = worse(report.verdict, judgement.verdict);
  for (const udp::Exchange& exchange : datagrams) report.exchanges.push_back({file, exchange});
  report.files.push_back(std::move(summary));
}

void print_counts(const report::CheckReport& report, const report::Style& style,
                  std::ostream& out) {
  std::map<std::string, std::size_t> verdicts;
  for (const report::CheckedConnection& one : report.connections) {
    ++verdicts[std::string(name(one.report.judgement.verdict))];
  }
  std::uint64_t packets = 0;
  for (const report::CheckedFile& file : report.files) packets += file.packets;
  std::vector<std::string> items = {report::counted(packets, "packet"),
                                    report::counted(report.connections.size(), "connection")};
  for (const auto& [verdict, count] : verdicts)
    items.push_back(fmt::format("{} {}", count, verdict));
  if (!report.exchanges.empty())
    items.push_back(report::counted(report.exchanges.size(), "UDP exchange"));
  const auto tone = report.verdict == Verdict::passed   ? report::Tone::good
                    : report.verdict == Verdict::failed ? report::Tone::bad
                                                        : report::Tone::warn;
  out << style.entry(0, fmt::format("{}  ", name(report.verdict)), 0, items, tone);
}

void print_text(const report::CheckReport& report, const CheckRequest& request,
                const report::Style& style, std::ostream& out) {
  const bool several = report.files.size() > 1;
  for (const report::CheckedFile& file : report.files) {
    if (several) out << style.paint(report::Tone::strong, style.safe(file.file)) << '\n';
    for (const report::CheckedConnection& one : report.connections) {
      if (one.file != file.file || request.quiet) continue;
      const std::uint64_t index = one.report.connection.index;
      if (request.connection != 0 && index != request.connection) continue;
      out << report::connection_line(one.report, style);
      if (request.connection != 0)
        out << '\n' << report::connection_ladder(one.report, style) << '\n';
      for (const Finding& finding : one.report.judgement.findings) {
        out << report::finding_text(finding, style);
      }
    }
    for (const report::CheckedExchange& one : report.exchanges) {
      if (one.file == file.file && !request.quiet && request.connection == 0) {
        out << report::exchange_line(one.exchange, style);
      }
    }
  }
  if (!request.quiet && request.connection == 0) {
    for (const Finding& finding : report.findings) out << report::finding_text(finding, style);
  }
  print_counts(report, style, out);
}

int check_command(const CheckRequest& request, Console& console) {
  tcp::Expectation expected;
  if (!request.expect.empty()) {
    const auto parsed = parse_expectation(request.expect);
    if (!parsed) throw UsageError("--expect: " + parsed.error());
    expected = *parsed;
  }
  report::CheckReport report;
  for (const std::string& file : request.files) check_file(file, expected, request.strict, report);
  if (request.connection != 0 &&
      std::none_of(report.connections.begin(), report.connections.end(), [&](const auto& one) {
        return one.report.connection.index == request.connection;
      })) {
    throw UsageError(fmt::format("there is no connection {} (of {})", request.connection,
                                 report.connections.size()));
  }
  if (request.json) {
    console.out << report::to_json(report);
  } else {
    const report::TextOptions options = text_options(console, request.colour);
    print_text(report, request, report::Style(options), console.out);
  }
  bool damaged = false;
  for (const report::CheckedFile& file : report.files) {
    if (file.damage.empty()) continue;
    damaged = true;
    console.err << "wireproof: " << printable(file.damage, 1000)
                << fmt::format("; the {} packets before it were judged\n", file.packets);
  }
  if (report.verdict == Verdict::failed) return exit_status::failed;
  return damaged ? exit_status::usage : exit_status::passed;
}

}  // namespace

void add_check_command(CLI::App& program, Console& console, Chosen& chosen) {
  auto request = std::make_shared<CheckRequest>();
  CLI::App* command = program.add_subcommand("check", "judge capture files, from any tool");
  command->add_option("FILE", request->files, "pcap or pcapng files")->option_text("")->required();
  command->add_option("--connection", request->connection, "the ladder of this connection")
      ->option_text("N");
  command->add_option("--expect", request->expect, "what each connection must be, as below")
      ->option_text("WORDS");
  command
      ->add_option_function<std::string>(
          "--json",
          [request](const std::string& where) {
            if (where != "-")
              throw CLI::ValidationError("--json", "writes to standard output: give -");
            request->json = true;
          },
          "connections and findings as JSON, to stdout")
      ->option_text("-");
  command->add_flag("--strict", request->strict, "should-rules fail too");
  command->add_flag("--quiet", request->quiet, "the last line only");
  add_colour_option(*command, request->colour);
  command->footer(
      "--expect takes opening=, closing=, closed_first= and half_close=, with words as\n"
      "they are printed, alternatives between |. Exit status: 1 something failed;\n"
      "2 wrong usage, or a file that cannot be read.\n\n" +
      examples("wireproof check trace.pcapng --connection 1",
               "wireproof check *.pcap --expect 'opening=three-way closing=four-way'"));
  command->callback([=, &console, &chosen] {
    chosen = [=, &console] { return check_command(*request, console); };
  });
}

}  // namespace wireproof::cli
