// Comments on packets: what findings say, by packet number, for the pass that writes a capture
// again. They come in the order in which connections ended and are asked for in the order of
// packets; beyond `most_bytes` they wait in temporary files, sorted, so that memory is bounded.
//
//   add: | pending | --full--> sorted --> file 1, file 2, ...     take: merged from all of them
//
// Thread rule: one thread at a time. The files are nameless: they go with their owner.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "reports/model.h"

namespace wireproof::check {

std::string comment_text(const Finding& finding);

class Comments {
 public:
  explicit Comments(std::size_t most_bytes = std::size_t{64} << 20) : most_bytes_(most_bytes) {}

  void add(std::uint64_t packet, std::string text);  // throws SystemError where none can be kept
  void add(const Finding& finding);                  // at each of its packets
  void add(const report::ConnectionReport& one);
  void clear();

  void rewind();  // before the first take(), and before another pass
  // Of this packet, in the order they were added. Packets are asked for in rising order.
  std::vector<std::string> take(std::uint64_t packet);

  std::size_t files() const { return runs_.size(); }

 private:
  struct Comment {
    std::uint64_t packet = 0;
    std::string text;
  };
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  struct Run {
    std::unique_ptr<std::FILE, Close> file;
    Comment head;
    bool ended = false;
    void next();
  };
  void sort();
  void spill();

  std::size_t most_bytes_, bytes_ = 0, taken_ = 0;
  std::vector<Comment> pending_;
  std::vector<Run> runs_;
};

}  // namespace wireproof::check
