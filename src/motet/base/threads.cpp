// SPDX-License-Identifier: Apache-2.0
#include "motet/base/threads.h"

#include <sched.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
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

struct ThreadPool::State {
  explicit State(size_t threads) : size(threads) {}

  /// Share `index` of the present job; never throws.
  void do_share(size_t index) noexcept {
    const size_t begin = count * index / size;
    const size_t end = count * (index + 1) / size;
    if (begin == end) return;
    try {
      (*work)(begin, end);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  }

  void live(size_t index) {
    uint64_t seen = 0;
    while (true) {
      const auto called = [&] { return generation.load(std::memory_order_acquire) != seen; };
      if (!spin_until(called)) {
        std::unique_lock lock(mutex);
        wake.wait(lock, called);
      }
      ++seen;
      if (stopping) return;
      do_share(index);
      if (pending.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        const std::lock_guard lock(
            mutex);  // so that the caller cannot miss it between look and sleep
        finished.notify_one();
      }
    }
  }

  /// Begins the next job on all workers. What it reads is written before `generation`.
  void call_workers() {
    {
      const std::lock_guard lock(mutex);
      pending.store(workers.size(), std::memory_order_relaxed);
      generation.fetch_add(1, std::memory_order_release);
    }
    wake.notify_all();
  }

  void wait_for_workers() {
    const auto done = [&] { return pending.load(std::memory_order_acquire) == 0; };
    if (spin_until(done)) return;
    std::unique_lock lock(mutex);
    finished.wait(lock, done);
  }

  size_t size;
  size_t count = 0;
  const std::function<void(size_t, size_t)>* work = nullptr;
  bool stopping = false;
  std::exception_ptr failure;
  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable finished;
  std::atomic<uint64_t> generation{0};
  std::atomic<size_t> pending{0};
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
    state->workers.emplace_back([state, index] { state->live(index); });
  }
}

ThreadPool::~ThreadPool() {
  state_->stopping = true;
  state_->call_workers();
  for (std::thread& worker : state_->workers) worker.join();
}

size_t ThreadPool::size() const noexcept { return state_->size; }

void ThreadPool::run(size_t count, const std::function<void(size_t begin, size_t end)>& work) {
  if (count == 0) return;
  State& state = *state_;
  state.count = count;
  state.work = &work;
  if (state.workers.empty() || count == 1) {
    work(0, count);
    return;
  }
  state.call_workers();
  state.do_share(0);
  state.wait_for_workers();
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
