#ifndef WIREPROOF_TARGETS_STREAM_CONVERSATION_H_
#define WIREPROOF_TARGETS_STREAM_CONVERSATION_H_

#include <string>
#include <vector>

#include "common/address.h"
#include "common/fd.h"
#include "common/stop_signal.h"
#include "stream/client_options.h"

namespace targets {

// One connection of the client, from connect() to close(). Its thread waits in poll() for its
// socket and the stop signal; whatever goes wrong is thrown. The references must outlive it.
class Conversation {
 public:
  // `type` is SOCK_STREAM or SOCK_SEQPACKET.
  Conversation(const Address& server, int type, const ClientOptions& options,
               const StopSignal& stop);

  void open();
  void exchange(bool is_last);
  void close();

 private:
  void send_some();
  void receive_some();
  void take(std::string_view bytes);
  void take_end();
  void read_to_the_end();
  short wait_for(short events, const char* attempt);
  void pause(int milliseconds);

  const Address& server_;
  const std::string name_;
  const int type_;
  const ClientOptions& options_;
  const StopSignal& stop_;
  Fd socket_;
  std::vector<char> buffer_;

  // Of the current exchange.
  std::size_t sent_ = 0;
  std::size_t received_ = 0;
  std::string shown_;  // the first bytes of the answer, to be printed
  bool until_end_ = false;
  bool ended_ = false;
};

}  // namespace targets

#endif  // WIREPROOF_TARGETS_STREAM_CONVERSATION_H_
