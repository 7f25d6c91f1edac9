// SPDX-License-Identifier: Apache-2.0
#include "motet/base/threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "motet/base/error.h"

namespace motet {
namespace {

TEST(ThreadPool, GivesEachUnitToExactlyOneThread) {
  for (const size_t threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.size(), threads);
    for (const size_t count : {0, 1, 2, 7, 8, 9, 1000}) {
      std::vector<std::atomic<int>> touched(count);
      pool.run(count, [&](size_t begin, size_t end) {
        for (size_t i = begin; i < end; ++i) ++touched[i];
      });
      for (const auto& times : touched) EXPECT_EQ(times, 1);
    }
  }
}

TEST(ThreadPool, SharesAreEqualToWithinOne) {
  ThreadPool pool(4);
  std::mutex mutex;
  std::vector<size_t> sizes;
  pool.run(20, [&](size_t begin, size_t end) {
    const std::lock_guard lock(mutex);
    sizes.push_back(end - begin);
  });
  ASSERT_EQ(sizes.size(), 8U);
  for (const size_t size : sizes) EXPECT_TRUE(size == 2 || size == 3) << size;
}

/// A share that takes long on one thread leaves the others to the other.
TEST(ThreadPool, WhoeverIsQuickTakesMore) {
  ThreadPool pool(2);
  std::mutex mutex;
  std::map<std::thread::id, int> taken;
  std::atomic<bool> is_held{false};
  pool.run(4, [&](size_t, size_t) {
    {
      const std::lock_guard lock(mutex);
      ++taken[std::this_thread::get_id()];
    }
    if (!is_held.exchange(true)) {  // the first waits until somebody took the other three
      const auto others = [&] {
        const std::lock_guard lock(mutex);
        int sum = 0;
        for (const auto& [thread, count] : taken) sum += count;
        return sum == 4;
      };
      while (!others()) std::this_thread::yield();
    }
  });
  ASSERT_EQ(taken.size(), 2U);
  for (const auto& [thread, count] : taken) EXPECT_TRUE(count == 1 || count == 3) << count;
}

/// Jobs so short that workers come late to most of them.
TEST(ThreadPool, LateWorkersTouchNoLaterJob) {
  ThreadPool pool(4);
  for (int round = 0; round < 20'000; ++round) {
    int done[8] = {};  // one element a share: each is written by one thread
    pool.run(8, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) done[i] = round + 1;
    });
    for (const int value : done) ASSERT_EQ(value, round + 1);
  }
}

TEST(ThreadPool, RethrowsAndGoesOn) {
  ThreadPool pool(3);
  for (int round = 0; round < 20; ++round) {
    EXPECT_THROW(pool.run(3, [](size_t, size_t) { throw std::runtime_error("x"); }),
                 std::runtime_error);
    std::atomic<int> done{0};
    pool.run(3, [&](size_t begin, size_t end) { done += static_cast<int>(end - begin); });
    EXPECT_EQ(done, 3);
  }
}

TEST(ThreadPool, WorksAfterItsWorkersFellAsleep) {
  ThreadPool pool(4);
  std::atomic<size_t> sum{0};
  for (int round = 0; round < 200; ++round) {
    if (round % 20 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    pool.run(100, [&](size_t begin, size_t end) { sum += end - begin; });
  }
  EXPECT_EQ(sum, 20'000U);
}

TEST(ThreadPool, RefusesAnImpossibleSize) {
  EXPECT_THROW(ThreadPool(0), Error);
  EXPECT_THROW(ThreadPool(257), Error);
}

TEST(HardwareThreads, IsAtLeastOne) { EXPECT_GE(hardware_threads(), 1U); }

}  // namespace
}  // namespace motet
