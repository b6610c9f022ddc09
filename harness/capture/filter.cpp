#include "capture/filter.h"

#include <pcap/pcap.h>

namespace wireproof::capture {
namespace {

// libpcap's numbers for link types differ from those of files for raw IP alone.
int dlt_of(packet::LinkType link) {
  return link == packet::LinkType::raw ? DLT_RAW : static_cast<int>(link);
}

}  // namespace

struct Filter::Program {
  Program(const std::string& expression, packet::LinkType link) {
    pcap_t* const dead = ::pcap_open_dead(dlt_of(link), 262144);
    if (dead == nullptr) {
      error = "libpcap refuses the link type";
      return;
    }
    compiled = ::pcap_compile(dead, &code, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!compiled) error = ::pcap_geterr(dead);
    ::pcap_close(dead);
  }
  ~Program() {
    if (compiled) ::pcap_freecode(&code);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  bpf_program code = {};
  bool compiled = false;
  std::string error;
};

Filter::Filter(std::string expression) : expression_(std::move(expression)) {}
Filter::Filter(Filter&&) noexcept = default;
Filter::~Filter() = default;

tl::expected<Filter, std::string> Filter::compile(const std::string& expression) {
  Filter filter(expression);
  auto program = std::make_unique<Program>(expression, packet::LinkType::ethernet);
  if (!program->compiled) return tl::unexpected(program->error);
  filter.programs_.emplace(packet::LinkType::ethernet, std::move(program));
  return filter;
}

bool Filter::matches(const packet::Frame& frame) {
  auto& program = programs_[frame.link];
  if (program == nullptr) program = std::make_unique<Program>(expression_, frame.link);
  if (!program->compiled) return false;
  pcap_pkthdr header = {};
  header.caplen = static_cast<bpf_u_int32>(frame.bytes.size());
  header.len = frame.wire_length;
  return ::pcap_offline_filter(&program->code, &header, frame.bytes.data()) != 0;
}

}  // namespace wireproof::capture
