// Sources that decompress another: gzip (RFC 1952, any number of members) and zstd (RFC 8878, any
// number of frames, skippable ones too). Thread rule and lifetime: as Source.
#pragma once

#include "capture/source.h"

namespace wireproof::capture {

// The bytes that tell how a file is compressed: as many as its magic may need.
inline constexpr std::size_t kMagicSize = 4;
bool is_gzip(std::span<const std::uint8_t> first);
bool is_zstd(std::span<const std::uint8_t> first);

std::unique_ptr<Source> gzip_source(std::unique_ptr<Source> compressed);
std::unique_ptr<Source> zstd_source(std::unique_ptr<Source> compressed);

}  // namespace wireproof::capture
