#include "stream/engine.h"

namespace targets {

std::unique_ptr<Engine> make_engine(const ServerOptions& options, const StopSignal& stop,
                                    EngineEvents& events) {
  return make_of_kind(
      options.engine, [&] { return make_uring_engine(options, stop, events); },
      [&] { return make_epoll_engine(stop, events); });
}

}  // namespace targets
