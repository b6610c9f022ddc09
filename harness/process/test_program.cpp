// What the tests of processes launch. Each argument is an action, done in order:
//   tcp4:PORT tcp6:PORT udp4:PORT udp6:PORT  listen on, or bind, the wildcard address
//   lo4:PORT                                 listen on 127.0.0.1
//   v6only                                   for the following tcp6 and udp6
//   stream:PATH datagram:PATH seqpacket:PATH a UNIX socket; @NAME: abstract
//   daemon                                   go on in a grandchild with a session of its own
//   ignore-term  sleep:MS  exit:STATUS  pause
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

bool v6_only = false;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(99);
}

void open_inet(bool ipv6, int type, bool loopback, int port) {
  const int fd = ::socket(ipv6 ? AF_INET6 : AF_INET, type, 0);
  if (ipv6) {
    const int only = v6_only;
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
  }
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(static_cast<in_port_t>(port));
  in.sin_addr.s_addr = htonl(loopback ? INADDR_LOOPBACK : INADDR_ANY);
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_port = in.sin_port;
  const auto* const address =
      ipv6 ? reinterpret_cast<const sockaddr*>(&in6) : reinterpret_cast<const sockaddr*>(&in);
  if (::bind(fd, address, ipv6 ? sizeof in6 : sizeof in) != 0) fail("bind");
  if (type == SOCK_STREAM && ::listen(fd, 5) != 0) fail("listen");
}

void open_unix(int type, const std::string& name) {
  const int fd = ::socket(AF_UNIX, type, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path, sizeof address.sun_path - 1);
  const bool abstract = name[0] == '@';
  if (abstract) address.sun_path[0] = '\0';
  const std::size_t length = offsetof(sockaddr_un, sun_path) + name.size() + (abstract ? 0 : 1);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(length)) != 0)
    fail("bind");
  if (type != SOCK_DGRAM && ::listen(fd, 5) != 0) fail("listen");
}

// Forks, and goes on in the child when the parent has gone.
void leave_parent() {
  const pid_t parent = ::getpid();
  if (::fork() != 0) ::_exit(0);
  while (::getppid() == parent) ::usleep(1000);
}

void become_daemon() {
  leave_parent();
  ::setsid();
  leave_parent();
}

void act(const std::string& action) {
  const auto colon = action.find(':');
  const std::string verb = action.substr(0, colon);
  const std::string value = colon == std::string::npos ? "" : action.substr(colon + 1);
  const int number = std::atoi(value.c_str());
  if (verb == "tcp4")
    open_inet(false, SOCK_STREAM, false, number);
  else if (verb == "tcp6")
    open_inet(true, SOCK_STREAM, false, number);
  else if (verb == "udp4")
    open_inet(false, SOCK_DGRAM, false, number);
  else if (verb == "udp6")
    open_inet(true, SOCK_DGRAM, false, number);
  else if (verb == "lo4")
    open_inet(false, SOCK_STREAM, true, number);
  else if (verb == "v6only")
    v6_only = true;
  else if (verb == "stream")
    open_unix(SOCK_STREAM, value);
  else if (verb == "datagram")
    open_unix(SOCK_DGRAM, value);
  else if (verb == "seqpacket")
    open_unix(SOCK_SEQPACKET, value);
  else if (verb == "daemon")
    become_daemon();
  else if (verb == "ignore-term")
    ::signal(SIGTERM, SIG_IGN);
  else if (verb == "sleep")
    ::usleep(static_cast<useconds_t>(number) * 1000);
  else if (verb == "exit")
    std::exit(number);
  else if (verb == "pause")
    for (;;) ::pause();
  else
    fail(action.c_str());
}

}  // namespace

int main(int count, char** arguments) {
  for (int i = 1; i < count; ++i) act(arguments[i]);
}
