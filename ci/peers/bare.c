/* The physical limit that wireproof's load engine is measured against: the smallest loops that do
 * the same system calls, and nothing else. Built and run by ci/bench-peers.sh.
 *
 *   bare pingpong ADDRESS PORT SECONDS            one connection, send and recv
 *   bare epoll    ADDRESS PORT SECONDS N          N kept connections
 *   bare connect  ADDRESS PORT SECONDS N SOURCES  connect, send, recv, close; N at once
 *   bare stream   ADDRESS PORT SECONDS            one way
 *   bare udp      ADDRESS PORT SECONDS            one socket, send and recv
 * Prints: operations (or bytes) a second, microseconds of CPU an operation. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_in to;
static const char *message;
static size_t length;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static int open_one(int type, int flags, int source) {
  int fd = socket(AF_INET, type | flags, 0), on = 1;
  if (fd < 0) die("socket");
  if (type == SOCK_STREAM) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (source > 0) {
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = {htonl(0x7f000000u + (unsigned)source)}};
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0) die("bind");
  }
  if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) die("connect");
  return fd;
}

static double pingpong(int type, double end) {
  char buffer[65536];
  double done = 0;
  int fd = open_one(type, 0, 0);
  while (now() < end) {
    if (send(fd, message, length, MSG_NOSIGNAL) < 0) die("send");
    if (recv(fd, buffer, sizeof buffer, 0) <= 0) die("recv");
    ++done;
  }
  return done;
}

static double kept(int connections, double end) {
  char buffer[65536];
  struct epoll_event events[512];
  double done = 0;
  int set = epoll_create1(0);
  for (int i = 0; i < connections; ++i) {
    int fd = open_one(SOCK_STREAM, 0, 0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    fcntl(fd, F_SETFL, O_NONBLOCK);
    epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
    send(fd, message, length, MSG_NOSIGNAL);
  }
  while (now() < end) {
    int count = epoll_wait(set, events, 512, 100);
    for (int i = 0; i < count; ++i) {
      if (recv(events[i].data.fd, buffer, sizeof buffer, 0) <= 0) continue;
      if (send(events[i].data.fd, message, length, MSG_NOSIGNAL) < 0) die("send");
      ++done;
    }
  }
  return done;
}

static void ask(int set, int source) {
  int fd = open_one(SOCK_STREAM, SOCK_NONBLOCK, source);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
  if (send(fd, message, length, MSG_NOSIGNAL) < 0) die("send");
}

static double connecting(int connections, int sources, double end) {
  char buffer[65536];
  struct epoll_event events[512];
  double done = 0;
  int set = epoll_create1(0), source = 0;
  for (int i = 0; i < connections; ++i) ask(set, sources ? 1 + source++ % sources : 0);
  while (now() < end) {
    int count = epoll_wait(set, events, 512, 100);
    for (int i = 0; i < count; ++i) {
      if (recv(events[i].data.fd, buffer, sizeof buffer, 0) <= 0) die("recv");
      close(events[i].data.fd);
      ++done;
      ask(set, sources ? 1 + source++ % sources : 0);
    }
  }
  return done;
}

static double stream(double end) {
  static char piece[131072];
  double bytes = 0;
  int fd = open_one(SOCK_STREAM, 0, 0);
  while (now() < end) {
    ssize_t count = send(fd, piece, sizeof piece, MSG_NOSIGNAL);
    if (count < 0) die("send");
    bytes += (double)count;
  }
  return bytes;
}

int main(int argc, char **argv) {
  struct rusage use;
  if (argc < 5) return 2;
  message = getenv("BARE_MESSAGE") ? getenv("BARE_MESSAGE")
                                   : "0123456789012345678901234567890123456789012345678901234567890123";
  length = strlen(message);
  to.sin_family = AF_INET;
  inet_pton(AF_INET, argv[2], &to.sin_addr);
  to.sin_port = htons((unsigned short)atoi(argv[3]));
  double seconds = atof(argv[4]), start = now(), end = start + seconds, done = 0;
  int n = argc > 5 ? atoi(argv[5]) : 1, sources = argc > 6 ? atoi(argv[6]) : 0;
  if (!strcmp(argv[1], "pingpong")) done = pingpong(SOCK_STREAM, end);
  else if (!strcmp(argv[1], "udp")) done = pingpong(SOCK_DGRAM, end);
  else if (!strcmp(argv[1], "epoll")) done = kept(n, end);
  else if (!strcmp(argv[1], "connect")) done = connecting(n, sources, end);
  else if (!strcmp(argv[1], "stream")) done = stream(end);
  else return 2;
  getrusage(RUSAGE_SELF, &use);
  double cpu = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
               (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
  printf("%.0f %.3f\n", done / (now() - start), cpu * 1e6 / done);
  return 0;
}
