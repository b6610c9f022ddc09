// JSON as text, written in order: no tree is built, so a report of thousands of cases costs little
// more than its bytes. Objects and arrays are one item a line down to `inline` ones, which stay on
// their line (a segment, a finding), so that a report can be read and searched by line.
// Thread rule: one thread at a time. Lifetime: `out` outlives the writer.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace wireproof::report {

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object(bool on_one_line = false) { begin('{', on_one_line); }
  void end_object() { end('}'); }
  void begin_array(bool on_one_line = false) { begin('[', on_one_line); }
  void end_array() { end(']'); }
  void item();                      // before each value of an array
  void key(std::string_view name);  // trusted text: our own key names
  void hostile_key(std::string_view any);

  // Any bytes: controls (those that a terminal obeys included) become \uXXXX, and bytes that are
  // not UTF-8 become the text \xHH.
  void string(std::string_view any);
  void boolean(bool value) { out_ += value ? "true" : "false"; }
  void number(double value);        // three decimals at most; what is not finite becomes null
  void exact_number(double value);  // the shortest text that reads back as the same
  void number(std::integral auto value) { out_ += std::to_string(value); }

 private:
  void begin(char bracket, bool on_one_line);
  void end(char bracket);
  void separate();

  std::string& out_;
  unsigned depth_ = 0;
  unsigned inline_depth_ = 0;  // containers open on one line
  bool first_ = true;
};

}  // namespace wireproof::report
