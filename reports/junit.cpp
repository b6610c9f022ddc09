#include "reports/junit.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "reports/load_words.h"
#include "reports/text.h"
#include "reports/utf8.h"

namespace wireproof::report {
namespace {

struct Suite {
  std::string name;
  std::vector<const CaseReport*> cases;
};

struct Sums {
  std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;
  double ms = 0;
  void add(const CaseReport& one) {
    ++tests;
    ms += one.duration_ms;
    switch (one.status) {
      case Status::passed:
        break;
      case Status::failed:
        ++(one.expected_failure ? skipped : failures);
        break;
      case Status::error:
      case Status::inconclusive:
        ++errors;
        break;
      case Status::skipped:
        ++skipped;
        break;
    }
  }
  // The root has no count of the skipped: the schemas that readers check against know none there.
  std::string of_root() const {
    return fmt::format(R"(tests="{}" failures="{}" errors="{}" time="{:.6f}")", tests, failures,
                       errors, ms / 1000);
  }
  std::string of_suite() const {
    return fmt::format(R"(tests="{}" failures="{}" errors="{}" skipped="{}" time="{:.6f}")", tests,
                       failures, errors, skipped, ms / 1000);
  }
};

std::string folder_of(const std::string& id) {
  const std::size_t slash = id.substr(0, id.find('@')).rfind('/');
  return slash == std::string::npos ? "scenarios" : id.substr(0, slash);
}

std::string name_of(const std::string& id) {
  const std::size_t slash = id.substr(0, id.find('@')).rfind('/');
  return slash == std::string::npos ? id : id.substr(slash + 1);
}

std::vector<Suite> suites_of(const RunReport& run) {
  std::vector<Suite> suites;
  for (const CaseReport& one : run.cases) {
    const std::string folder = folder_of(one.id);
    auto suite = std::find_if(suites.begin(), suites.end(),
                              [&](const Suite& other) { return other.name == folder; });
    if (suite == suites.end()) suite = suites.insert(suites.end(), Suite{folder, {}});
    suite->cases.push_back(&one);
  }
  return suites;
}

std::string message_of(const CaseReport& one) {
  const Finding* finding = main_finding(one);
  if (one.status == Status::failed && finding != nullptr) {
    return fmt::format("{}: wanted {}; saw {}", finding->rule, finding->expected,
                       finding->observed);
  }
  return one.reason;
}

// What became of the case, and all that a person needs to look into it.
std::string outcome(const CaseReport& one, std::string_view results) {
  std::string_view element;
  std::string type(name(one.status)), message = message_of(one);
  switch (one.status) {
    case Status::passed:
      return {};
    case Status::failed:
      element = "failure";
      break;
    case Status::error:
    case Status::inconclusive:
      element = "error";
      break;
    case Status::skipped:
      return fmt::format("   <skipped message=\"{}\"/>\n", xml_text(message));
  }
  if (one.expected_failure) {
    return fmt::format("   <skipped message=\"failed as expected: {}\"/>\n", xml_text(message));
  }
  if (one.status == Status::failed && !one.findings.empty()) type = main_finding(one)->rule;
  TextOptions options;
  options.width = 100;
  options.results = results;
  return fmt::format("   <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n", element, xml_text(type),
                     xml_text(message), xml_text(case_text(one, options), 64 << 10));
}

std::string outputs(const CaseReport& one, std::string_view results) {
  std::string out, errors;
  for (const TargetReport& target : one.targets) {
    if (!target.output.empty()) out += fmt::format("[{}]\n{}\n", target.name, target.output);
    if (!target.error_output.empty()) {
      errors += fmt::format("[{}]\n{}\n", target.name, target.error_output);
    }
  }
  // GitLab shows files named like this beside the test.
  for (const CaptureReport& capture : one.captures) {
    if (!capture.file.empty()) out += fmt::format("[[ATTACHMENT|{}/{}]]\n", results, capture.file);
  }
  std::string text;
  if (!out.empty()) text += fmt::format("   <system-out>{}</system-out>\n", xml_text(out));
  if (!errors.empty()) text += fmt::format("   <system-err>{}</system-err>\n", xml_text(errors));
  return text;
}

void add_property(std::string& text, unsigned indent, std::string_view name,
                  std::string_view value) {
  fmt::format_to(std::back_inserter(text), "{:{}}<property name=\"{}\" value=\"{}\"/>\n", "",
                 indent, xml_text(name, 200), xml_text(value, 1000));
}

// Of a load, and how far its figures can be trusted: names have their unit at the end.
template <class Add>
void load_properties(const load::LoadResult& load, Add add) {
  const auto number = [&](std::string_view name, double value) {
    add(fmt::format("load.{}", name), fmt::format("{:.10g}", value));
  };
  const auto count = [&](std::string_view name, std::uint64_t value) {
    add(fmt::format("load.{}", name), std::to_string(value));
  };
  add("load.pattern", load.pattern);
  count("connections", load.connections);
  if (!is_stream(load)) {
    number("throughput_per_s", load.throughput_per_s);
    if (load.throughput_interval) {
      number("throughput_low_per_s", load.throughput_interval->low);
      number("throughput_high_per_s", load.throughput_interval->high);
    }
  }
  number("bytes_sent_per_s", load.bytes_sent_per_s);
  number("bytes_received_per_s", load.bytes_received_per_s);
  if (const load::PhaseResult* latency = load.phase("latency")) {
    for (const load::Percentile& one : latency->percentiles) {
      number("latency_" + quantile_name(one.quantile) + "_ms",
             static_cast<double>(one.value_ns) / 1e6);
    }
    number("latency_max_ms", static_cast<double>(latency->most_ns) / 1e6);
  }
  count("sent", load.sent);
  count("answered", load.answered);
  count("errors", load.failures());
  for (const load::ErrorKind& kind : load.error_kinds) count("error." + kind.kind, kind.count);
  count("connections_made", load.connections_made);
  if (load.proof) {
    count("handshakes_proven", load.proof->handshakes_proven);
    count("closes_proven", load.proof->closes_proven);
  }
  count("doubts", load.doubts.size());
  for (const load::Doubt& doubt : load.doubts) add("load.doubt", doubt.about + ": " + doubt.words);
  for (const load::LimitResult& limit : load.limits) {
    add("load.limit",
        fmt::format("{}: {}, {}", limit.limit, limit.words, limit.held ? "kept" : "not kept"));
  }
}

std::string properties(const CaseReport& one) {
  std::string text;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) add_property(text, 4, name, value);
  };
  add("title", one.title);
  add("transport", one.transport);
  add("topology", one.topology);
  for (const auto& [name, value] : one.parameters) add("parameter." + name, value);
  for (const std::string& tag : one.tags) add("tag", tag);
  if (one.attempts > 1) add("attempts", std::to_string(one.attempts));
  add("run_again", one.run_again);
  if (one.load) load_properties(*one.load, add);
  return text.empty() ? text : "   <properties>\n" + text + "   </properties>\n";
}

