#include "capture/kernel_filter.h"

#include <fmt/format.h>
#include <pcap/pcap.h>
#include <sys/socket.h>

#include <memory>

#include "base/error.h"
#include "capture/marker.h"

namespace wireproof::capture {

KernelFilter::KernelFilter(const std::string& expression, std::uint32_t snap_length) {
  const std::unique_ptr<pcap_t, decltype(&::pcap_close)> dead(
      ::pcap_open_dead(DLT_EN10MB, static_cast<int>(snap_length)), &::pcap_close);
  if (dead == nullptr) throw SystemError("make", "a filter for packets", ENOMEM);
  const std::string with_markers =
      expression.empty() ? expression
                         : fmt::format("({}) or ether proto {:#x}", expression, kMarkerEtherType);
  bpf_program program = {};
  if (::pcap_compile(dead.get(), &program, with_markers.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    throw SystemError("compile", fmt::format("{}: {}", expression, ::pcap_geterr(dead.get())),
                      EINVAL, "pcap-filter(7) has the language");
  }
  for (unsigned i = 0; i < program.bf_len; ++i) {
    const bpf_insn& one = program.bf_insns[i];
    code_.push_back({one.code, one.jt, one.jf, one.k});
  }
  ::pcap_freecode(&program);
}

void KernelFilter::attach(int fd, const std::string& interface) const {
  // The kernel copies the code, and does not write to it.
  const sock_fprog program = {static_cast<unsigned short>(code_.size()),
                              const_cast<sock_filter*>(code_.data())};
  if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == -1) {
    throw_errno("filter the packets of", interface);
  }
}

}  // namespace wireproof::capture
