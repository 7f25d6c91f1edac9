// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "motet/score/kern_columns.h"
#include "motet/score/score.h"

namespace motet::kern {

/// One `**kern` spine with what stands at its right.
struct StaffSpines {
  size_t part = 0;
  uint8_t staff = 0;
  std::vector<Lane> lanes;
  std::vector<size_t> next;       ///< of each lane: the first event that has not been written
  std::set<size_t> active = {0};  ///< the lanes that have a column now
  size_t verses = 0;
  bool has_dynamics = false;
};

/// Whether a direction goes into a `**dynam` spine.
bool is_dynamic(const Direction& direction);

/// What must be known of a score before its first line can be written.
class Plan {
 public:
  explicit Plan(const Score& score);

 protected:
  Score score_;
  std::vector<Bar> bars_;
  Ticks end_;                        ///< of the page
  Ticks sound_end_;                  ///< of the last event
  std::vector<StaffSpines> staves_;  ///< as they stand, from the left
  std::map<std::pair<size_t, size_t>, std::map<Ticks, std::vector<const Lyric*>>> lyrics_;
  std::set<const Written*> begins_tie_;
  std::set<const Written*> ends_tie_;
  std::map<Ticks, std::string> labels_;
  std::set<Ticks> rows_;
  bool has_recip_ = false;
  size_t harmonies_ = 0;
  bool are_roman_ = true;

 private:
  void lay_out();
  void lay_out_staff(size_t part, size_t staff, std::vector<Lane> lanes);
  void find_ties();
  void find_labels();
  void find_times();
};

}  // namespace motet::kern
