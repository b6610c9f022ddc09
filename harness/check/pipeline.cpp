#include "check/pipeline.h"

#include <algorithm>
#include <utility>

namespace wireproof::check {
namespace {

// Enough that a worker with a batch of costly packets does not make the others wait.
constexpr std::size_t batches_a_worker = 4;

unsigned worker_count(unsigned wanted) {
  if (wanted != 0) return wanted;
  return std::clamp(std::thread::hardware_concurrency(), 1u, 8u);
}

// The first worker's share of 1 where the caller has its part: reading and dispatching take a
// twelfth of what judging takes, and all threads should be done at once.
double first_share(unsigned workers) {
  constexpr double dispatching = 0.08;
  return std::max(0.0, (1 + dispatching) / workers - dispatching);
}

}  // namespace

Pipeline::Pipeline(const Judging& judging, const PipelineOptions& options, Collector::Outlet outlet)
    : options_(options),
      workers_(worker_count(options.workers)),
      dispatcher_(
          {workers_, options.decapsulate, options.live ? 1.0 / workers_ : first_share(workers_)}),
      collector_(workers_, std::move(outlet), options.live ? 0 : Collector::kKeptBack,
                 options.exchange_outlet) {
  const unsigned callers = options.live ? 0 : 1;  // of the threads that work
  const unsigned threads = workers_ - callers;
  // A caller that is alone works on each batch at once: nothing is left waiting for a slow source.
  for (std::size_t i = 0; i < threads * batches_a_worker + 1; ++i) {
    all_.push_back(std::make_unique<Batch>());
    free_.push_back(all_.back().get());
  }
  for (unsigned i = 0; i < workers_; ++i) lanes_.push_back(std::make_unique<Lane>(i, judging));
  for (unsigned i = callers; i < workers_; ++i) {
    threads_.emplace_back([this, i] { run(*lanes_[i]); });
  }
}

Pipeline::~Pipeline() {
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
  }
  end_threads();
}

void Pipeline::end_threads() {
  for (auto& lane : lanes_) lane->queued.notify_one();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Pipeline::rethrow() {
  const std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
}

void Pipeline::put(Batch* batch) {
  {
    const std::lock_guard lock(mutex_);
    for (auto& lane : lanes_) lane->queue.push_back(batch);
  }
  for (auto& lane : lanes_) lane->queued.notify_one();
}

bool Pipeline::serve(Lane& lane, std::unique_lock<std::mutex>& lock) {
  Batch* const batch = lane.queue.front();
  lane.queue.pop_front();
  lock.unlock();
  work(lane, batch);
  lock.lock();
  if (batch == nullptr) return false;
  if (--batch->users == 0) {
    free_.push_back(batch);
    freed_.notify_one();
  }
  return true;
}

capture::FrameBlock& Pipeline::next_block() {
  if (in_hand_ == nullptr) {
    std::unique_lock lock(mutex_);
    while (free_.empty()) {
      if (options_.live || lanes_[0]->queue.empty()) {
        freed_.wait(lock);
      } else {
        serve(*lanes_[0], lock);
      }
    }
    in_hand_ = free_.back();
    free_.pop_back();
  }
  return in_hand_->block;
}

void Pipeline::submit(std::int64_t now_ns) {
  rethrow();
  Batch& batch = *std::exchange(in_hand_, nullptr);
  batch.clear();
  batch.number = batches_++;
  batch.now_ns = now_ns;
  auto& frames = batch.block.frames;
  if (options_.filter != nullptr) {
    const std::size_t before = frames.size();
    std::erase_if(frames,
                  [&](const packet::Frame& frame) { return !options_.filter->matches(frame); });
    filtered_out_ += before - frames.size();
  }
  dispatcher_.dispatch(batch);
  batch.users = workers_;
  put(&batch);
}

void Pipeline::run(Lane& lane) {
  std::unique_lock lock(mutex_);
  do {
    lane.queued.wait(lock, [&] { return abandoned_ || !lane.queue.empty(); });
  } while (!abandoned_ && serve(lane, lock));
}

// After a failure batches are still taken, so that nobody waits for them.
void Pipeline::work(Lane& lane, Batch* batch) {
  if (lane.failed) return;
  try {
    if (batch != nullptr) {
      lane.judge.work(*batch, lane.number, lane.account);
    } else {
      lane.judge.finish(lane.account);
    }
    collector_.deliver(lane.number, lane.account);
  } catch (...) {
    lane.failed = true;
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
  }
}

Totals Pipeline::finish() {
  put(nullptr);
  if (!options_.live) {
    std::unique_lock lock(mutex_);
    while (serve(*lanes_[0], lock)) {
    }
  }
  end_threads();
  rethrow();
  collector_.flush();
  Totals totals;
  totals.summary = collector_.summary();
  totals.packets = dispatcher_.counts();
  totals.packets.filtered_out = filtered_out_;
  totals.findings = dispatcher_.finish();
  for (const auto& lane : lanes_) {
    totals.checksums.add(lane->judge.checksums());
    totals.cut += lane->judge.cut();
    totals.remnants += lane->judge.remnants();
  }
  return totals;
}

}  // namespace wireproof::check
