// SPDX-License-Identifier: Apache-2.0
#include "motet/score/kern_plan.h"

#include <algorithm>
#include <array>

#include "motet/score/kern_bars.h"

namespace motet::kern {

bool is_dynamic(const Direction& direction) {
  switch (direction.kind) {
    case DirectionKind::kCrescendo:
    case DirectionKind::kDiminuendo:
    case DirectionKind::kWedgeEnd:
      return true;
    case DirectionKind::kDynamic:
      return direction.text.find_first_not_of("pmfszr") == std::string::npos;
    default:
      return false;
  }
}

Plan::Plan(const Score& score) : score_(score) {
  sort_events(score_);
  name_notes(score_);
  bars_ = bars_of_page(score_);
  for (Part& part : score_.parts) {
    if (part.written.empty()) {
      const int fifths = score_.keys.empty() ? 0 : score_.keys[0].fifths;
      part.written = simply_written(part, bars_, score_.ticks_per_quarter, fifths);
    }
  }
  if (score_.parts.empty()) score_.parts.emplace_back();
  end_ = page_end(score_);
  lay_out();
  find_ties();
  find_labels();
  find_times();
}

void Plan::lay_out() {
  for (size_t p = score_.parts.size(); p-- > 0;) {
    const Part& part = score_.parts[p];
    std::vector<std::vector<Lane>> lanes = lanes_of(part, bars_);
    for (size_t s = lanes.size(); s-- > 0;) {
      lay_out_staff(p, s, std::move(lanes[s]));
    }
  }
  std::map<Ticks, size_t> chords;
  for (const ChordSymbol& chord : score_.chords) {
    harmonies_ = std::max(harmonies_, ++chords[chord.at]);
    const bool is_roman = chord.text.find_first_of("IVXiv") == 0;
    are_roman_ = are_roman_ && is_roman;
  }
}

void Plan::lay_out_staff(size_t p, size_t s, std::vector<Lane> lanes) {
  const Part& part = score_.parts[p];
  std::array<size_t, 256> staff_of{};  // by voice
  for (const Written& head : part.written) {
    if (head.staff < std::max<uint8_t>(1, part.staves)) staff_of[head.voice] = head.staff;
  }
  StaffSpines spines{p, static_cast<uint8_t>(s), std::move(lanes), {}};
  spines.next.assign(spines.lanes.size(), 0);
  for (const Direction& direction : part.directions) {
    spines.has_dynamics = spines.has_dynamics || (direction.staff == s && is_dynamic(direction));
  }
  for (const Lyric& lyric : part.lyrics) {
    if (staff_of[lyric.voice] != s) continue;
    spines.verses = std::max(spines.verses, size_t{lyric.verse});
    lyrics_[{p, s}][lyric.at].push_back(&lyric);
  }
  staves_.push_back(std::move(spines));
}

void Plan::find_ties() {
  for (const Part& part : score_.parts) {
    std::map<uint32_t, const Written*> last;
    for (const Written& head : part.written) {
      if (head.note.value == 0 || head.has(kRest) || head.has(kGrace)) continue;
      const auto [before, is_new] = last.try_emplace(head.note.value, &head);
      if (is_new) continue;
      begins_tie_.insert(before->second);
      ends_tie_.insert(&head);
      before->second = &head;
    }
  }
}

/// Section labels, so that the endings are known again.
void Plan::find_labels() {
  const auto is_ending = [](const Barline& each) { return each.kind == BarlineKind::kEndingBegin; };
  if (std::ranges::none_of(score_.barlines, is_ending)) return;
  std::map<Ticks, std::string> marks = {{Ticks{}, ""}};
  bool is_open = false;
  for (const Barline& each : score_.barlines) {
    const bool is_repeat =
        each.kind == BarlineKind::kRepeatBegin || each.kind == BarlineKind::kRepeatEnd;
    if (each.kind == BarlineKind::kEndingBegin) {
      const std::string number = each.text.substr(0, each.text.find_first_not_of("0123456789"));
      marks[each.at] = number.empty() ? "1" : number;
      is_open = true;
    } else if (each.kind == BarlineKind::kEndingEnd || each.kind == BarlineKind::kEndingOpen) {
      marks.try_emplace(each.at);
      is_open = false;
    } else if (is_repeat && !is_open) {
      marks.try_emplace(each.at);
    }
  }
  size_t section = 0;
  for (const auto& [at, number] : marks) {
    if (at >= end_) break;
    if (number.empty()) ++section;
    std::string letters;
    constexpr size_t kLetters = 26;
    for (size_t rest = std::max<size_t>(section, 1); rest > 0; rest = (rest - 1) / kLetters) {
      letters.insert(letters.begin(), static_cast<char>('A' + (rest - 1) % kLetters));
    }
    labels_[at] = letters + number;
  }
}

/// The moments that get a row, and whether a `**recip` spine must count the time between them.
void Plan::find_times() {
  std::set<Ticks> onsets;
  std::set<Ticks> counted = {Ticks{}};  // where an event begins as the one before it ends
  for (const StaffSpines& spines : staves_) {
    for (const Lane& lane : spines.lanes) {
      Ticks end{-1};
      for (const Event& event : lane.events) {
        onsets.insert(event.at);
        if (event.at == end) counted.insert(end);
        end = event.end;
        sound_end_ = std::max(sound_end_, event.end);
      }
    }
  }
  rows_ = onsets;
  const auto need = [&](Ticks at) {
    if (at < sound_end_ || at < end_ || end_ > sound_end_) rows_.insert(at);
  };
  const auto need_all = [&](const auto& events) {
    for (const auto& event : events) need(event.at);
  };
  need_all(score_.tempos), need_all(score_.keys), need_all(score_.chords);
  need_all(score_.markers), need_all(score_.barlines);
  for (const Bar& bar : bars_) need(bar.begin);
  for (const MetreChange& metre : score_.metres) {
    if (!metre.is_hidden) need(metre.at);
  }
  for (const Part& part : score_.parts) {
    need_all(part.clefs), need_all(part.directions), need_all(part.lyrics);
    for (const Control& control : part.controls) {
      if (control.kind == ControlKind::kProgram) need(control.at);
    }
  }
  for (const StaffSpines& spines : staves_) {
    for (const Lane& lane : spines.lanes) {
      for (const auto& [at, graces] : lane.graces) need(at);
    }
  }
  has_recip_ = rows_ != onsets || !std::ranges::includes(counted, onsets);
  if (has_recip_) rows_.insert(Ticks{});
}

}  // namespace motet::kern
