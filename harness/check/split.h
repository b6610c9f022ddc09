// Connections written each into a pcapng file of its own: a second pass over the capture that they
// were found in. Thread rule: one thread at a time. Lifetime: files without finish() stay as
// `.part`.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "capture/source.h"
#include "check/comments.h"
#include "reports/model.h"

namespace wireproof::check {

class Split {
 public:
  static constexpr std::size_t kMostFiles = 1000;

  Split(std::filesystem::path folder, std::string prefix, bool decapsulate)
      : folder_(std::move(folder)), prefix_(std::move(prefix)), decapsulate_(decapsulate) {}

  void want(const report::ConnectionReport& one);
  // Reads the capture again and writes; returns how many files were written. Throws SystemError
  // where one cannot be.
  std::size_t write(const std::filesystem::path& capture, Comments& comments);
  std::uint64_t left_out() const { return left_out_; }  // beyond kMostFiles

 private:
  struct Part {
    std::uint64_t index = 0, first_packet = 0;
    std::int64_t last_ns = 0;
    std::string bytes;  // not yet in its file
    std::vector<packet::LinkType> links;
    bool begun = false;
  };
  using Ends = std::pair<packet::Endpoint, packet::Endpoint>;  // the lower first
  Part* part_of(const packet::Packet& packet);
  void add(Part& part, const packet::Frame& frame, std::vector<std::string> comments);
  void flush(Part& part);
  std::filesystem::path name(const Part& part, bool done) const;

  std::filesystem::path folder_;
  std::string prefix_;
  bool decapsulate_;
  std::map<Ends, std::vector<std::size_t>> by_ends_;
  std::vector<Part> parts_;
  std::uint64_t left_out_ = 0;
};

}  // namespace wireproof::check
