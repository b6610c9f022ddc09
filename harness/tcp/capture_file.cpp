#include "tcp/capture_file.h"

#include <pcap/pcap.h>

#include <memory>
#include <stdexcept>

#include "packet/decode.h"

namespace wireproof::tcp::testing {

CaptureFile::CaptureFile(const std::string& path) {
  char error[PCAP_ERRBUF_SIZE] = {};
  const std::unique_ptr<pcap_t, void (*)(pcap_t*)> file(
      pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, error),
      pcap_close);
  if (!file) throw std::runtime_error(error);
  std::vector<pcap_pkthdr> headers;
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  while (pcap_next_ex(file.get(), &header, &bytes) == 1) {
    headers.push_back(*header);
    frames.emplace_back(bytes, bytes + header->caplen);
  }
  for (std::size_t i = 0; i < frames.size(); ++i) {
    packet::Frame frame;
    frame.number = i + 1;
    frame.time_ns = std::int64_t{headers[i].ts.tv_sec} * 1'000'000'000 + headers[i].ts.tv_usec;
    frame.link = static_cast<packet::LinkType>(pcap_datalink(file.get()));
    frame.wire_length = headers[i].len;
    frame.bytes = frames[i];
    packets.push_back(packet::decode(frame));
  }
}

std::string testdata(const std::string& name) {
  return std::string(WIREPROOF_SOURCE_DIR) + "/harness/tcp/testdata/" + name;
}

}  // namespace wireproof::tcp::testing
