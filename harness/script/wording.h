// The words that steps and misses share. Bytes that were received are hostile and pass through
// base/text.h here. Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace wireproof::script {

// "7 bytes \"success\"", "1 byte \"x\"", "0 bytes"; `total` where `start` is only the first of
// them.
std::string bytes_text(std::string_view start, std::uint64_t total);
std::string bytes_text(std::string_view bytes);

// "7 bytes", "1 byte"
std::string count_text(std::uint64_t count, std::string_view what);

// Where `came` first differs from `wanted`, with the bytes from there on as hex and as text; empty
// where one begins the other.
std::string difference_text(std::string_view wanted, std::string_view came);

std::string ms_text(nanoseconds span);             // "12 ms"; below 10 ms "1.3 ms"
std::string errno_text(int number);                // "ECONNREFUSED (Connection refused)"
bool is_errno(std::string_view name, int number);  // "ECONNREFUSED", by any of its names

}  // namespace wireproof::script
