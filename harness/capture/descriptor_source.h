// A Source that reads a descriptor as it is. Thread rule and lifetime: as Source.
#pragma once

#include "base/fd.h"
#include "capture/source.h"

namespace wireproof::capture {

class DescriptorSource final : public Source {
 public:
  DescriptorSource(Fd fd, const std::filesystem::path& file, const SourceOptions& options);

  Result read(std::span<std::uint8_t> into, Wait wait) override;
  std::uint64_t position() const override { return position_; }
  std::optional<std::uint64_t> size() const override;
  std::string problem() const override { return problem_; }

 private:
  Result fail(std::string problem);
  bool stopped() const;
  // True: something may be there to read now.
  bool ready(Wait wait);
  bool await_change();  // false: none came

  Fd fd_, changes_;  // changes_: an inotify instance on the file, where it is followed
  SourceOptions options_;
  bool regular_ = false;
  std::uint64_t position_ = 0;
  std::string problem_;
};

}  // namespace wireproof::capture
