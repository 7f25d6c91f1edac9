// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace motet::data {

/// Threads that each take an item, work on it and give it back, in no order. At most four items a
/// thread are under way, so that memory does not grow with what there is to do.
template <typename Item>
class Workers {
 public:
  /// `work` must not throw.
  Workers(size_t threads, std::function<void(Item&)> work)
      : work_(std::move(work)), room_(4 * threads) {
    for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { live(); });
  }
  ~Workers() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
      waiting_.clear();
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Gives an item to a thread, when there is room; calls done(item) for those that come back
  /// meanwhile.
  template <typename Done>
  void give(Item item, Done&& done) {
    while (under_way_ >= room_) done(take());
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(item));
    }
    ++under_way_;
    changed_.notify_all();
  }

  /// Calls done(item) for all that are under way.
  template <typename Done>
  void finish(Done&& done) {
    while (under_way_ > 0) done(take());
  }

 private:
  Item take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !ready_.empty(); });
    Item item = std::move(ready_.front());
    ready_.pop_front();
    --under_way_;
    return item;
  }

  void live() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return closing_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      Item item = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      work_(item);
      lock.lock();
      ready_.push_back(std::move(item));
      changed_.notify_all();
    }
  }

  std::function<void(Item&)> work_;
  size_t room_;
  size_t under_way_ = 0;  // known to the caller's thread only
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> waiting_;
  std::deque<Item> ready_;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace motet::data
