#include "load/histogram_log.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <charconv>
#include <stdexcept>

namespace wireproof::load {
namespace {

constexpr std::uint32_t v2_cookie = 0x1c849313, compressed_cookie = 0x1c849314;
constexpr std::size_t header_bytes = 40;
constexpr std::size_t longest_encoding = 64u << 20;

void put(std::string& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out += static_cast<char>(value >> (8 * i));
}

std::uint64_t get(std::string_view in, std::size_t at, unsigned bytes) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < bytes; ++i) {
    value = value << 8 | static_cast<std::uint8_t>(in[at + i]);
  }
  return value;
}

// LEB128 of at most nine bytes: the ninth carries eight bits.
void put_varint(std::string& out, std::int64_t number) {
  auto value = static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63);
  for (int i = 0; i < 8; ++i) {
    if (value < 0x80) {
      out += static_cast<char>(value);
      return;
    }
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

bool get_varint(std::string_view in, std::size_t& at, std::int64_t& number) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 9; ++i) {
    if (at >= in.size()) return false;
    const auto byte = static_cast<std::uint8_t>(in[at++]);
    const bool last = i == 8 || byte < 0x80;
    value |= static_cast<std::uint64_t>(i == 8 ? byte : byte & 0x7f) << (7 * i);
    if (last) break;
  }
  number = static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  return true;
}

constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string to_base64(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      word = word << 8 | (j < have ? static_cast<std::uint8_t>(bytes[i + j]) : 0u);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      text += j <= have ? base64_digits[word >> (18 - 6 * j) & 63] : '=';
    }
  }
  return text;
}

bool from_base64(std::string_view text, std::string& bytes) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::uint32_t word = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::size_t digit = base64_digits.find(c);
    if (digit == std::string_view::npos) return false;
    word = word << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(word >> bits);
    }
  }
  return true;
}

std::string v2_bytes(const Histogram& histogram) {
  std::string payload;
  const auto counts = histogram.counts();
  const std::size_t used = histogram.count() == 0 ? 0 : Histogram::index_of(histogram.most()) + 1;
  for (std::size_t i = 0; i < used;) {
    if (counts[i] != 0) {
      put_varint(payload, static_cast<std::int64_t>(counts[i++]));
      continue;
    }
    std::int64_t run = 0;
    for (; i < used && counts[i] == 0; ++i) ++run;
    put_varint(payload, run == 1 ? 0 : -run);
  }
  std::string bytes;
  put(bytes, v2_cookie, 4);
  put(bytes, payload.size(), 4);
  put(bytes, 0, 4);
  put(bytes, 3, 4);
  put(bytes, 1, 8);
  put(bytes, Histogram::highest_of(counts.size() - 1), 8);
  put(bytes, 0x3ff0000000000000, 8);  // 1.0
  return bytes + payload;
}

std::string inflated(std::string_view packed) {
  std::string bytes(std::size_t{1} << 16, '\0');
  while (bytes.size() <= longest_encoding) {
    uLongf length = bytes.size();
    const int result = ::uncompress(reinterpret_cast<Bytef*>(bytes.data()), &length,
                                    reinterpret_cast<const Bytef*>(packed.data()), packed.size());
    if (result == Z_OK) {
      bytes.resize(length);
      return bytes;
    }
    if (result != Z_BUF_ERROR) return {};
    bytes.resize(bytes.size() * 4);
  }
  return {};
}

std::string_view next_field(std::string_view& line) {
  const std::size_t comma = line.find(',');
  const std::string_view field = line.substr(0, comma);
  line.remove_prefix(comma == std::string_view::npos ? line.size() : comma + 1);
  return field;
}

bool number_of(std::string_view text, double& number) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && rest == text.data() + text.size();
}

tl::unexpected<std::string> malformed(const char* why) { return tl::unexpected<std::string>(why); }

}  // namespace

