// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "motet/score/kern_layout.h"
#include "motet/score/score.h"

namespace motet::kern {

/// Where the page ends: after the last note, rest or sign.
Ticks page_end(const Score& score);

/// The bars of the whole page: bars_of, but to page_end.
std::vector<Bar> bars_of_page(const Score& score);

/// Gathers bar lines, section labels and expansion lists, and makes barlines and hidden metre
/// changes of them. Score::metres must hold the printed metres.
class Road {
 public:
  void add_barline(Ticks at, const std::vector<BarlineKind>& kinds);
  void add_label(Ticks at, std::string_view name);              ///< "A", "B1"
  void add_expansion(size_t line, std::string_view expansion);  ///< "[A,B,A]"

  void finish(Score& score, Complaints& complaints) const;

 private:
  struct Section {
    std::string name;
    Ticks begin;
    Ticks end;
  };
  std::vector<Section> sections(Ticks end) const;
  bool has(Ticks at, BarlineKind kind) const;
  void add_endings(Score& score, Ticks end) const;
  std::vector<std::string> played(const std::vector<Section>& sections) const;
  void check_expansion(Ticks end, Complaints& complaints) const;

  std::map<Ticks, std::set<BarlineKind>> barlines_;
  std::map<Ticks, std::string> labels_;
  std::string expansion_;
  size_t expansion_line_ = 0;
};

/// Marks where tuplets begin and end, and the rests that fill a bar.
void mark_groups(Score& score);

}  // namespace motet::kern
