#include "capture/source.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "capture/compressed_source.h"
#include "capture/descriptor_source.h"

namespace wireproof::capture {
namespace {

// Gives back the bytes that were read to tell what they are, then goes on.
class Replayed final : public Source {
 public:
  Replayed(std::unique_ptr<Source> inner, std::span<const std::uint8_t> first)
      : inner_(std::move(inner)), size_(first.size()) {
    std::copy(first.begin(), first.end(), first_.begin());
  }
  Result read(std::span<std::uint8_t> into, Wait wait) override {
    if (at_ == size_) return inner_->read(into, wait);
    const std::size_t size = std::min(into.size(), size_ - at_);
    std::copy_n(first_.begin() + static_cast<std::ptrdiff_t>(at_), size, into.begin());
    at_ += size;
    return {Got::bytes, size};
  }
  std::uint64_t position() const override { return inner_->position() - (size_ - at_); }
  std::optional<std::uint64_t> size() const override { return inner_->size(); }
  std::string problem() const override { return inner_->problem(); }

 private:
  std::unique_ptr<Source> inner_;
  std::array<std::uint8_t, kMagicSize> first_{};
  std::size_t size_ = 0, at_ = 0;
};

std::string_view hint_for(int error) {
  switch (error) {
    case ENOENT:
      return "is the name right?";
    case EACCES:
      return "it is not readable by you";
    default:
      return "";
  }
}

}  // namespace

std::string FileError::text() const {
  std::string all = file + ": " + what;
  if (!hint.empty()) all += " (" + hint + ")";
  return all;
}

tl::expected<std::unique_ptr<Source>, FileError> open_source(const std::filesystem::path& file,
                                                             const SourceOptions& options) {
  const bool standard_input = file == "-";
  const auto refuse = [&](std::string what, std::string_view hint) {
    return tl::unexpected(FileError{standard_input ? "standard input" : file.string(),
                                    std::move(what), std::string(hint)});
  };
  Fd fd(standard_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                       : ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd.is_open()) return refuse(std::strerror(errno), hint_for(errno));
  struct stat status = {};
  if (::fstat(fd.get(), &status) == 0 && S_ISDIR(status.st_mode)) {
    return refuse("it is a directory", "name the files in it");
  }
  std::unique_ptr<Source> source = std::make_unique<DescriptorSource>(std::move(fd), file, options);
  std::array<std::uint8_t, kMagicSize> first{};
  std::size_t size = 0;
  while (size < first.size()) {
    const Source::Result got = source->read(std::span(first).subspan(size), Wait::yes);
    if (got.got == Source::Got::damaged) return refuse(source->problem(), "");
    if (got.got == Source::Got::nothing_yet) continue;  // a followed file with nothing in it yet
    if (got.got != Source::Got::bytes) break;
    size += got.size;
  }
  const std::span<const std::uint8_t> magic = std::span(first).first(size);
  const bool gzip = is_gzip(magic), zstd = is_zstd(magic);
  source = std::make_unique<Replayed>(std::move(source), magic);
  if (gzip) source = gzip_source(std::move(source));
  if (zstd) source = zstd_source(std::move(source));
  return source;
}

}  // namespace wireproof::capture
