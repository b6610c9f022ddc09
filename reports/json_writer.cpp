#include "reports/json_writer.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "reports/utf8.h"

namespace wireproof::report {

void JsonWriter::begin(char bracket, bool on_one_line) {
  out_.push_back(bracket);
  ++depth_;
  if (on_one_line || inline_depth_ > 0) ++inline_depth_;
  first_ = true;
}

void JsonWriter::end(char bracket) {
  --depth_;
  if (inline_depth_ > 0) {
    --inline_depth_;
  } else if (!first_) {
    out_.push_back('\n');
    out_.append(depth_, ' ');
  }
  out_.push_back(bracket);
  first_ = false;
}

void JsonWriter::separate() {
  if (!first_) out_.push_back(',');
  if (inline_depth_ == 0) {
    out_.push_back('\n');
    out_.append(depth_, ' ');
  } else if (!first_) {
    out_.push_back(' ');
  }
  first_ = false;
}

void JsonWriter::item() { separate(); }

void JsonWriter::key(std::string_view name) {
  separate();
  out_.push_back('"');
  out_.append(name);
  out_.append("\": ");
}

void JsonWriter::hostile_key(std::string_view any) {
  separate();
  string(any);
  out_.append(": ");
}

void JsonWriter::string(std::string_view any) {
  out_.push_back('"');
  for (std::size_t at = 0; at < any.size();) {
    const auto c = static_cast<unsigned char>(any[at]);
    if (c >= 0x20 && c < 0x7F) {
      if (c == '"' || c == '\\') out_.push_back('\\');
      out_.push_back(any[at++]);
      continue;
    }
    const std::size_t length = utf8_length(any, at);
    if (length == 0) {
      fmt::format_to(std::back_inserter(out_), "\\\\x{:02x}", c);
      ++at;
      continue;
    }
    const char32_t point = utf8_code_point(any.substr(at, length));
    if (point == '\n') {
      out_.append("\\n");
    } else if (point == '\t') {
      out_.append("\\t");
    } else if (point == '\r') {
      out_.append("\\r");
    } else if (is_display_control(point)) {
      fmt::format_to(std::back_inserter(out_), "\\u{:04x}", static_cast<unsigned>(point));
    } else {
      out_.append(any, at, length);
    }
    at += length;
  }
  out_.push_back('"');
}

void JsonWriter::number(double value) {
  if (!std::isfinite(value)) {
    out_ += "null";
    return;
  }
  std::string text = fmt::format("{:.3f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  out_ += text == "-0" ? "0" : text;
}

void JsonWriter::exact_number(double value) {
  out_ += std::isfinite(value) ? fmt::format("{}", value) : "null";
}

}  // namespace wireproof::report