std::string test_case(const CaseReport& one, std::string_view results) {
  std::string classname = folder_of(one.id);
  std::replace(classname.begin(), classname.end(), '/', '.');
  std::string text =
      fmt::format("  <testcase name=\"{}\" classname=\"{}\" time=\"{:.6f}\"",
                  xml_text(name_of(one.id)), xml_text(classname), one.duration_ms / 1000);
  // A case that a command line made stands in no file.
  if (one.scenario_line > 0) {
    text += fmt::format(" file=\"{}\" line=\"{}\"", xml_text(one.scenario_file), one.scenario_line);
  }
  const std::string inner = properties(one) + outcome(one, results) + outputs(one, results);
  return text + (inner.empty() ? "/>\n" : ">\n" + inner + "  </testcase>\n");
}

std::string properties(const Context& context) {
  std::string text = "  <properties>\n";
  const auto add = [&](std::string_view name, std::string_view value) {
    add_property(text, 3, name, value);
  };
  add("wireproof", context.version);
  add("command_line", context.command_line);
  add("os", context.os);
  add("kernel", context.kernel);
  add("cpu", fmt::format("{} x {}", context.cpus, context.cpu_model));
  add("isolation", context.isolation);
  add("seed", fmt::format("{}", context.seed));
  return text + "  </properties>\n";
}

bool allowed_in_xml(char32_t point) {
  if (point == '\t' || point == '\n') return true;
  return !is_display_control(point) && point != 0xFFFE && point != 0xFFFF;
}

void append_xml(std::string& out, std::string_view any) {
  for (std::size_t at = 0; at < any.size();) {
    const std::size_t length = utf8_length(any, at);
    const std::string_view piece = any.substr(at, std::max<std::size_t>(length, 1));
    at += piece.size();
    if (length == 0 || !allowed_in_xml(utf8_code_point(piece))) {
      for (const char c : piece) {
        fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
      }
      continue;
    }
    switch (piece[0]) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&apos;";
        break;
      default:
        out += piece;
    }
  }
}

}  // namespace

std::string xml_text(std::string_view hostile, std::size_t limit) {
  std::string out;
  if (hostile.size() <= limit) {
    append_xml(out, hostile);
    return out;
  }
  append_xml(out, hostile.substr(0, limit / 2));
  fmt::format_to(std::back_inserter(out), " [... {} bytes left out ...] ",
                 hostile.size() - 2 * (limit / 2));
  append_xml(out, hostile.substr(hostile.size() - limit / 2));
  return out;
}

std::string to_junit(const RunReport& run, std::string_view results) {
  Sums all;
  for (const CaseReport& one : run.cases) all.add(one);
  // UTC to the second, without its Z, as JUnit's schema has it.
  const std::string timestamp = xml_text(run.context.started_at.substr(0, 19));
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += fmt::format("<testsuites name=\"wireproof\" {}>\n", all.of_root());
  for (const Suite& suite : suites_of(run)) {
    Sums sums;
    for (const CaseReport* one : suite.cases) sums.add(*one);
    out += fmt::format(" <testsuite name=\"{}\" {} timestamp=\"{}\" hostname=\"{}\">\n",
                       xml_text(suite.name), sums.of_suite(), timestamp,
                       xml_text(run.context.host_name));
    out += properties(run.context);
    for (const CaseReport* one : suite.cases) out += test_case(*one, results);
    out += " </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

}  // namespace wireproof::report
