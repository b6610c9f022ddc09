// Where an answer ends, and whether it is the right one. Thread rule: const after its making; one
// object serves a thread. Lifetime: of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <string_view>

#include "scenario/workload.h"

namespace wireproof::load {

// Makes the bytes of requests: the text with its counter, or a piece of it of the size drawn.
class Requests {
 public:
  Requests(const scenario::Message& message, std::uint64_t seed);

  // Whether all are the same, and can be sent from one place.
  bool constant() const { return counter_at_ == std::string::npos && !sized_; }
  // Of request `number`; `scratch` holds it where it is not constant.
  std::string_view bytes(std::uint64_t number, std::string& scratch) const;

 private:
  std::size_t size_of(std::uint64_t number) const;

  scenario::Message message_;
  std::string text_;
  std::size_t counter_at_ = std::string::npos;
  bool sized_ = false;
  std::uint64_t seed_;
};

class Answers {
 public:
  Answers(const scenario::Answer& plan, bool datagrams);

  // Length of the first whole answer in `have`, if there is one. `request`: that it answers.
  // `scanned`: bytes that an earlier call looked through in vain; kept for the next.
  std::optional<std::size_t> end_of(std::string_view have, std::string_view request,
                                    std::size_t& scanned) const;
  // An end of the stream here ends an answer.
  bool ends_with_stream() const { return plan_.framing == scenario::Framing::end_of_stream; }
  bool needs_request() const { return plan_.framing == scenario::Framing::echo; }
  bool right(std::string_view answer, std::string_view request) const;
  // What is wrong with it, its bytes included, for a person.
  std::string difference(std::string_view answer, std::string_view request) const;

 private:
  std::optional<std::size_t> of_prefix(std::string_view have) const;

  scenario::Answer plan_;
  bool datagrams_;
  std::regex regex_;
};

}  // namespace wireproof::load
