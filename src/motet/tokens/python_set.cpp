// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <optional>

#include "motet/tokens/event_config.h"

namespace motet::tokens {
namespace {

/// The open-addressing table behind a Python set of small integers: where each comes to lie.
/// Source: the behaviour of CPython 3.11 (Objects/setobject.c): 8 slots at first, runs of up to
/// ten neighbouring slots, then a jump that mixes in the hash; grown fourfold at three fifths.
class IntegerSet {
 public:
  void add(int number) {
    if (!place(number)) return;
    ++used_;
    if (5 * used_ >= 3 * (slots_.size() - 1)) grow();
  }

  std::vector<int> in_order() const {
    std::vector<int> numbers;
    for (const auto& slot : slots_) {
      if (slot) numbers.push_back(*slot);
    }
    return numbers;
  }

 private:
  static uint64_t hash_of(int number) {
    constexpr int kReserved = -1;  // means an error to the interpreter: hash(-1) is -2
    return static_cast<uint64_t>(static_cast<int64_t>(number == kReserved ? -2 : number));
  }

  /// False when the number was there.
  bool place(int number) {
    constexpr size_t kNeighbours = 9;
    constexpr int kShift = 5;
    const size_t mask = slots_.size() - 1;
    uint64_t perturbation = hash_of(number);
    size_t at = perturbation & mask;
    while (true) {
      const size_t run = at + kNeighbours <= mask ? kNeighbours : 0;
      for (size_t i = at; i <= at + run; ++i) {
        if (slots_[i] == number) return false;
        if (slots_[i]) continue;
        slots_[i] = number;
        return true;
      }
      perturbation >>= kShift;
      at = (5 * at + 1 + perturbation) & mask;
    }
  }

  void grow() {
    size_t size = 8;
    while (size <= 4 * used_) size *= 2;
    const std::vector<int> numbers = in_order();
    slots_.assign(size, std::nullopt);
    for (const int number : numbers) place(number);
  }

  std::vector<std::optional<int>> slots_ = std::vector<std::optional<int>>(8);
  size_t used_ = 0;
};

}  // namespace

std::vector<int> in_python_set_order(const std::vector<int>& numbers) {
  IntegerSet set;
  for (const int number : numbers) set.add(number);
  return set.in_order();
}

}  // namespace motet::tokens
