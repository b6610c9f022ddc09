#include "check/pipeline.h"

#include <algorithm>

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
                 options.exchange_outlet),
      queues_(workers_) {
  for (std::size_t i = 0; i < workers_ * batches_a_worker + 1; ++i) {
    all_.push_back(std::make_unique<Batch>());
    free_.push_back(all_.back().get());
  }
  for (unsigned i = 0; i < workers_; ++i) judges_.push_back(std::make_unique<Worker>(judging));
  for (unsigned i = 0; i < workers_; ++i) threads_.emplace_back([this, i] { run(i); });
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

capture::FrameBlock& Pipeline::next_block() {
  if (in_hand_ == nullptr) {
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [&] { return !free_.empty(); });
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
    for (auto& queue : queues_) queue.push_back(&batch);
  }
  queued_.notify_all();
}

void Pipeline::give_back(Batch& batch) {
  if (batch.users.fetch_sub(1) != 1) return;
  {
    const std::lock_guard lock(mutex_);
    free_.push_back(&batch);
  }
  freed_.notify_one();
}

void Pipeline::run(unsigned worker) {
  Worker& judge = *judges_[worker];
  Account account;
  bool failed = false;
  for (;;) {
    Batch* batch = nullptr;
    {
      std::unique_lock lock(mutex_);
      queued_.wait(lock, [&] { return ending_ || !queues_[worker].empty(); });
      if (abandoned_ || queues_[worker].empty()) break;
      batch = queues_[worker].front();
      queues_[worker].pop_front();
    }
    // After a failure batches are still taken, so that nobody waits for them.
    try {
      if (!failed) judge.work(*batch, worker, account);
      if (!failed) collector_.deliver(worker, account);
    } catch (...) {
      failed = true;
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
    give_back(*batch);
  }
  if (abandoned_ || failed) return;
  try {
    judge.finish(account);
    collector_.deliver(worker, account);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
  }
}

Totals Pipeline::finish() {
  end_threads();
  rethrow();
  collector_.flush();
  Totals totals;
  totals.summary = collector_.summary();
  totals.packets = dispatcher_.counts();
  totals.packets.filtered_out = filtered_out_;
  totals.findings = dispatcher_.finish();
  for (const auto& judge : judges_) {
    totals.checksums.add(judge->checksums());
    totals.cut += judge->cut();
    totals.remnants += judge->remnants();
  }
  return totals;
}

}  // namespace wireproof::check
