// SPDX-License-Identifier: Apache-2.0
#include "motet/base/threads.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "motet/base/error.h"

namespace motet {
namespace {

constexpr size_t kMaxThreads = 256;
/// More than one, so that whoever is quick takes more.
constexpr size_t kSharesPerThread = 2;
/// Long enough to bridge the gap between two layers, short enough not to steal a busy machine.
constexpr std::chrono::microseconds kSpin{20};

void pause_briefly() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

/// Spins until done() or until the time is up; says whether it is done.
template <typename Done>
bool spin_until(const Done& done) {
  constexpr int kPausesPerLook = 16;  // reading the clock costs more than looking
  const auto end = std::chrono::steady_clock::now() + kSpin;
  do {
    for (int i = 0; i < kPausesPerLook; ++i) {
      if (done()) return true;
      pause_briefly();
    }
  } while (std::chrono::steady_clock::now() < end);
  return done();
}

}  // namespace

/// A job is cut into shares, which threads claim one by one: a worker that the machine has put
/// aside claims none, and nobody waits for it. Nobody can claim a share of a job that is over,
/// because the ticket names the job; so what a job reads may change once its last share is
/// finished.
struct ThreadPool::State {
  explicit State(size_t threads) : size(threads) {}

  /// The next share of the job that is on, or false when all are claimed.
  bool claim(size_t& share) noexcept {
    uint64_t held = ticket.load(std::memory_order_acquire);
    while ((held & kShareMask) < (held >> kShareBits & kShareMask)) {
      if (ticket.compare_exchange_weak(held, held + 1, std::memory_order_acq_rel,
                                       std::memory_order_acquire)) {
        share = held & kShareMask;
        return true;
      }
    }
    return false;
  }

  void do_share(size_t share) noexcept {
    try {
      (*work)(count * share / shares, count * (share + 1) / shares);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  }

  /// Shares until none is left.
  void help() noexcept {
    size_t share = 0;
    while (claim(share)) {
      const auto all = static_cast<uint32_t>(shares);  // the job may be over once we have counted
      do_share(share);
      if (finished.fetch_add(1, std::memory_order_acq_rel) + 1 == all) finished.notify_one();
    }
  }

  void live() {
    uint32_t seen = 0;
    while (true) {
      const auto called = [&] { return job.load(std::memory_order_acquire) != seen; };
      if (!spin_until(called)) job.wait(seen, std::memory_order_acquire);
      seen = job.load(std::memory_order_acquire);
      if (stopping.load(std::memory_order_acquire)) return;
      help();
    }
  }

  /// Shows the next job to all workers. What it reads is written before.
  void call_workers() {
    finished.store(0, std::memory_order_relaxed);
    const uint32_t next = job.load(std::memory_order_relaxed) + 1;
    ticket.store(uint64_t{next} << 2 * kShareBits | uint64_t{shares} << kShareBits,
                 std::memory_order_release);
    job.store(next, std::memory_order_release);
    job.notify_all();  // costs a look where nobody sleeps
  }

  void wait_for_claimed() {
    const auto done = [&] { return finished.load(std::memory_order_acquire) == shares; };
    if (spin_until(done)) return;
    for (uint32_t count_now = finished.load(std::memory_order_acquire); count_now != shares;
         count_now = finished.load(std::memory_order_acquire)) {
      finished.wait(count_now, std::memory_order_acquire);
    }
  }

  static constexpr unsigned kShareBits = 16;
  static constexpr uint64_t kShareMask = (uint64_t{1} << kShareBits) - 1;

  size_t size;
  size_t count = 0;
  size_t shares = 0;
  const std::function<void(size_t, size_t)>* work = nullptr;
  std::exception_ptr failure;
  std::mutex mutex;  // of failure
  std::atomic<bool> stopping{false};
  std::atomic<uint32_t> job{0};       // its number; workers sleep on it
  std::atomic<uint64_t> ticket{0};    // job, shares, next share
  std::atomic<uint32_t> finished{0};  // shares; the caller sleeps on it
  std::vector<std::thread> workers;
};

ThreadPool::ThreadPool(size_t threads) {
  if (threads == 0 || threads > kMaxThreads) {
    throw Error(ErrorCode::kInvalidArgument, "threads: expected 1.." + std::to_string(kMaxThreads) +
                                                 ", found " + std::to_string(threads));
  }
  state_ = std::make_unique<State>(threads);
  State* const state = state_.get();
  for (size_t index = 1; index < threads; ++index) {
    state->workers.emplace_back([state] { state->live(); });
  }
}

ThreadPool::~ThreadPool() {
  state_->stopping = true;
  state_->shares = 0;
  state_->call_workers();
  for (std::thread& worker : state_->workers) worker.join();
}

size_t ThreadPool::size() const noexcept { return state_->size; }

size_t ThreadPool::most_shares() const noexcept { return state_->size * kSharesPerThread; }

void ThreadPool::run(size_t count, const std::function<void(size_t begin, size_t end)>& work) {
  if (count == 0) return;
  State& state = *state_;
  if (state.workers.empty() || count == 1) {
    work(0, count);
    return;
  }
  state.count = count;
  state.work = &work;
  state.shares = std::min(count, state.size * kSharesPerThread);
  state.call_workers();
  state.help();
  state.wait_for_claimed();
  if (state.failure) std::rethrow_exception(std::exchange(state.failure, nullptr));
}

size_t hardware_threads() noexcept {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (::sched_getaffinity(0, sizeof mask, &mask) == 0) {
    const int allowed = CPU_COUNT(&mask);
    if (allowed > 0) return static_cast<size_t>(allowed);
  }
  const unsigned known = std::thread::hardware_concurrency();
  return known > 0 ? known : 1;
}

}  // namespace motet
