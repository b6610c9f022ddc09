#include "check/where.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <vector>

#include "base/text.h"

namespace wireproof::check {
namespace {

using report::ConnectionReport;
using Texts = std::vector<std::string>;

// A key's values: a connection may have several (rules, ports), and matches when one of them does.
struct TextKey {
  std::string_view name;
  Texts (*of)(const ConnectionReport&);
  Texts (*known)();  // all that there can be; empty: anything
};
struct NumberKey {
  std::string_view name;
  std::optional<double> (*of)(const ConnectionReport&);
};

Texts anything() { return {}; }

template <class Enum, Enum last>
Texts names() {
  Texts all;
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    all.emplace_back(name(static_cast<Enum>(i)));
  }
  return all;
}

Texts closers() { return {"-", "client", "server", "both"}; }
Texts booleans() { return {"true", "false"}; }
Texts boolean(bool value) { return {value ? "true" : "false"}; }

double sum(const ConnectionReport& one, std::uint64_t tcp::End::*count) {
  return static_cast<double>(one.connection.ends[0].*count + one.connection.ends[1].*count);
}

std::optional<double> milliseconds_of(const std::optional<std::int64_t>& span_ns) {
  if (!span_ns) return std::nullopt;
  return static_cast<double>(*span_ns) / 1e6;
}

constexpr auto all_verdicts = names<Verdict, Verdict::inconclusive>;
constexpr auto all_openings = names<tcp::Opening, tcp::Opening::none>;
constexpr auto all_closings = names<tcp::Closing, tcp::Closing::inconclusive>;

const TextKey text_keys[] = {
    {"opening",
     [](const ConnectionReport& r) -> Texts { return {std::string(name(r.connection.opening))}; },
     all_openings},
    {"closing",
     [](const ConnectionReport& r) -> Texts { return {std::string(name(r.connection.closing))}; },
     all_closings},
    {"closed_first",
     [](const ConnectionReport& r) -> Texts {
       return {std::string(name(r.connection.closed_first))};
     },
     closers},
    {"half_close", [](const ConnectionReport& r) { return boolean(r.connection.half_close); },
     booleans},
    {"verdict",
     [](const ConnectionReport& r) -> Texts { return {std::string(name(r.judgement.verdict))}; },
     all_verdicts},
    {"verdict_opening",
     [](const ConnectionReport& r) -> Texts {
       return {std::string(name(r.judgement.verdict_opening))};
     },
     all_verdicts},
    {"verdict_closing",
     [](const ConnectionReport& r) -> Texts {
       return {std::string(name(r.judgement.verdict_closing))};
     },
     all_verdicts},
    {"verdict_client",
     [](const ConnectionReport& r) -> Texts {
       return {std::string(name(r.judgement.verdict_client))};
     },
     all_verdicts},
    {"verdict_server",
     [](const ConnectionReport& r) -> Texts {
       return {std::string(name(r.judgement.verdict_server))};
     },
     all_verdicts},
    {"rule",
     [](const ConnectionReport& r) {
       Texts all;
       for (const Finding& finding : r.judgement.findings) all.push_back(finding.rule);
       return all;
     },
     anything},
    {"severity",
     [](const ConnectionReport& r) {
       Texts all;
       for (const Finding& finding : r.judgement.findings) all.emplace_back(name(finding.severity));
       return all;
     },
     names<Severity, Severity::note>},
    {"client",
     [](const ConnectionReport& r) -> Texts {
       return {packet::to_string(r.connection.ends[0].endpoint.address)};
     },
     anything},
    {"server",
     [](const ConnectionReport& r) -> Texts {
       return {packet::to_string(r.connection.ends[1].endpoint.address)};
     },
     anything},
    {"host",
     [](const ConnectionReport& r) -> Texts {
       return {packet::to_string(r.connection.ends[0].endpoint.address),
               packet::to_string(r.connection.ends[1].endpoint.address)};
     },
     anything},
};

const NumberKey number_keys[] = {
    {"port",
     [](const ConnectionReport& r) -> std::optional<double> {
       return r.connection.ends[1].endpoint.port;
     }},
    {"client_port",
     [](const ConnectionReport& r) -> std::optional<double> {
       return r.connection.ends[0].endpoint.port;
     }},
    {"packets",
     [](const ConnectionReport& r) -> std::optional<double> {
       return static_cast<double>(r.connection.packets);
     }},
    {"bytes",
     [](const ConnectionReport& r) -> std::optional<double> {
       return sum(r, &tcp::End::payload_bytes);
     }},
    {"retransmissions",
     [](const ConnectionReport& r) -> std::optional<double> {
       return sum(r, &tcp::End::retransmissions);
     }},
    {"zero_windows",
     [](const ConnectionReport& r) -> std::optional<double> {
       return sum(r, &tcp::End::zero_windows);
     }},
    {"handshake_ms",
     [](const ConnectionReport& r) { return milliseconds_of(r.connection.handshake_ns); }},
    {"first_byte_ms",
     [](const ConnectionReport& r) { return milliseconds_of(r.connection.first_byte_ns); }},
    {"close_ms", [](const ConnectionReport& r) { return milliseconds_of(r.connection.close_ns); }},
    {"duration_ms",
     [](const ConnectionReport& r) -> std::optional<double> {
       return static_cast<double>(r.connection.last_time_ns - r.connection.first_time_ns) / 1e6;
     }},
};

// What people write for it.
std::string_view full_name(std::string_view key) {
  if (key == "close") return "closing";
  if (key == "open") return "opening";
  return key;
}

bool is_word(char c) { return std::string_view("()=!<> \t").find(c) == std::string_view::npos; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Where::Test parse() {
    Where::Test all = alternatives();
    skip_spaces();
    if (error_.empty() && at_ < text_.size()) {
      fail(fmt::format("{} does not belong there", quoted(text_.substr(at_))));
    }
    return all;
  }
  const std::string& error() const { return error_; }

 private:
  void fail(const std::string& what) {
    if (error_.empty()) error_ = fmt::format("at character {}: {}", at_ + 1, what);
  }
  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  std::string_view peek_word() {
    skip_spaces();
    std::size_t end = at_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }
  bool take(std::string_view word) {
    skip_spaces();
    const bool there =
        is_word(word[0]) ? peek_word() == word : text_.substr(at_, word.size()) == word;
    if (there) at_ += word.size();
    return there;
  }

  Where::Test alternatives() {
    Where::Test left = conjunction();
    while (error_.empty() && take("or")) {
      left = [left, right = conjunction()](const ConnectionReport& r) {
        return left(r) || right(r);
      };
    }
    return left;
  }
  Where::Test conjunction() {
    Where::Test left = negation();
    while (error_.empty() && take("and")) {
      left = [left, right = negation()](const ConnectionReport& r) { return left(r) && right(r); };
    }
    return left;
  }
  Where::Test negation() {
    if (++depth_ > 100) {
      fail("too many parentheses");
      return {};
    }
    Where::Test test;
    if (take("not")) {
      test = [inner = negation()](const ConnectionReport& r) { return !inner(r); };
    } else if (take("(")) {
      test = alternatives();
      if (error_.empty() && !take(")")) fail("a closing parenthesis is missing");
    } else {
      test = term();
    }
    --depth_;
    return test;
  }

  Where::Test term() {
    const std::string_view word = peek_word();
    const std::string_view key = full_name(word);
    if (word.empty()) {
      fail("a term is missing, as closing=reset");
      return {};
    }
    const auto text_key = std::find_if(std::begin(text_keys), std::end(text_keys),
                                       [&](const TextKey& each) { return each.name == key; });
    const auto number_key = std::find_if(std::begin(number_keys), std::end(number_keys),
                                         [&](const NumberKey& each) { return each.name == key; });
    if (text_key == std::end(text_keys) && number_key == std::end(number_keys)) {
      Texts known;
      for (const TextKey& each : text_keys) known.emplace_back(each.name);
      for (const NumberKey& each : number_keys) known.emplace_back(each.name);
      const std::string near = nearest(key, known);
      fail(fmt::format("unknown key {}: {}", quoted(word),
                       near.empty() ? fmt::format("one of {}", Where::keys())
                                    : fmt::format("did you mean {}?", near)));
      return {};
    }
    at_ += word.size();
    std::string_view sign;
    for (const std::string_view each : {"!=", "<=", ">=", "=", "<", ">"}) {
      if (sign.empty() && take(each)) sign = each;
    }
    if (sign.empty()) {
      fail(fmt::format("{} needs one of = != < <= > >=", key));
      return {};
    }
    const std::string_view value = peek_word();
    if (value.empty()) {
      fail(fmt::format("{} needs a value", key));
      return {};
    }
    Where::Test test = text_key != std::end(text_keys) ? text_test(*text_key, sign, value)
                                                       : number_test(*number_key, sign, value);
    at_ += value.size();
    return test;
  }

  Where::Test text_test(const TextKey& key, std::string_view sign, std::string_view value) {
    if (sign != "=" && sign != "!=") {
      fail(fmt::format("{} is no number: only = and != are asked of it", key.name));
      return {};
    }
    Texts patterns;
    for (std::size_t begin = 0; begin <= value.size();) {
      const std::size_t end = std::min(value.find('|', begin), value.size());
      patterns.emplace_back(value.substr(begin, end - begin));
      begin = end + 1;
    }
    const Texts known = key.known();
    for (const std::string& pattern : patterns) {
      const bool possible =
          known.empty() || std::any_of(known.begin(), known.end(),
                                       [&](const auto& k) { return fits_pattern(pattern, k); });
      if (possible) continue;
      const std::string near = nearest(pattern, known);
      fail(fmt::format("{} is never {}: {}", key.name, quoted(pattern),
                       near.empty() ? fmt::format("it is one of {}", fmt::join(known, ", "))
                                    : fmt::format("did you mean {}?", near)));
    }
    const bool wanted = sign == "=";
    return [of = key.of, patterns, wanted](const ConnectionReport& r) {
      const Texts texts = of(r);
      const bool any = std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
        return std::any_of(patterns.begin(), patterns.end(),
                           [&](const std::string& pattern) { return fits_pattern(pattern, text); });
      });
      return any == wanted;
    };
  }

  Where::Test number_test(const NumberKey& key, std::string_view sign, std::string_view value) {
    double wanted = 0;
    const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), wanted);
    if (problem != std::errc() || end != value.data() + value.size()) {
      fail(fmt::format("{} is a number, and {} is none", key.name, quoted(value)));
    }
    // What has no such time (never opened) matches nothing but !=.
    return [of = key.of, wanted, sign = std::string(sign)](const ConnectionReport& r) {
      const auto number = of(r);
      if (!number) return sign == "!=";
      if (sign == "=") return *number == wanted;
      if (sign == "!=") return *number != wanted;
      if (sign == "<") return *number < wanted;
      if (sign == "<=") return *number <= wanted;
      return sign == ">" ? *number > wanted : *number >= wanted;
    };
  }

  std::string_view text_;
  std::size_t at_ = 0;
  unsigned depth_ = 0;
  std::string error_;
};

}  // namespace

std::string_view Where::keys() {
  static const std::string all = [] {
    std::string text;
    for (const TextKey& each : text_keys) text += fmt::format("{}, ", each.name);
    for (const NumberKey& each : number_keys) text += fmt::format("{}, ", each.name);
    text.resize(text.size() - 2);
    return text;
  }();
  return all;
}

tl::expected<Where, std::string> Where::parse(std::string_view expression) {
  Parser parser(expression);
  Test test = parser.parse();
  if (!parser.error().empty()) return tl::unexpected(parser.error());
  return Where(std::move(test));
}

}  // namespace wireproof::check
