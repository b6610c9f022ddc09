#include "check/comments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "base/error.h"
#include "base/text.h"

namespace wireproof::check {

std::string comment_text(const Finding& finding) {
  return fmt::format("{} ({}, {}){}: wanted {}; seen {}", finding.rule, name(finding.severity),
                     finding.source, finding.inconclusive ? ", not proven" : "",
                     printable(finding.expected, 400), printable(finding.observed, 400));
}

void Comments::add(std::uint64_t packet, std::string text) {
  bytes_ += text.size() + sizeof(Comment);
  pending_.push_back({packet, std::move(text)});
  if (bytes_ > most_bytes_) spill();
}

void Comments::add(const Finding& finding) {
  const std::string text = comment_text(finding);
  for (const std::uint64_t packet : finding.packets) add(packet, text);
}

void Comments::add(const report::ConnectionReport& one) {
  for (const Finding& finding : one.judgement.findings) add(finding);
}

void Comments::clear() {
  pending_.clear();
  runs_.clear();
  bytes_ = taken_ = 0;
}

void Comments::sort() {
  std::stable_sort(pending_.begin(), pending_.end(),
                   [](const Comment& a, const Comment& b) { return a.packet < b.packet; });
}

void Comments::spill() {
  sort();
  Run run;
  run.file.reset(std::tmpfile());
  if (!run.file) throw SystemError("tmpfile", "comments", errno, "is there room in /tmp?");
  for (const Comment& one : pending_) {
    const std::uint64_t head[2] = {one.packet, one.text.size()};
    std::fwrite(head, sizeof head, 1, run.file.get());
    std::fwrite(one.text.data(), 1, one.text.size(), run.file.get());
  }
  if (std::fflush(run.file.get()) != 0 || std::ferror(run.file.get()) != 0) {
    throw SystemError("write", "comments in a temporary file", errno, "is there room in /tmp?");
  }
  runs_.push_back(std::move(run));
  pending_.clear();
  bytes_ = 0;
}

void Comments::Run::next() {
  std::uint64_t lengths[2] = {};
  ended = std::fread(lengths, sizeof lengths, 1, file.get()) != 1;
  if (ended) return;
  head.packet = lengths[0];
  head.text.resize(lengths[1]);
  if (std::fread(head.text.data(), 1, head.text.size(), file.get()) != head.text.size()) {
    throw SystemError("read", "comments in a temporary file", EIO);
  }
}

void Comments::rewind() {
  sort();
  taken_ = 0;
  for (Run& run : runs_) {
    std::rewind(run.file.get());
    run.next();
  }
}

std::vector<std::string> Comments::take(std::uint64_t packet) {
  std::vector<std::string> found;
  for (Run& run : runs_) {
    for (; !run.ended && run.head.packet <= packet; run.next()) {
      if (run.head.packet == packet) found.push_back(run.head.text);
    }
  }
  for (; taken_ < pending_.size() && pending_[taken_].packet <= packet; ++taken_) {
    if (pending_[taken_].packet == packet) found.push_back(pending_[taken_].text);
  }
  return found;
}

}  // namespace wireproof::check
