// The least that reading a capture can cost with libpcap: counts a file's packets and bytes.
#include <pcap/pcap.h>

#include <cstdint>
#include <cstdio>

int main(int argc, char** argv) {
  char error[PCAP_ERRBUF_SIZE] = {};
  pcap_t* const file = argc == 2 ? pcap_open_offline(argv[1], error) : nullptr;
  if (file == nullptr) {
    std::fprintf(stderr, "usage: count_packets FILE (%s)\n", error);
    return 2;
  }
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  std::uint64_t packets = 0, sum = 0;
  while (pcap_next_ex(file, &header, &bytes) == 1) {
    ++packets;
    sum += header->len;
  }
  std::printf("%llu packets, %llu bytes\n", static_cast<unsigned long long>(packets),
              static_cast<unsigned long long>(sum));
  pcap_close(file);
  return 0;
}
