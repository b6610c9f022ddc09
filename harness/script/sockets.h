// The sockets of a script, by name: made in the network namespace of their side, closed in the
// order in which they were opened; and the addresses that steps name. Thread rule: the script's
// thread. Lifetime: owns all sockets; the case and the stage outlive it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "scenario/model.h"
#include "script/peer_socket.h"
#include "script/script.h"

namespace wireproof::script {

class Sockets {
 public:
  Sockets(const scenario::Case& one, Stage& stage) : case_(one), stage_(stage) {}
  ~Sockets() { close_all(); }
  Sockets(const Sockets&) = delete;

  // The open socket of that name; throws std::invalid_argument when there is none.
  PeerSocket& open(const std::string& name);
  // The last socket of that name, open or closed; nullptr when there was none.
  PeerSocket* find(const std::string& name);
  // The open socket of that name, or a new one of that AF_ family.
  PeerSocket& open_or_make(const std::string& name, Side side, int family);
  PeerSocket& adopt(const std::string& name, Side side, Fd fd);
  const std::vector<std::unique_ptr<PeerSocket>>& all() const { return sockets_; }
  void close_all();

  SocketAddress server_address();
  // Fields that `target` leaves empty are the server's.
  SocketAddress to(const scenario::Target& target);
  // Where a socket is bound: on the server's side at the server's address; on the client's at its
  // own host's, with a port of the kernel's choice, or at a UNIX name beside the server's.
  SocketAddress at(const scenario::Target& target, Side side, const std::string& name);
  std::string path(const std::string& text);  // empty: the server's own
  int family() const;                         // AF_ of the case

 private:
  const scenario::Case& case_;
  Stage& stage_;
  std::vector<std::unique_ptr<PeerSocket>> sockets_;  // in order of opening
};

}  // namespace wireproof::script
