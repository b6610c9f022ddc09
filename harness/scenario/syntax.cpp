#include "scenario/syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace wireproof::scenario {
namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '-' ||
         c == '.';
}

// One refused token, and what may be said of it.
class Explainer {
 public:
  Explainer(const Source& source, const SyntaxContext& context, std::string_view parser_words)
      : source_(source), context_(context), parser_words_(parser_words), text_(source.text()) {
    at_ = skip_blank(text_, context.last_token_end);
    while (at_ + 1 < std::min(context.error_end, text_.size()) &&
           (text_[at_] == ',' || text_[at_] == ':')) {
      (text_[at_] == ',' ? comma_ : colon_) = at_;
      at_ = skip_blank(text_, at_ + 1);
    }
  }

  Error explain() const {
    if (at_ >= text_.size()) return at_end();
    if (text_[at_] == '/') return comment();
    if (text_[at_] == '#') {
      return error("'#' begins no comment here", "write // before the comment");
    }
    if (says("invalid string")) return bad_string();
    if (says("number overflow")) {
      return error("number " + word() + " is too large", "no setting of a scenario is that large");
    }
    if (context_.open.empty() && context_.last_token_end > 0) {
      return error("text after the scenario's end",
                   "one scenario a file; a family of them is written with \"matrix\"");
    }
    if (glued()) {
      return error(
          fmt::format("{} is no number and no word of JSON", wireproof::quoted(whole_word())),
          "numbers have no leading zero, sign '+' or letters; text is in double quotes");
    }
    if (text_[at_] == '}' || text_[at_] == ']') return bracket();
    if (context_.after_key && !colon_) {
      return error("':' is missing after the key",
                   text_[at_] == '=' ? "write ':' instead of '='" : "write \"key\": value");
    }
    const bool in_object = !context_.open.empty() && context_.open.back().object;
    if (!context_.after_key && !context_.container_empty && !comma_) {
      return error("',' is missing before this", "put a ',' after the value before it");
    }
    return in_object && !context_.after_key ? bad_key() : bad_value();
  }

 private:
  bool says(std::string_view words) const {
    return parser_words_.find(words) != std::string_view::npos;
  }
  Error error(std::string message, std::string hint) const {
    return source_.error(at_, std::move(message), std::move(hint));
  }
  std::string word() const {
    std::size_t end = at_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    return std::string(text_.substr(at_, end - at_));
  }
  // The refused token follows the one before without anything between: "01", "truely".
  bool glued() const {
    return at_ > 0 && at_ == context_.last_token_end && is_word(text_[at_]) &&
           is_word(text_[at_ - 1]);
  }
  std::string whole_word() const {
    std::size_t begin = at_;
    while (begin > 0 && is_word(text_[begin - 1])) --begin;
    return std::string(text_.substr(begin, at_ - begin)) + word();
  }
  // "the list of line 3"
  std::string innermost() const {
    return fmt::format("the {} of line {}", context_.open.back().object ? "object" : "list",
                       source_.position(context_.open.back().offset).line);
  }
  std::string closer() const { return context_.open.back().object ? "'}'" : "']'"; }

