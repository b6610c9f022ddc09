#include "load/recording_bytes.h"

#include <cstring>
#include <type_traits>

namespace wireproof::load {
namespace {

class Writer {
 public:
  template <typename T>
  void operator()(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void operator()(const std::string& text) {
    (*this)(text.size());
    bytes_ += text;
  }
  template <typename T>
  void operator()(const std::vector<T>& list) {
    (*this)(list.size());
    for (const T& one : list) (*this)(one);
  }
  void operator()(const std::pair<std::uint32_t, std::uint64_t>& pair) {
    (*this)(pair.first);
    (*this)(pair.second);
  }
  void operator()(const FailureExample& example) {
    (*this)(example.at_ns);
    (*this)(example.words);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  void operator()(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (!enough(sizeof value)) return;
    std::memcpy(static_cast<void*>(&value), bytes_.data(), sizeof value);
    bytes_.remove_prefix(sizeof value);
  }
  void operator()(std::string& text) {
    std::size_t size = 0;
    (*this)(size);
    if (!enough(size)) return;
    text = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
  }
  template <typename T>
  void operator()(std::vector<T>& list) {
    std::size_t size = 0;
    (*this)(size);
    // Each entry takes a byte at least: a size beyond that is no size.
    if (!enough(size)) return;
    list.resize(size);
    for (T& one : list) {
      if (!failed_) (*this)(one);
    }
  }
  void operator()(std::pair<std::uint32_t, std::uint64_t>& pair) {
    (*this)(pair.first);
    (*this)(pair.second);
  }
  void operator()(FailureExample& example) {
    (*this)(example.at_ns);
    (*this)(example.words);
  }
  bool failed() const { return failed_; }
  bool whole() const { return !failed_ && bytes_.empty(); }

 private:
  bool enough(std::size_t size) {
    if (size > bytes_.size()) failed_ = true;
    return !failed_;
  }
  std::string_view bytes_;
  bool failed_ = false;
};

// The same for both: `all` writes what it is shown, or fills it.
template <typename All, typename Its>
void each_part(All& all, Its& recording) {
  auto& end = recording.end;
  all(end.in_flight);
  all(end.not_sent);
  all(end.warm_up_requests);
  all(end.most_connected);
  all(end.spread_over);
  all(end.last_answer_ns);
  all(end.run_ns);
  all(end.runqueue_ns);
  all(end.tcp_infos);
  all(end.sends_ns);
  all(end.failure);
  all(recording.engine);
  all(recording.interrupted);
  all(recording.ended_ns);
}

template <typename All, typename Its>
void each_part_of_window(All& all, Its& window) {
  all(window.index);
  all(window.counts);
  all(window.failures);
  for (auto& phase : window.phases) {
    all(phase.counts);
    all(phase.least);
    all(phase.most);
    all(phase.total);
    all(phase.sum);
  }
}

}  // namespace

std::string recording_bytes(const Recording& recording) {
  Writer writer;
  each_part(writer, recording);
  writer(recording.windows.size());
  for (const Window& window : recording.windows) each_part_of_window(writer, window);
  writer(recording.examples.size());
  for (const auto& [kind, examples] : recording.examples) {
    writer(kind);
    writer(examples);
  }
  return writer.take();
}

std::optional<Recording> recording_from(std::string_view bytes) {
  Reader reader(bytes);
  Recording recording;
  each_part(reader, recording);
  std::size_t windows = 0;
  reader(windows);
  for (; windows > 0 && !reader.failed(); --windows) {
    each_part_of_window(reader, recording.windows.emplace_back());
  }
  std::size_t kinds = 0;
  reader(kinds);
  for (; kinds > 0 && !reader.failed(); --kinds) {
    Failure kind{};
    reader(kind);
    reader(recording.examples[kind]);
  }
  if (!reader.whole()) return std::nullopt;
  return recording;
}

}  // namespace wireproof::load
