// A filter in the language of pcap-filter(7), compiled by libpcap for each link type it meets and
// run on frames from anywhere. Thread rule: one thread at a time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "packet/packet.h"

namespace wireproof::capture {

class Filter {
 public:
  // The error is libpcap's words for what is wrong with the expression.
  static tl::expected<Filter, std::string> compile(const std::string& expression);
  Filter(Filter&&) noexcept;
  ~Filter();

  // A frame of a link type that the expression cannot be asked of (`vlan` of raw IP) does not
  // match.
  bool matches(const packet::Frame& frame);

 private:
  struct Program;
  explicit Filter(std::string expression);

  std::string expression_;
  std::map<packet::LinkType, std::unique_ptr<Program>> programs_;
};

}  // namespace wireproof::capture