  Error at_end() const {
    if (context_.open.empty()) return error("the file holds no scenario", "begin with '{'");
    return error("the file ends inside " + innermost(), "close it with " + closer());
  }
  Error comment() const {
    if (text_.substr(at_).starts_with("/*")) {
      return error("the comment is not closed", "end it with */");
    }
    return error("a single '/' is nothing",
                 "comments are written // to the end of the line or /* */");
  }
  Error bad_string() const {
    const std::size_t last = std::min(context_.error_end, text_.size()) - 1;
    if (says("missing closing quote") || says("U+000A") || says("U+000D")) {
      return error("the string is not closed on its line",
                   "end it with a double quote; a line break inside is written \\n");
    }
    if (says("control character")) {
      return source_.error(last, "a control character stands in a string",
                           "write it as \\t, or as \\u and four hex digits");
    }
    if (says("UTF-8")) {
      return source_.error(
          last, "the string is not UTF-8",
          "save the file as UTF-8; other bytes are given as \"hex\" or \"base64\"");
    }
    if (says("surrogate")) {
      return error("the string holds half of a surrogate pair",
                   "write the character itself, or both halves (\\ud83d\\ude00)");
    }
    if (says("\\u")) {
      return error("\\u needs four hex digits", "as in \\u00e9; bytes are given as \"hex\"");
    }
    return source_.error(last == 0 ? 0 : last - 1, "no such escape",
                         "JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0000; a backslash is \\\\");
  }
  Error bracket() const {
    if (context_.open.empty())
      return error("the file begins with a closing bracket", "begin with '{'");
    if (comma_) {
      return source_.error(*comma_, "a comma stands before the closing bracket",
                           "remove the comma: JSON allows none after the last value");
    }
    if (context_.after_key) return error("the key has no value", "write \"key\": value");
    return error(fmt::format("'{}' where {} is still open", text_[at_], innermost()),
                 "close it with " + closer() + " first");
  }
  Error bad_key() const {
    const char c = text_[at_];
    if (c == ',') return error("a comma with nothing before it", "remove it");
    if (c == '\'') return error("a key in single quotes", "JSON takes double quotes only");
    if (is_word(c)) {
      return error(fmt::format("a key without quotes: {}", printable(word())),
                   fmt::format("write {}", wireproof::quoted(word())));
    }
    return error("a key is wanted here", "keys are strings: \"key\": value");
  }
  Error bad_value() const {
    const char c = text_[at_];
    if (c == ',')
      return error("a comma where a value is wanted", "remove it, or put a value before it");
    if (c == '\'') return error("text in single quotes", "JSON takes double quotes only");
    if (c == '$') return error("a variable outside a string", "write \"${name}\", with the quotes");
    const std::string found = word();
    std::string lower = found;
    std::ranges::transform(lower, lower.begin(),
                           [](unsigned char l) { return static_cast<char>(std::tolower(l)); });
    if (lower == "true" || lower == "false" || lower == "null") {
      return error(fmt::format("{} is written in small letters", found), "write " + lower);
    }
    if (lower == "none" || lower == "undefined") {
      return error(fmt::format("{} is no word of JSON", found), "write null, or leave the key out");
    }
    if (std::isalpha(static_cast<unsigned char>(c))) {
      return error(fmt::format("text without quotes: {}", printable(found)),
                   fmt::format("write {}", wireproof::quoted(found)));
    }
    if (is_word(c) || c == '+') {
      return error("not a number as JSON writes it", "write 1, -1, 0.5 or 1e3");
    }
    return error(
        fmt::format("a value is wanted here, not {}", wireproof::quoted(text_.substr(at_, 1))),
        "a value is a string, a number, true, false, null, a list or an object");
  }

  const Source& source_;
  const SyntaxContext& context_;
  std::string_view parser_words_;
  std::string_view text_;
  std::size_t at_ = 0;  // the refused token
  std::optional<std::size_t> comma_, colon_;
};

}  // namespace

Error explain_syntax_error(const Source& source, const SyntaxContext& context,
                           std::string_view parser_words) {
  return Explainer(source, context, parser_words).explain();
}

std::optional<Error> explain_unreadable_text(const Source& source) {
  const std::string_view text = source.text();
  if (text.size() > largest_file_bytes) {
    return source.error(0, fmt::format("the file has {} bytes", text.size()),
                        fmt::format("a scenario file has at most {}", largest_file_bytes));
  }
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return source.error(0, "the file is UTF-16", "save it as UTF-8");
  }
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return source.error(
        nul, "a NUL byte stands in the file",
        "scenario files are text; a NUL to be sent is written \\u0000, or as \"hex\"");
  }
  return std::nullopt;
}

}  // namespace wireproof::scenario
