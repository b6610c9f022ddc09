// The visitor of fields.h that writes JSON. Internal to reports/.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "reports/fields_run.h"
#include "reports/json_writer.h"
#include "reports/time_text.h"
#include "tcp/known.h"

namespace wireproof::report {

class FieldWriter {
 public:
  static constexpr bool writes = true;
  explicit FieldWriter(std::string& out) : json_(out) {}

  template <class T>
  void operator()(std::string_view key, const T& value) {
    json_.key(key);
    write(value);
  }
  template <class T>
  void operator()(std::string_view key, const std::optional<T>& value) {
    if (value) (*this)(key, *value);
  }
  template <class T, T none>
  void operator()(std::string_view key, const tcp::Known<T, none>& value) {
    if (value) (*this)(key, *value);
  }
  template <class T>
  void rare(std::string_view key, const T& value) {
    if (value != T{}) (*this)(key, value);
  }
  template <class T>
  void rare(std::string_view key, const std::vector<T>& value) {
    if (!value.empty()) (*this)(key, value);
  }
  void start(std::string_view key, std::uint64_t started_ns) {
    base_ns_ = static_cast<std::int64_t>(started_ns);
    (*this)(key, utc_text(base_ns_));
  }
  void time(std::string_view key, std::int64_t time_ns) {
    if (time_ns != 0) (*this)(key, time_ns - base_ns_);
  }
  template <class T, class ToText, class FromText>
  void text(std::string_view key, const T& value, ToText to_text, FromText) {
    (*this)(key, to_text(value));
  }
  template <class Bits, class ToText>
  void words(std::string_view key, Bits bits, ToText to_text, unsigned bit_count) {
    json_.key(key);
    json_.begin_array(true);
    for (unsigned i = 0; i < bit_count; ++i) {
      const auto bit = static_cast<Bits>(1u << i);
      if ((bits & bit) == 0) continue;
      json_.item();
      json_.string(to_text(bit));
    }
    json_.end_array();
  }
  template <class Bits, class ToText>
  void rare_words(std::string_view key, Bits bits, ToText to_text, unsigned bit_count) {
    if (bits != 0) words(key, bits, to_text, bit_count);
  }
  void output(std::string_view key, std::string_view text);
  template <class T>
  void list(std::string_view key, const std::vector<T>& items, std::string_view left_out_key,
            std::uint64_t left_out) {
    const bool whole = items.size() <= 2 * at_each_end_;
    const std::size_t first = whole ? items.size() : at_each_end_;
    const std::size_t last = whole ? items.size() : items.size() - at_each_end_;
    json_.key(key);
    json_.begin_array(items.empty());
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i >= first && i < last) continue;
      json_.item();
      write(items[i]);
    }
    json_.end_array();
    rare(left_out_key, left_out + (last - first));
  }

  void connections(const CaseReport& one);
  void exchanges(const CaseReport& one);
  void totals(const RunReport& run) { (*this)("totals", report::totals(run)); }

  // The outermost object, marked with the schema's version.
  template <class T>
  void document(const T& value) {
    json_.begin_object();
    (*this)("schema_version", schema_version);
    describe(*this, value);
    json_.end_object();
  }

  // The same document, with lists whose items come one by one.
  void open_document() {
    json_.begin_object();
    (*this)("schema_version", schema_version);
  }
  void close_document() { json_.end_object(); }
  void open_list(std::string_view key) {
    json_.key(key);
    json_.begin_array();
  }
  template <class T>
  void list_item(const T& value) {
    json_.item();
    write(value);
  }
  void close_list() { json_.end_array(); }
  // All of it on one line.
  template <class T>
  void line(const T& value) {
    json_.begin_object(true);
    describe(*this, value);
    json_.end_object();
  }

 private:
  template <class T>
  void write(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      json_.boolean(value);
    } else if constexpr (std::is_arithmetic_v<T>) {
      json_.number(value);
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      json_.string(value);
    } else if constexpr (std::is_enum_v<T>) {
      json_.string(name(value));
    } else {
      json_.begin_object(on_one_line<T>);
      describe(*this, value);
      json_.end_object();
    }
  }
  template <class T>
  static constexpr bool is_simple = std::is_arithmetic_v<T> || std::is_enum_v<T> ||
                                    std::is_convertible_v<const T&, std::string_view>;
  template <class T>
  void write(const std::vector<T>& items) {
    json_.begin_array(is_simple<T> || items.empty());
    for (const T& item : items) {
      json_.item();
      write(item);
    }
    json_.end_array();
  }
  template <class T, std::size_t N>
  void write(const std::array<T, N>& items) {
    json_.begin_array(true);
    for (const T& item : items) {
      json_.item();
      write(item);
    }
    json_.end_array();
  }
  // Keys of a map are data, not ours.
  template <class T>
  void write(const std::map<std::string, T>& items) {
    json_.begin_object(true);
    for (const auto& [key, value] : items) {
      json_.hostile_key(key);
      write(value);
    }
    json_.end_object();
  }

  JsonWriter json_;
  std::int64_t base_ns_ = 0;
  std::size_t at_each_end_ = kept_at_each_end;
};

}  // namespace wireproof::report
