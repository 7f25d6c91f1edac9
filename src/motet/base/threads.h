// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace motet {

/// One pool of workers, made by the program and given to the engine.
///
/// Workers spin for a moment after each piece of work, then sleep, and a worker that the machine
/// has put aside is not waited for. Where other programs want the processors too, fewer threads
/// work for a while, so that two are never slower than one. The caller is one of the threads, so
/// ThreadPool(1) starts none.
class ThreadPool {
 public:
  /// threads at least 1. Throws Error(kInvalidArgument) on 0 or above 256.
  explicit ThreadPool(size_t threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  size_t size() const noexcept;
  /// How many shares run() cuts its work into at most.
  size_t most_shares() const noexcept;

  /// Splits 0 .. count-1 into contiguous shares of equal length (to within one), two a thread where
  /// there are so many, and calls work(begin, end) for each, on whatever thread claims it; returns
  /// when all are done.
  /// Not reentrant. An exception that `work` throws is rethrown here after all shares ended.
  void run(size_t count, const std::function<void(size_t begin, size_t end)>& work);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// How many threads this machine can truly run for us: the affinity mask, at least 1.
size_t hardware_threads() noexcept;

}  // namespace motet
