#include <fstream>
#include <map>
#include <sstream>

#include "base/error.h"
#include "witness/netns_entry.h"
#include "witness/socket_table.h"

namespace wireproof::witness {

namespace {

// Both files come in pairs of lines: "Tcp: Name Name ..." and "Tcp: 1 2 ...".
std::map<std::string, std::uint64_t> read_pairs(const char* path) {
  std::ifstream file(path);
  if (!file) throw_errno("open", path);
  std::map<std::string, std::uint64_t> values;
  for (std::string names, numbers; std::getline(file, names) && std::getline(file, numbers);) {
    std::istringstream name_words(names), number_words(numbers);
    std::string group, name, number;
    name_words >> group;
    number_words >> number;
    while (name_words >> name && number_words >> number)
      values[group + name] = std::strtoull(number.c_str(), nullptr, 10);
  }
  return values;
}

}  // namespace

NamespaceCounters read_counters(int netns_fd) {
  const NetnsEntry inside(netns_fd);
  auto snmp = read_pairs("/proc/thread-self/net/snmp");
  auto extended = read_pairs("/proc/thread-self/net/netstat");
  auto snmp6 = std::ifstream("/proc/thread-self/net/snmp6");  // "Udp6NoPorts 3"; may be missing
  for (std::string name, number; snmp6 >> name >> number;)
    snmp[name] = std::strtoull(number.c_str(), nullptr, 10);
  NamespaceCounters counters;
  counters.tcp_retransmitted = snmp["Tcp:RetransSegs"];
  counters.tcp_in_errors = snmp["Tcp:InErrs"];
  counters.tcp_out_resets = snmp["Tcp:OutRsts"];
  counters.listen_overflows = extended["TcpExt:ListenOverflows"];
  counters.listen_drops = extended["TcpExt:ListenDrops"];
  counters.udp_receive_buffer_errors = snmp["Udp:RcvbufErrors"] + snmp["Udp6RcvbufErrors"];
  counters.udp_no_ports = snmp["Udp:NoPorts"] + snmp["Udp6NoPorts"];
  counters.udp_in_checksum_errors = snmp["Udp:InCsumErrors"] + snmp["Udp6InCsumErrors"];
  return counters;
}

}  // namespace wireproof::witness
