#include "stream/engine.h"

#include "common/error.h"
#include "common/output.h"

namespace targets {

std::unique_ptr<Engine> make_engine(const ServerOptions& options, const StopSignal& stop,
                                    EngineEvents& events) {
  switch (options.engine) {
    case EngineKind::io_uring:
      return make_uring_engine(options, stop, events);
    case EngineKind::automatic:
      try {
        return make_uring_engine(options, stop, events);
      } catch (const Failure& refusal) {
        complain(std::string(refusal.what()) + "; epoll serves instead");
      }
      break;
    case EngineKind::epoll:
      break;
  }
  return make_epoll_engine(stop, events);
}

}  // namespace targets
