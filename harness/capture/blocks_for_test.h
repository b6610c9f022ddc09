// Capture files byte by byte, as others write them, for tests of what reads them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wireproof::capture::testing {

// Numbers in one byte order or the other.
class Bytes {
 public:
  explicit Bytes(bool swap = false) : swap_(swap) {}
  Bytes& u8(unsigned value) { return number(value, 1); }
  Bytes& u16(unsigned value) { return number(value, 2); }
  Bytes& u32(std::uint32_t value) { return number(value, 4); }
  Bytes& u64(std::uint64_t value) { return number(value, 8); }
  Bytes& raw(std::string_view bytes) {
    text_ += bytes;
    return *this;
  }
  Bytes& pad() {
    text_.resize((text_.size() + 3) / 4 * 4);
    return *this;
  }
  Bytes& option(unsigned code, std::string_view value) {
    return u16(code).u16(static_cast<unsigned>(value.size())).raw(value).pad();
  }
  const std::string& text() const { return text_; }
  bool swap() const { return swap_; }

 private:
  Bytes& number(std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      text_.push_back(static_cast<char>(value >> (8 * (swap_ ? size - 1 - i : i))));
    }
    return *this;
  }
  bool swap_;
  std::string text_;
};

inline std::string pcap_head(std::uint32_t magic, std::uint32_t link, bool swap,
                             unsigned minor = 4) {
  return Bytes(swap).u32(magic).u16(2).u16(minor).u64(0).u32(65535).u32(link).text();
}

// Blocks of pcapng.
class Pcapng {
 public:
  explicit Pcapng(bool swap = false) : swap_(swap) {}
  Bytes bytes() const { return Bytes(swap_); }
  Pcapng& block(std::uint32_t type, const std::string& body) {
    const auto total = static_cast<std::uint32_t>(body.size() + 12);
    text_ += Bytes(swap_).u32(type).u32(total).raw(body).u32(total).text();
    return *this;
  }
  Pcapng& section(std::string_view options = {}, unsigned major = 1) {
    return block(0x0A0D0D0A,
                 bytes().u32(0x1A2B3C4D).u16(major).u16(0).u64(~0ull).raw(options).text());
  }
  Pcapng& interface(unsigned link, std::uint32_t snap_length = 0, std::string_view options = {}) {
    return block(1, bytes().u16(link).u16(0).u32(snap_length).raw(options).text());
  }
  Pcapng& packet(std::uint32_t interface, std::uint64_t time, std::string_view data,
                 std::uint32_t original = 0, std::string_view options = {}) {
    const auto captured = static_cast<std::uint32_t>(data.size());
    return block(6, bytes()
                        .u32(interface)
                        .u32(static_cast<std::uint32_t>(time >> 32))
                        .u32(static_cast<std::uint32_t>(time))
                        .u32(captured)
                        .u32(original == 0 ? captured : original)
                        .raw(data)
                        .pad()
                        .raw(options)
                        .text());
  }
  const std::string& text() const { return text_; }

 private:
  bool swap_;
  std::string text_;
};

}  // namespace wireproof::capture::testing