std::string encode_v2(const Histogram& histogram) {
  const std::string plain = v2_bytes(histogram);
  uLongf length = ::compressBound(plain.size());
  std::string packed(length, '\0');
  const int result = ::compress(reinterpret_cast<Bytef*>(packed.data()), &length,
                                reinterpret_cast<const Bytef*>(plain.data()), plain.size());
  if (result != Z_OK) throw std::runtime_error("zlib cannot compress a histogram");
  packed.resize(length);
  std::string bytes;
  put(bytes, compressed_cookie, 4);
  put(bytes, packed.size(), 4);
  return to_base64(bytes + packed);
}

tl::expected<Histogram, std::string> decode_v2(std::string_view base64) {
  std::string bytes;
  if (!from_base64(base64, bytes)) return malformed("no base64");
  if (bytes.size() < 8 || get(bytes, 0, 4) != compressed_cookie) {
    return malformed("no V2 compressed histogram (its first bytes are others)");
  }
  const std::uint64_t packed = get(bytes, 4, 4);
  if (packed > bytes.size() - 8) return malformed("shorter than it says");
  const std::string plain = inflated(std::string_view(bytes).substr(8, packed));
  if (plain.size() < header_bytes) return malformed("zlib cannot unpack it");
  if (get(plain, 0, 4) != v2_cookie) return malformed("not the V2 encoding within");
  if (get(plain, 8, 4) != 0 || get(plain, 12, 4) != 3 || get(plain, 16, 8) != 1) {
    return malformed("other digits or units than three digits of nanoseconds");
  }
  if (get(plain, 4, 4) != plain.size() - header_bytes) return malformed("cut short");

  Histogram histogram;
  std::size_t index = 0;
  constexpr std::size_t buckets = Histogram::index_of(~std::uint64_t{0} >> 1) + 1;
  for (std::size_t at = header_bytes; at < plain.size();) {
    std::int64_t number = 0;
    if (!get_varint(plain, at, number)) return malformed("ends within a number");
    if (number < 0) {
      if (number < -static_cast<std::int64_t>(buckets)) return malformed("too many buckets");
      index += static_cast<std::size_t>(-number);
    } else {
      if (index >= buckets) return malformed("too many buckets");
      // HdrHistogram keeps no exact extremes either: the top of a bucket stands for its samples.
      if (number > 0) {
        histogram.record(Histogram::highest_of(index), static_cast<std::uint64_t>(number));
      }
      ++index;
    }
  }
  return histogram;
}

std::string histogram_log(std::uint64_t started_ns, const std::vector<LogInterval>& intervals) {
  const double start_s = static_cast<double>(started_ns) / 1e9;
  std::string text = fmt::format(
      "#[Logged with wireproof]\n#[Histogram log format version 1.3]\n"
      "#[BaseTime: {0:.3f} (seconds since epoch)]\n#[StartTime: {0:.3f} (seconds since epoch)]\n"
      "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
      start_s);
  for (const LogInterval& one : intervals) {
    if (!one.tag.empty()) text += "Tag=" + one.tag + ",";
    text += fmt::format("{:.3f},{:.3f},{:.3f},{}\n", one.start_s, one.length_s,
                        static_cast<double>(one.histogram.most()) / 1e6, encode_v2(one.histogram));
  }
  return text;
}

tl::expected<std::vector<LogInterval>, std::string> read_histogram_log(std::string_view text) {
  std::vector<LogInterval> intervals;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#' || line.front() == '"') continue;
    LogInterval one;
    if (line.starts_with("Tag=")) one.tag = next_field(line).substr(4);
    double largest = 0;
    if (!number_of(next_field(line), one.start_s) || !number_of(next_field(line), one.length_s) ||
        !number_of(next_field(line), largest)) {
      return tl::unexpected(fmt::format("line {}: start, length and maximum are wanted", number));
    }
    auto histogram = decode_v2(line);
    if (!histogram) return tl::unexpected(fmt::format("line {}: {}", number, histogram.error()));
    one.histogram = std::move(*histogram);
    intervals.push_back(std::move(one));
  }
  return intervals;
}

}  // namespace wireproof::load
