// pcapng (draft-ietf-opsawg-pcapng): blocks, each
//
//   type | total length | body, padded to whole words | total length
//
// Read are section headers (each begins anew, with a byte order of its own), interface
// descriptions, enhanced, simple and obsolete packets, and statistics; every other block is skipped
// by its length. Thread rule: as Format.
#pragma once

#include "capture/format.h"

namespace wireproof::capture {

bool is_pcapng(std::span<const std::uint8_t> head);

class PcapngFormat final : public Format {
 public:
  PcapngFormat();
  FormatStep parse(std::span<const std::uint8_t> bytes,
                   std::vector<packet::Frame>& frames) override;
  std::string unfinished(std::size_t left, std::size_t needed) const override;
  void set_hook(BlockHook hook) override { hook_ = std::move(hook); }

 private:
  using Bytes = std::span<const std::uint8_t>;
  // How an interface counts time.
  struct Clock {
    bool binary = false;
    unsigned exponent = 6;  // units are 10^-exponent or 2^-exponent seconds
    std::int64_t offset_seconds = 0;
    std::int64_t to_ns(std::uint64_t units) const;
  };
  struct Options;

  // Each reads one block's body and returns what is wrong with it, or nothing.
  std::string section(Bytes body);
  std::string interface(Bytes body);
  std::string enhanced_packet(Bytes body, std::vector<packet::Frame>& frames);
  std::string simple_packet(Bytes body, std::vector<packet::Frame>& frames);
  std::string obsolete_packet(Bytes body, std::vector<packet::Frame>& frames);
  void statistics(Bytes body);
  std::string add_frame(std::size_t interface, std::uint64_t time, std::uint32_t captured,
                        std::uint32_t original, Bytes data, std::vector<packet::Frame>& frames);
  void packet_options(std::size_t interface, Bytes options);
  void keep_comment(Bytes comment);

  std::uint16_t u16(const std::uint8_t* at) const;
  std::uint32_t u32(const std::uint8_t* at) const;
  std::uint64_t u64(const std::uint8_t* at) const;

  bool swapped_ = false, in_section_ = false;
  std::size_t first_interface_ = 0;  // this section's first, in notes_.interfaces
  std::vector<Clock> clocks_;        // beside notes_.interfaces
  BlockHook hook_;
};

}  // namespace wireproof::capture
