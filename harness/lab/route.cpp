#include "lab/route.h"

#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <new>
#include <thread>

#include "base/error.h"

namespace wireproof::lab {

namespace {

struct FreeMessage {
  void operator()(nl_msg* message) const { nlmsg_free(message); }
};
using Message = std::unique_ptr<nl_msg, FreeMessage>;

// The only way nlmsg_append and nla_put fail is want of room.
void fits(int result) {
  if (result < 0) throw std::bad_alloc();
}

template <typename Header>
Message make_message(int type, int flags, const Header& header) {
  Message message(nlmsg_alloc_simple(type, flags | NLM_F_REQUEST | NLM_F_ACK));
  if (!message) throw std::bad_alloc();
  fits(nlmsg_append(message.get(), const_cast<Header*>(&header), sizeof header, NLMSG_ALIGNTO));
  return message;
}

unsigned index_of(std::string_view interface) {
  const unsigned index = ::if_nametoindex(std::string(interface).c_str());
  if (index == 0) throw_errno("find", interface);
  return index;
}

int address_family(const packet::Address& address) {
  return address.family == packet::Family::ipv4 ? AF_INET : AF_INET6;
}

void put_address(nl_msg* message, int attribute, const packet::Address& address) {
  fits(nla_put(message, attribute, address.family == packet::Family::ipv4 ? 4 : 16,
               address.bytes.data()));
}

void put_veth_end(nl_msg* message, const VethEnd& end, unsigned mtu) {
  fits(nla_put_string(message, IFLA_IFNAME, std::string(end.interface).c_str()));
  fits(nla_put(message, IFLA_ADDRESS, static_cast<int>(end.mac.size()), end.mac.data()));
  fits(nla_put_u32(message, IFLA_MTU, mtu));
  fits(nla_put_u32(message, IFLA_NET_NS_FD, static_cast<std::uint32_t>(end.netns_fd)));
}

nlattr* nest(nl_msg* message, int attribute) {
  nlattr* const start = nla_nest_start(message, attribute);
  if (start == nullptr) throw std::bad_alloc();
  return start;
}

}  // namespace

RouteSocket::RouteSocket()
    : socket_(checked("open", "a routing netlink socket", [] {
        return ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
      })) {}

void RouteSocket::make_veth(const VethEnd& near, const VethEnd& far, unsigned mtu) {
  const ifinfomsg header{};
  const Message message = make_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, header);
  nl_msg* const m = message.get();
  put_veth_end(m, near, mtu);
  nlattr* const info = nest(m, IFLA_LINKINFO);
  fits(nla_put_string(m, IFLA_INFO_KIND, "veth"));
  nlattr* const data = nest(m, IFLA_INFO_DATA);
  nlattr* const peer = nest(m, VETH_INFO_PEER);
  fits(nlmsg_append(m, const_cast<ifinfomsg*>(&header), sizeof header, NLMSG_ALIGNTO));
  put_veth_end(m, far, mtu);
  nla_nest_end(m, peer);
  nla_nest_end(m, data);
  nla_nest_end(m, info);
  send(m, "make a veth pair for", near.interface);
}

void RouteSocket::set_up(std::string_view interface, unsigned mtu) {
  ifinfomsg header{};
  header.ifi_index = static_cast<int>(index_of(interface));
  header.ifi_flags = header.ifi_change = IFF_UP;
  const Message message = make_message(RTM_NEWLINK, 0, header);
  fits(nla_put_u32(message.get(), IFLA_MTU, mtu));
  send(message.get(), "bring up", interface);
}

void RouteSocket::add_address(std::string_view interface, const packet::Address& address,
                              std::uint8_t prefix_length) {
  ifaddrmsg header{};
  header.ifa_family = static_cast<std::uint8_t>(address_family(address));
  header.ifa_prefixlen = prefix_length;
  header.ifa_flags = IFA_F_PERMANENT;
  if (address.family == packet::Family::ipv6) header.ifa_flags |= IFA_F_NODAD;
  header.ifa_index = index_of(interface);
  const Message message = make_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, header);
  put_address(message.get(), IFA_LOCAL, address);
  put_address(message.get(), IFA_ADDRESS, address);
  send(message.get(), "add an address to", interface);
}

