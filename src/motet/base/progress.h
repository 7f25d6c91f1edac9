// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace motet {

/// What a long job says while it works.
struct ProgressEvent {
  std::string stage;   ///< "composing", "training", ...
  int64_t done = 0;    ///< units done
  int64_t total = 0;   ///< units in all; 0 when unknown
  std::string detail;  ///< one short phrase, such as "loss 2.31"
};

/// A channel between a long job and whoever waits for it: events out, a wish to stop in.
class Progress {
 public:
  using Listener = std::function<void(const ProgressEvent&)>;

  Progress() = default;
  explicit Progress(Listener listener) : listener_(std::move(listener)) {}

  void report(const ProgressEvent& event) const {
    if (listener_) listener_(event);
  }

  /// May be called from a signal handler or another thread.
  void request_stop() noexcept { stop_.store(true, std::memory_order_relaxed); }
  bool stop_requested() const noexcept { return stop_.load(std::memory_order_relaxed); }

 private:
  Listener listener_;
  std::atomic<bool> stop_{false};
};

/// A line such as "training  [#####.....]  512/1024  50%  3.2/s  02:40 left  loss 2.31", for a
/// terminal `columns` wide. `elapsed_seconds` is what the job has taken so far.
std::string progress_line(const ProgressEvent& event, double elapsed_seconds, int columns);

}  // namespace motet
