// A capture judged by several threads. The caller reads and dispatches; workers decode, track and
// judge a share of the connections each; a collector makes one account of it.
//
//   caller:  next_block() -> filled -> submit() : filter, dispatch --+--> queue --> worker 0 --+
//                                                                    +--> queue --> worker 1 --+-->
//                                                                    collector
//   batches are used again: when all are in use, next_block() waits
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
  void run(unsigned worker);
  void give_back(Batch& batch);
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
  std::mutex mutex_;  // of free_, queues_ and failure_
  std::condition_variable freed_, queued_;
  std::vector<std::deque<Batch*>> queues_;  // by worker
  bool ending_ = false, abandoned_ = false;
  std::exception_ptr failure_;
  std::vector<std::unique_ptr<Worker>> judges_;
  std::vector<std::thread> threads_;
};

}  // namespace wireproof::check
