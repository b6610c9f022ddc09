// A capture judged by several threads. The caller reads and dispatches; each worker decodes, tracks
// and judges a share of the connections; a collector makes one account of it.
//
//   caller:  next_block() -> filled -> submit() : filter, dispatch --+--> queue of worker 0 --+
//                                                                    +--> queue of worker 1 --+-->
//                                                                    collector
//   batches are used again: when all are in use, next_block() works for worker 0
//
// There are as many threads as workers, the caller among them: one more would take a processor from
// one of them. It has the first worker's part besides its own, so that share is smaller. No thread
// works for another's worker: that would have all its connections come over from another
// processor's caches. Live the caller must not be kept from its source, and every worker has a
// thread.
//
// Thread rule: next_block, submit and finish belong to one thread. The outlet is called by any, one
// at a time. What a worker throws is thrown again by submit() or finish().
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "capture/filter.h"
#include "check/batch.h"
#include "check/collector.h"
#include "check/dispatcher.h"
#include "check/worker.h"

namespace wireproof::check {

struct PipelineOptions {
  unsigned workers = 0;  // 0: as many as there are processors, up to 8
  bool decapsulate = false;
  capture::Filter* filter = nullptr;  // must outlive the pipeline
  // What is not in the filter has passed it: at once, and not held back to be sorted.
  bool live = false;
  Collector::ExchangeOutlet exchange_outlet = {};  // as the outlet
};

struct Totals {
  Summary summary;
  PacketCounts packets;
  ChecksumCounts checksums;
  std::uint64_t cut = 0, remnants = 0;
  std::vector<Finding> findings;  // of fragments
};

class Pipeline {
 public:
  // `judging` must outlive the pipeline.
  Pipeline(const Judging& judging, const PipelineOptions& options, Collector::Outlet outlet);
  ~Pipeline();  // without finish(): gives up what is in work
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  capture::FrameBlock& next_block();  // empty, to be filled
  // The block that next_block() gave. `now_ns`: live, the time at which all of it is there.
  void submit(std::int64_t now_ns = 0);
  Totals finish();

  Summary summary() const { return collector_.summary(); }  // so far
  const PacketCounts& packets() const { return dispatcher_.counts(); }

 private:
  // A worker and what waits for it.
  struct Lane {
    Lane(unsigned n, const Judging& judging) : number(n), judge(judging) {}
    const unsigned number;
    Worker judge;
    Account account;
    bool failed = false;
    std::deque<Batch*> queue;        // null: the end of the capture
    std::condition_variable queued;  // something
  };
  void run(Lane& lane);
  // Works off the first that waits; the lock is given back meanwhile. False: that was the end.
  bool serve(Lane& lane, std::unique_lock<std::mutex>& lock);
  void work(Lane& lane, Batch* batch);
  void put(Batch* batch);  // in all queues
  void rethrow();
  void end_threads();

  PipelineOptions options_;
  unsigned workers_;
  Dispatcher dispatcher_;
  Collector collector_;
  std::uint64_t filtered_out_ = 0, batches_ = 0;
  std::vector<std::unique_ptr<Batch>> all_;
  std::vector<Batch*> free_;
  Batch* in_hand_ = nullptr;
  std::mutex mutex_;  // of free_, of what waits in lanes, and of failure_
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Lane>> lanes_;  // by worker
  bool abandoned_ = false;
  std::exception_ptr failure_;
  std::vector<std::thread> threads_;
};

}  // namespace wireproof::check
