// The bytes of a capture file in order: of a file, of standard input, of a file that is still being
// written, and decompressed where they are gzip or zstd, which their first bytes tell.
//
// Read with read(2) into memory that is used again, not mapped: a mapped file that somebody cuts
// short ends its reader with SIGBUS, its pages count as this program's memory, and on what is
// judged here the copy costs about a fiftieth.
// Thread rule: one thread a source.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>

namespace wireproof::capture {

// Why a file cannot be read, or not to its end.
struct FileError {
  std::string file;
  std::string what;  // "at byte 156, after packet 2: the file ends in the middle of a packet"
  std::string hint;  // what a person can do, or empty
  std::string text() const;  // all of it in one line
};

enum class Wait : std::uint8_t { no, yes };

class Source {
 public:
  enum class Got : std::uint8_t {
    bytes,
    nothing_yet,  // more may come: ask again with Wait::yes
    end,
    stopped,  // ended by whoever reads: what is incomplete is no damage
    damaged,  // problem() says how; what was read before is good
  };
  struct Result {
    Got got = Got::end;
    std::size_t size = 0;
  };

  virtual ~Source() = default;
  virtual Result read(std::span<std::uint8_t> into, Wait wait) = 0;
  // How far it is in the file as it is stored, and how large that is now, where that is known.
  virtual std::uint64_t position() const = 0;
  virtual std::optional<std::uint64_t> size() const = 0;
  virtual std::string problem() const = 0;
  // "gzip", "zstd", or empty.
  virtual std::string_view compression() const { return {}; }
};

struct SourceOptions {
  bool follow = false;  // at the end of a file, wait for what is written to it
  int stop_fd = -1;     // readable: end now (a signalfd, an eventfd); not owned
  // Where nothing comes for a while, say so (nothing_yet) even if it is to be waited for: the
  // reader's time passes.
  bool tell_quiet = false;
};

// `file` "-" is standard input. The error's hint says what to do.
tl::expected<std::unique_ptr<Source>, FileError> open_source(const std::filesystem::path& file,
                                                             const SourceOptions& options = {});

}  // namespace wireproof::capture
