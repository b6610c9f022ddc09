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

}  // namespace

Pipeline::Pipeline(const Judging& judging, const PipelineOptions& options, Collector::Outlet outlet)
    : options_(options),
      workers_(worker_count(options.workers)),
      dispatcher_({workers_, options.decapsulate}),
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
  for (unsigned i = 0; i < threads; ++i)
    threads_.emplace_back([this, i, callers] { run(i + callers); });
}

Pipeline::~Pipeline() {
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
  }
  end_threads();
}

void Pipeline::end_threads() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  queued_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Pipeline::rethrow() {
  const std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
}

Pipeline::Lane* Pipeline::take(unsigned own) {
  Lane* best = nullptr;
  for (unsigned i = 0; i < workers_; ++i) {
    Lane& lane = *lanes_[(own + i) % workers_];
    if (lane.taken || lane.queue.empty()) continue;
    if (best == nullptr || lane.queue.size() > best->queue.size()) best = &lane;
    if (i == 0) break;
  }
  if (best != nullptr) best->taken = true;
  return best;
}

bool Pipeline::all_done() const {
  return std::all_of(lanes_.begin(), lanes_.end(),
                     [](const auto& lane) { return lane->queue.empty(); });
}

void Pipeline::serve(Lane& lane, std::unique_lock<std::mutex>& lock) {
  Batch* const batch = lane.queue.front();
  lane.queue.pop_front();
  lock.unlock();
  work(lane, batch);
  lock.lock();
  lane.taken = false;
  if (ending_) {
    queued_.notify_all();
  } else if (!lane.queue.empty()) {  // for whoever came too late for this lane
    queued_.notify_one();
  }
  if (batch == nullptr || --batch->users != 0) return;
  free_.push_back(batch);
  freed_.notify_one();
}

capture::FrameBlock& Pipeline::next_block() {
  if (in_hand_ == nullptr) {
    std::unique_lock lock(mutex_);
    while (free_.empty()) {
      Lane* const lane = options_.live ? nullptr : take(0);
      if (lane != nullptr) {
        serve(*lane, lock);
      } else {
        freed_.wait(lock);
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
  {
    const std::lock_guard lock(mutex_);
    for (auto& lane : lanes_) lane->queue.push_back(&batch);
  }
  queued_.notify_all();
}

void Pipeline::run(unsigned own) {
  std::unique_lock lock(mutex_);
  while (!abandoned_) {
    if (Lane* const lane = take(own)) {
      serve(*lane, lock);
    } else if (ending_ && all_done()) {
      break;
    } else {
      queued_.wait(lock);
    }
  }
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
  {
    std::unique_lock lock(mutex_);
    for (auto& lane : lanes_) lane->queue.push_back(nullptr);
    queued_.notify_all();
    while (Lane* const lane = options_.live ? nullptr : take(0)) serve(*lane, lock);
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
