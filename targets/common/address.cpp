#include "common/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "common/error.h"
#include "common/options.h"
#include "common/output.h"

namespace targets {
namespace {

constexpr std::size_t path_offset = offsetof(sockaddr_un, sun_path);

// The views of sockaddr_storage that the sockets interface is made for.
template <typename Family>
Family& as(sockaddr_storage& storage) {
  return reinterpret_cast<Family&>(storage);
}
template <typename Family>
const Family& as(const sockaddr_storage& storage) {
  return reinterpret_cast<const Family&>(storage);
}

}  // namespace

Address Address::inet(const std::string& literal, std::uint16_t port) {
  Address address;
  auto& v4 = as<sockaddr_in>(address.storage_);
  if (inet_pton(AF_INET, literal.c_str(), &v4.sin_addr) == 1) {
    address.storage_.ss_family = AF_INET;
    address.size_ = sizeof(sockaddr_in);
  } else {
    address.storage_ = {};
    auto& v6 = as<sockaddr_in6>(address.storage_);
    const std::size_t percent = literal.find('%');
    if (inet_pton(AF_INET6, literal.substr(0, percent).c_str(), &v6.sin6_addr) != 1) {
      throw UsageError("'" + literal + "' is neither an IPv4 nor an IPv6 address");
    }
    if (percent != std::string::npos) {
      v6.sin6_scope_id = if_nametoindex(literal.substr(percent + 1).c_str());
      if (v6.sin6_scope_id == 0) throw UsageError("'" + literal + "' names no interface here");
    }
    address.storage_.ss_family = AF_INET6;
    address.size_ = sizeof(sockaddr_in6);
  }
  address.set_port(port);
  return address;
}

Address Address::unix_name(std::string_view name) {
  Address address;
  auto& un = as<sockaddr_un>(address.storage_);
  const bool abstract = name.starts_with('@');
  if (name.empty() || name == "@") throw UsageError("an empty PATH names no socket");
  // A path ends with a null byte, an abstract name is as long as the size says.
  if (name.size() + (abstract ? 0 : 1) > sizeof un.sun_path) {
    throw UsageError("a PATH has at most " + std::to_string(sizeof un.sun_path - 1) +
                     " bytes, not " + std::to_string(name.size()));
  }
  un.sun_family = AF_UNIX;
  std::memcpy(un.sun_path, name.data(), name.size());
  if (abstract) un.sun_path[0] = '\0';
  address.size_ = static_cast<socklen_t>(path_offset + name.size() + (abstract ? 0 : 1));
  return address;
}

Address Address::unix_autobind() {
  Address address;
  address.storage_.ss_family = AF_UNIX;
  address.size_ = sizeof(sa_family_t);
  return address;
}

Address Address::bind_argument(const std::string& text) {
  std::string literal = text;
  std::string port = "0";
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string::npos) throw UsageError("'" + text + "' lacks its ']'");
    literal = text.substr(1, bracket - 1);
    const std::string rest = text.substr(bracket + 1);
    if (!rest.empty()) {
      if (rest[0] != ':') throw UsageError("'" + text + "' should be [ADDRESS]:PORT");
      port = rest.substr(1);
    }
  } else if (const std::size_t colon = text.find(':');
             colon == text.rfind(':') && colon != std::string::npos) {
    literal = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  return inet(literal, parse_number<std::uint16_t>("a port", port, 0, 65535));
}

Address Address::local_of(int fd) {
  Address address;
  check(getsockname(fd, address.fill(), address.fill_size()), "read the address of", "a socket");
  return address;
}

Address Address::empty() { return Address(); }

std::uint16_t Address::port() const {
  if (family() == AF_INET) return ntohs(as<sockaddr_in>(storage_).sin_port);
  if (family() == AF_INET6) return ntohs(as<sockaddr_in6>(storage_).sin6_port);
  return 0;
}

void Address::set_port(std::uint16_t port) {
  if (family() == AF_INET) as<sockaddr_in>(storage_).sin_port = htons(port);
  if (family() == AF_INET6) as<sockaddr_in6>(storage_).sin6_port = htons(port);
}

bool Address::is_path() const {
  return family() == AF_UNIX && size_ > path_offset &&
         as<sockaddr_un>(storage_).sun_path[0] != '\0';
}

std::string Address::path() const { return as<sockaddr_un>(storage_).sun_path; }

std::string Address::text() const {
  char literal[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) {
    inet_ntop(AF_INET, &as<sockaddr_in>(storage_).sin_addr, literal, sizeof literal);
    return std::string(literal) + ":" + std::to_string(port());
  }
  if (family() == AF_INET6) {
    const auto& v6 = as<sockaddr_in6>(storage_);
    inet_ntop(AF_INET6, &v6.sin6_addr, literal, sizeof literal);
    char interface[IF_NAMESIZE] = "";
    const bool scoped = v6.sin6_scope_id != 0 && if_indextoname(v6.sin6_scope_id, interface);
    return std::string("[") + literal + (scoped ? "%" : "") + interface +
           "]:" + std::to_string(port());
  }
  if (!is_named()) return "unnamed";
  if (is_path()) return printable(path());
  return "@" + printable(std::string_view(as<sockaddr_un>(storage_).sun_path + 1,
                                          size_ - path_offset - 1));
}

bool operator==(const Address& a, const Address& b) {
  if (a.family() != b.family()) return false;
  if (a.family() == AF_INET6) {
    // The kernel fills in a scope only for link-local addresses, and a flow label never counts.
    const auto& x = as<sockaddr_in6>(a.storage_);
    const auto& y = as<sockaddr_in6>(b.storage_);
    return x.sin6_port == y.sin6_port &&
           std::memcmp(&x.sin6_addr, &y.sin6_addr, sizeof x.sin6_addr) == 0 &&
           (x.sin6_scope_id == y.sin6_scope_id || x.sin6_scope_id == 0 || y.sin6_scope_id == 0);
  }
  return a.size_ == b.size_ && std::memcmp(&a.storage_, &b.storage_, a.size_) == 0;
}

}  // namespace targets
