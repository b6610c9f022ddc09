// Connections that are not made, taken or kept as the scenario says.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

#include "script/misses.h"

namespace wireproof::script {

namespace {

using scenario::Family;
using scenario::Transport;
using Kind = scenario::step::Expect::Kind;

void client_is_program(scenario::Case& one) {
  one.client = one.server;
  one.server.reset();
}

}  // namespace

std::vector<MissCase> connection_misses() {
  return {
      {"refused", rule::connect.id, "connect to 127.0.0.1:PORT within 2000 ms",
       "ECONNREFUSED (Connection refused) after N ms", Blame::server,
       [] {
         return run_at(free_address(SOCK_STREAM), Transport::tcp, Family::ipv4,
                       {step(connect("c"))});
       }},
      {"connected_where_refusal_was_wanted", rule::connect.id,
       "connect to 127.0.0.1:PORT within 2000 ms fails with ECONNREFUSED",
       "it succeeded after N ms", Blame::server,
       [] { return run_against(keeps, {step(connect("c", "ECONNREFUSED"))}); }},
      {"queue_full", rule::connect.id, "connect to PATH within 60 ms",
       "neither connected nor refused in N ms", Blame::server,
       [] {
         // Nobody accepts: a backlog of 0 takes one connection of a UNIX socket (unix(7)).
         const SocketAddress path = loopback(Family::unix_path);
         const Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
         EXPECT_EQ(::bind(listener.get(), path.get(), path.length()), 0);
         EXPECT_EQ(::listen(listener.get(), 0), 0);
         const Result result = run_at(path, Transport::unix_stream, Family::unix_path,
                                      {step(connect("a")), step(connect("b"), 60ms)});
         ::unlink(path.unix_text().c_str());
         return result;
       }},
      {"bind_taken", rule::bind.id, "bind to 127.0.0.1:PORT",
       "EADDRINUSE (Address already in use) after N ms", Blame::none,
       [] {
         const FakeServer other(SOCK_STREAM, loopback(Family::ipv4), closes);
         scenario::step::Bind bind;
         bind.socket = "l";
         return run_at(other.address(), Transport::tcp, Family::ipv4, {step(bind)}, {}, 20'000ms,
                       client_is_program);
       }},
      {"listen_not_refused", rule::listen.id, "listen at 127.0.0.1:PORT fails with EADDRINUSE",
       "it succeeded after N ms", Blame::none,
       [] {
         scenario::step::Listen listen;
         listen.socket = "l";
         listen.fails = "EADDRINUSE";
         return run_at(loopback(Family::ipv4), Transport::tcp, Family::ipv4, {step(listen)}, {},
                       20'000ms, client_is_program);
       }},
      {"nobody_connects", rule::accept.id, "a connection to 127.0.0.1:PORT within 50 ms",
       "none in N ms", Blame::client,
       [] {
         scenario::step::Listen listen;
         listen.socket = "l";
         return run_at(loopback(Family::ipv4), Transport::tcp, Family::ipv4,
                       {step(listen), step(scenario::step::Accept{"l", "s"}, 50ms)}, {}, 20'000ms,
                       client_is_program);
       }},
      {"shutdown_after_reset", rule::shutdown.id, "shut down the connection to 127.0.0.1:PORT",
       "ENOTCONN (Transport endpoint is not connected) after N ms", Blame::server,
       [] {
         return run_against(asked(reset_at_close), {step(connect("c")), step(send("c", "123")),
                                                    step(expect("c", Kind::reset)),
                                                    step(scenario::step::Shutdown{"c", {}})});
       }},
      {"option_refused", rule::option.id, "set TCP_MAXSEG of socket \"c\" to 1",
       "EINVAL (Invalid argument)", Blame::none,
       [] {
         return run_against(keeps,
                            {step(scenario::step::SetOption{"c", "TCP_MAXSEG", 1, {}, {}, {}})});
       }},
      {"never_reads", rule::send.id, "send 33554432 bytes", "and no more", Blame::server,
       [] {
         std::promise<void> given_up;  // until then it reads nothing
         FakeServer server(SOCK_STREAM, loopback(Family::ipv4), [&](int fd) {
           given_up.get_future().wait();
           read_to_end(fd);
         });
         const Result result =
             run_at(server.address(), Transport::tcp, Family::ipv4,
                    {step(connect("c")), step(send("c", std::string(32u << 20, 'x')), 100ms)});
         given_up.set_value();
         return result;
       }},
      {"peer_reset_while_sending", rule::send.id,
       "send 3 bytes \"123\" to 127.0.0.1:PORT within 2000 ms",
       "EPIPE (Broken pipe) after N ms, 0 of 3 bytes taken", Blame::server,
       [] {
         return run_against(asked(reset_at_close),
                            {step(connect("c")), step(send("c", "123")),
                             step(expect("c", Kind::reset)), step(send("c", "123"))});
       }},
      {"sent_where_refusal_was_wanted", rule::send.id,
       "send 3 bytes \"123\" to 127.0.0.1:PORT fails with EPIPE", "all of it was taken",
       Blame::server,
       [] {
         return run_against(keeps, {step(connect("c")), step(send("c", "123", "EPIPE"))});
       }},
  };
}

}  // namespace wireproof::script
