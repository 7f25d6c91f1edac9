// SPDX-License-Identifier: Apache-2.0
#include "motet/base/threads.h"

#include <sched.h>
#include <sys/resource.h>

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

using Clock = std::chrono::steady_clock;

constexpr size_t kMaxThreads = 256;
/// More than one, so that whoever is quick takes more.
constexpr size_t kSharesPerThread = 2;
/// Long enough to bridge what one thread does between two jobs (at 20, waking a worker took longer
/// than a prompt's jobs), short enough not to steal a busy machine.
constexpr std::chrono::microseconds kSpin{200};

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
  const auto end = Clock::now() + kSpin;
  do {
    for (int i = 0; i < kPausesPerLook; ++i) {
      if (done()) return true;
      pause_briefly();
    }
  } while (Clock::now() < end);
  return done();
}

/// How often the machine took the processor from the calling thread. Sleeping does not count.
int64_t times_put_aside() noexcept {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nivcsw;
}

/// Other programs want processors too. Then the machine puts threads aside in the midst of a share,
/// and everybody waits for milliseconds: one thread too many makes a job slower than one too few.
/// Where that is seen, one thread fewer works for a while; for twice as long when it is seen again
/// at once. It is seen in two ways: the caller waits for others longer than it worked, twice within
/// 20 ms; or it is itself put aside more than 120 times a second (beside one busy process it was
/// 200 to 300 times, on a quiet machine 10 to 70).
class Crowd {
 public:
  /// How many of `size` threads are to work now.
  size_t threads(size_t size, Clock::time_point now) noexcept {
    if (now >= until_) missing_ = 0;
    return size - std::min(missing_, size - 1);
  }

  /// What the caller saw in a job: it worked from start, and waited from helped, until done.
  void look(Clock::time_point start, Clock::time_point helped, Clock::time_point done) noexcept {
    constexpr std::chrono::microseconds kPutAside{300};
    const bool has_waited = done - helped > (helped - start) + kPutAside;
    const bool waits = has_waited && done - std::exchange(last_, done) < kOften;
    if (!waits && !is_put_aside(done)) return;
    // Seeing it again takes a while, too.
    rest_ = done - until_ < rest_ + 3 * kPeriod ? std::min(2 * rest_, kLongest) : kShortest;
    until_ = done + rest_;
    ++missing_;
  }

 private:
  /// Whether the caller was put aside again and again in the period that ends now.
  bool is_put_aside(Clock::time_point now) noexcept {
    constexpr int64_t kMany = 6;
    const Clock::duration period = now - period_begin_;
    if (period < kPeriod) return false;
    const int64_t before = std::exchange(times_before_, times_put_aside());
    period_begin_ = now;
    const bool is_whole = period < 2 * kPeriod;  // not one with a rest in it, or without jobs
    return is_whole && times_before_ - before >= kMany;
  }

  static constexpr Clock::duration kOften = std::chrono::milliseconds(20);
  static constexpr Clock::duration kPeriod = std::chrono::milliseconds(50);
  static constexpr Clock::duration kShortest = std::chrono::milliseconds(16);
  static constexpr Clock::duration kLongest = std::chrono::milliseconds(4096);

  Clock::time_point until_{};
  Clock::time_point last_{};  // that a thread was seen put aside
  Clock::time_point period_begin_{};
  int64_t times_before_ = 0;
  Clock::duration rest_ = kShortest;
  size_t missing_ = 0;
};

}  // namespace

/// A job is cut into shares, which threads claim one by one: a worker that the machine has put
/// aside claims none, and nobody waits for it. Nobody can claim a share of a job that is over,
/// because the ticket names the job; so what a job reads may change once its last share is
/// finished.
struct ThreadPool::State {
  explicit State(size_t threads) : size(threads), calls(threads - 1) {}

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

  void live(std::atomic<uint32_t>& call) {
    uint32_t seen = 0;
    while (true) {
      const auto called = [&] { return call.load(std::memory_order_acquire) != seen; };
      if (!spin_until(called)) call.wait(seen, std::memory_order_acquire);
      seen = call.load(std::memory_order_acquire);
      if (stopping.load(std::memory_order_acquire)) return;
      help();
    }
  }

  /// Shows the next job to the first workers. What it reads is written before.
  void call_workers(size_t wanted) {
    finished.store(0, std::memory_order_relaxed);
    ++job;
    ticket.store(uint64_t{job} << 2 * kShareBits | uint64_t{shares} << kShareBits,
                 std::memory_order_release);
    for (size_t i = 0; i < wanted; ++i) {
      calls[i].store(job, std::memory_order_release);
      calls[i].notify_one();  // costs a look where it does not sleep
    }
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
  uint32_t job = 0;                          // its number
  std::atomic<uint64_t> ticket{0};           // job, shares, next share
  std::atomic<uint32_t> finished{0};         // shares; the caller sleeps on it
  std::vector<std::atomic<uint32_t>> calls;  // the latest job of each worker, who sleeps on it
  std::vector<std::thread> workers;
  Crowd crowd;
};

ThreadPool::ThreadPool(size_t threads) {
  if (threads == 0 || threads > kMaxThreads) {
    throw Error(ErrorCode::kInvalidArgument, "threads: expected 1.." + std::to_string(kMaxThreads) +
                                                 ", found " + std::to_string(threads));
  }
  state_ = std::make_unique<State>(threads);
  State* const state = state_.get();
  for (std::atomic<uint32_t>& call : state->calls) {
    state->workers.emplace_back([state, &call] { state->live(call); });
  }
}

ThreadPool::~ThreadPool() {
  state_->stopping = true;
  state_->shares = 0;
  state_->call_workers(state_->workers.size());
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
  const Clock::time_point start = Clock::now();
  const size_t threads = state.crowd.threads(state.size, start);
  if (threads == 1) {
    work(0, count);
    return;
  }
  state.count = count;
  state.work = &work;
  state.shares = std::min(count, threads * kSharesPerThread);
  state.call_workers(threads - 1);
  state.help();
  const Clock::time_point helped = Clock::now();
  state.wait_for_claimed();
  state.crowd.look(start, helped, Clock::now());
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