void RouteSocket::add_permanent_neighbour(std::string_view interface,
                                          const packet::Address& address, const MacAddress& mac) {
  ndmsg header{};
  header.ndm_family = static_cast<std::uint8_t>(address_family(address));
  header.ndm_state = NUD_PERMANENT;
  header.ndm_ifindex = static_cast<int>(index_of(interface));
  const Message message = make_message(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, header);
  put_address(message.get(), NDA_DST, address);
  fits(nla_put(message.get(), NDA_LLADDR, static_cast<int>(mac.size()), mac.data()));
  send(message.get(), "add a neighbour to", interface);
}

void RouteSocket::await_running(std::string_view interface, Deadline deadline) {
  ifinfomsg header{};
  header.ifi_index = static_cast<int>(index_of(interface));
  const Message message = make_message(RTM_GETLINK, 0, header);
  await(message.get(), interface, deadline, [](const nlmsghdr* answer) {
    return answer->nlmsg_type == RTM_NEWLINK &&
           (static_cast<const ifinfomsg*>(nlmsg_data(answer))->ifi_flags & IFF_RUNNING) != 0;
  });
}

void RouteSocket::await_local(const packet::Address& address, Deadline deadline) {
  rtmsg header{};
  header.rtm_family = static_cast<std::uint8_t>(address_family(address));
  header.rtm_dst_len = address.family == packet::Family::ipv4 ? 32 : 128;
  const Message message = make_message(RTM_GETROUTE, 0, header);
  put_address(message.get(), RTA_DST, address);
  await(message.get(), "an address", deadline, [](const nlmsghdr* answer) {
    return answer->nlmsg_type == RTM_NEWROUTE &&
           static_cast<const rtmsg*>(nlmsg_data(answer))->rtm_type == RTN_LOCAL;
  });
}

void RouteSocket::await(nl_msg* question, std::string_view object, Deadline deadline,
                        bool (*arrived)(const nlmsghdr*)) {
  nlmsg_hdr(question)->nlmsg_flags = NLM_F_REQUEST;  // the answer acknowledges
  auto pause = std::chrono::microseconds(50);
  while (!arrived(exchange(question))) {
    if (deadline.passed()) throw SystemError("bring up", object, ETIMEDOUT);
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(2000));
  }
}

const nlmsghdr* RouteSocket::exchange(nl_msg* message) {
  nlmsghdr* const header = nlmsg_hdr(message);
  header->nlmsg_seq = ++sequence_;
  checked("send to", "the routing netlink socket",
          [&] { return ::send(socket_.get(), header, header->nlmsg_len, 0); });
  const ssize_t size = checked("receive from", "the routing netlink socket", [&] {
    return ::recv(socket_.get(), reply_.data(), reply_.size(), 0);
  });
  auto* const answer = reinterpret_cast<nlmsghdr*>(reply_.data());
  if (!nlmsg_ok(answer, static_cast<int>(size)) || answer->nlmsg_seq != sequence_)
    throw SystemError("read", "the routing netlink socket's answer", EPROTO);
  return answer;
}

void RouteSocket::send(nl_msg* message, std::string_view action, std::string_view object) {
  const nlmsghdr* const answer = exchange(message);
  if (answer->nlmsg_type != NLMSG_ERROR)
    throw SystemError(action, object, EPROTO, "the kernel's answer was not an acknowledgement");
  const auto* const error = static_cast<const nlmsgerr*>(nlmsg_data(answer));
  if (error->error != 0) throw SystemError(action, object, -error->error);
}

}  // namespace wireproof::lab
