// The visitor of fields.h that reads JSON back. A key that is missing leaves the field as it is (a
// report of an older program); one that is unknown is passed over; a value of the wrong type or out
// of range is the first error, named by its path. Internal to reports/: includes nlohmann/json.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "reports/fields_run.h"
#include "reports/time_text.h"
#include "tcp/known.h"

namespace wireproof::report {

class FieldReader {
 public:
  static constexpr bool writes = false;
  using Json = nlohmann::json;
  explicit FieldReader(const Json& root) : at_(&root) {}

  const std::string& error() const { return error_; }  // empty: all is well

  template <class T>
  void operator()(std::string_view key, T& value) {
    within(key, [&] { read(value); });
  }
  template <class T>
  void operator()(std::string_view key, std::optional<T>& value) {
    within(key, [&] { read(value.emplace()); });
  }
  template <class T, T none>
  void operator()(std::string_view key, tcp::Known<T, none>& value) {
    within(key, [&] {
      T number{};
      read(number);
      value = number;
    });
  }
  template <class T>
  void rare(std::string_view key, T& value) {
    (*this)(key, value);
  }
  void start(std::string_view key, std::uint64_t& started_ns) {
    within(key, [&] {
      std::string text;
      read(text);
      const auto time_ns = utc_from_text(text);
      if (!time_ns || *time_ns < 0) return wrong("a time as 2025-03-04T05:06:07.000000000Z");
      base_ns_ = *time_ns;
      started_ns = static_cast<std::uint64_t>(*time_ns);
    });
  }
  void time(std::string_view key, std::int64_t& time_ns) {
    within(key, [&] {
      std::int64_t offset = 0;
      read(offset);
      if (__builtin_add_overflow(offset, base_ns_, &time_ns)) wrong("a nearer time");
    });
  }
  template <class T, class ToText, class FromText>
  void text(std::string_view key, T& value, ToText, FromText from_text) {
    within(key, [&] {
      std::string word;
      read(word);
      auto parsed = from_text(word);
      if (!parsed) return wrong("a known value");
      value = std::move(*parsed);
    });
  }
  template <class Bits, class ToText>
  void words(std::string_view key, Bits& bits, ToText to_text, unsigned bit_count) {
    within(key, [&] {
      std::vector<std::string> words;
      read(words);
      for (const std::string& word : words) {
        unsigned i = 0;
        while (i < bit_count && to_text(static_cast<Bits>(1u << i)) != word) ++i;
        if (i == bit_count) return wrong("known words");
        bits = static_cast<Bits>(bits | (1u << i));
      }
    });
  }
  template <class Bits, class ToText>
  void rare_words(std::string_view key, Bits& bits, ToText to_text, unsigned bit_count) {
    words(key, bits, to_text, bit_count);
  }
  void output(std::string_view key, std::string& text) { (*this)(key, text); }
  template <class T>
  void list(std::string_view key, std::vector<T>& items, std::string_view left_out_key,
            std::uint64_t& left_out) {
    (*this)(key, items);
    (*this)(left_out_key, left_out);
  }

  void connections(CaseReport& one) {
    (*this)("connection_totals", one.connection_totals);
    (*this)("connections", one.connections);
    (*this)("connections_left_out", one.connections_left_out);
  }
  void exchanges(CaseReport& one) {
    within("exchanges", [&] {
      each([&](std::size_t) {
        std::uint64_t left_out = 0;
        describe(*this, ExchangeRef<FieldReader>{one.exchanges.emplace_back(), left_out});
        restore_endpoints(one.exchanges.back());
        if (left_out > 0) one.datagrams_left_out[one.exchanges.back().index] = left_out;
      });
    });
    (*this)("exchanges_left_out", one.exchanges_left_out);
  }
  void totals(const RunReport&) {}  // follow from the cases

  template <class T>
  void document(T& value) {
    if (!at_->is_object()) return wrong("an object");
    describe(*this, value);
  }

 private:
  // Of a datagram between its exchange's endpoints these are not written again.
  static void restore_endpoints(udp::Exchange& exchange) {
    for (udp::Datagram& datagram : exchange.datagrams) {
      if (is_elsewhere(datagram)) continue;
      const bool by_client = datagram.from == Side::client;
      datagram.source = by_client ? exchange.client : exchange.server;
      datagram.destination = by_client ? exchange.server : exchange.client;
    }
  }

  template <class Work>
  void within(std::string_view key, Work work) {
    if (!error_.empty() || !at_->is_object()) return;
    const auto found = at_->find(key);
    if (found == at_->end() || found->is_null()) return;
    descend(*found, "." + std::string(key), work);
  }
  template <class Work>
  void each(Work work) {
    if (!at_->is_array()) return wrong("a list");
    for (std::size_t i = 0; i < at_->size() && error_.empty(); ++i) {
      descend((*at_)[i], "[" + std::to_string(i) + "]", [&] { work(i); });
    }
  }
  template <class Work>
  void descend(const Json& to, const std::string& step, Work work) {
    const Json* const from = at_;
    const std::size_t length = path_.size();
    at_ = &to;
    path_ += step;
    work();
    at_ = from;
    path_.resize(length);
  }
  void wrong(std::string_view wanted);

  template <class T>
  void read(T& value) {
    if constexpr (std::is_enum_v<T>) {
      if (!at_->is_string()) return wrong("a word");
      const std::string& word = at_->get_ref<const std::string&>();
      for (int i = 0; i <= static_cast<int>(LastOf<T>::value); ++i) {
        if (name(static_cast<T>(i)) == word) {
          value = static_cast<T>(i);
          return;
        }
      }
      wrong("a known word");
    } else {
      if (!at_->is_object()) return wrong("an object");
      describe(*this, value);
    }
  }
  void read(bool& value) {
    if (!at_->is_boolean()) return wrong("true or false");
    value = at_->get<bool>();
  }
  void read(double& value) {
    if (!at_->is_number()) return wrong("a number");
    value = at_->get<double>();
  }
  template <std::integral T>
  void read(T& value) {
    if (at_->is_number_unsigned()) {
      const auto number = at_->get<std::uint64_t>();
      if (!std::in_range<T>(number)) return wrong("a smaller number");
      value = static_cast<T>(number);
    } else if (at_->is_number_integer()) {
      const auto number = at_->get<std::int64_t>();
      if (!std::in_range<T>(number)) return wrong("a number that is not negative");
      value = static_cast<T>(number);
    } else {
      wrong("a whole number");
    }
  }
  void read(std::string& value) {
    if (!at_->is_string()) return wrong("a text");
    value = at_->get_ref<const std::string&>();
  }
  template <class T>
  void read(std::vector<T>& items) {
    items.clear();
    each([&](std::size_t) { read(items.emplace_back()); });
  }
  template <class T, std::size_t N>
  void read(std::array<T, N>& items) {
    each([&](std::size_t i) {
      if (i < N) read(items[i]);
    });
  }
  template <class T>
  void read(std::map<std::string, T>& items) {
    if (!at_->is_object()) return wrong("an object");
    items.clear();
    for (auto item = at_->begin(); item != at_->end(); ++item) {
      descend(item.value(), "." + item.key(), [&] { read(items[item.key()]); });
    }
  }

  const Json* at_;
  std::string path_;
  std::string error_;
  std::int64_t base_ns_ = 0;
};

}  // namespace wireproof::report
