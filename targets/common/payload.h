#ifndef WIREPROOF_TARGETS_COMMON_PAYLOAD_H_
#define WIREPROOF_TARGETS_COMMON_PAYLOAD_H_

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace targets {

// What is sent, or expected: a text, or a pattern of any length that needs little memory.
//
// Byte i of the pattern is '!' + i % 89. The bytes are printable, and the period is a prime, so
// that a lost, repeated or moved block of any usual segment or buffer size is noticed.
class Payload {
 public:
  static Payload text(std::string text) { return Payload(text, text.size(), false); }
  static Payload pattern(std::size_t size) {
    // The longest message of the message-preserving sockets must be had in one piece.
    constexpr std::size_t longest_piece = 256 * 1024;
    std::string bytes(std::min(size, longest_piece) + period, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>('!' + i % period);
    return Payload(bytes, size, true);
  }

  std::size_t size() const { return size_; }

  // As many bytes from `offset` on as are there in one piece; empty at the end only.
  std::string_view at(std::size_t offset) const {
    if (offset >= size_) return {};
    const std::string_view piece =
        std::string_view(bytes_).substr(repeats_ ? offset % period : offset);
    return piece.substr(0, size_ - offset);
  }

 private:
  static constexpr std::size_t period = 89;

  Payload(std::string bytes, std::size_t size, bool repeats)
      : bytes_(std::move(bytes)), size_(size), repeats_(repeats) {}

  std::string bytes_;
  std::size_t size_;
  bool repeats_;
};

}  // namespace targets

#endif  // WIREPROOF_TARGETS_COMMON_PAYLOAD_H_
