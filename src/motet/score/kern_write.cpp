// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>
#include <set>

#include "motet/score/at_time.h"
#include "motet/score/kern.h"
#include "motet/score/kern_bars.h"
#include "motet/score/kern_layout.h"
#include "motet/score/kern_plan.h"
#include "motet/score/kern_signs.h"
#include "motet/score/kern_token.h"
#include "motet/score/kern_values.h"

namespace motet {
namespace kern {
namespace {

class Writer : private Plan {
 public:
  explicit Writer(const Score& score) : Plan(score) {}

  std::string write() {
    write_records();
    write_head();
    for (const Ticks at : rows_) write_moment(at);
    if (rows_.empty() || *rows_.rbegin() < end_) {
      write_signs(end_);
      split_for_graces(end_);
      write_graces(end_);
    }
    for (StaffSpines& spines : staves_) reduce(spines, {0});
    write_all("*-");
    if (resolution_of(units_) != score_.ticks_per_quarter) {
      text_ +=
          std::string(kResolutionRecord) + " " + std::to_string(score_.ticks_per_quarter) + "\n";
    }
    return std::move(text_);
  }

 private:
  // Lines.

  template <typename Field>
  void write_line(const Field& field_of, const std::string& other) {
    std::string line;
    const auto put = [&](const std::string& field) { line += (line.empty() ? "" : "\t") + field; };
    if (has_recip_) put(other);
    for (const StaffSpines& spines : staves_) {
      const std::string field = field_of(spines);
      for (size_t i = 0; i < spines.active.size(); ++i) put(field);
      for (size_t i = 0; i < spines.verses + (spines.has_dynamics ? 1 : 0); ++i) put(other);
    }
    for (size_t i = 0; i < harmonies_; ++i) put(other);
    text_ += line + "\n";
  }

  void write_all(const std::string& field) {
    write_line([&](const StaffSpines&) { return field; }, field);
  }

  /// An interpretation in every spine of notes.
  void write_signed(const std::string& field) {
    write_line([&](const StaffSpines&) { return field; }, "*");
  }

  void write_at(size_t part, size_t staff, const std::string& field, const std::string& other) {
    write_line(
        [&](const StaffSpines& spines) {
          return spines.part == part && spines.staff == staff ? field : other;
        },
        other);
  }

  void write_records() {
    const auto write = [&](const char* name, const std::string& text) {
      if (!text.empty()) text_ += std::string("!!!") + name + ": " + with_entities(text, "") + "\n";
    };
    write("COM", score_.composer);
    write("LYR", score_.lyricist);
    write("OTL", score_.title);
    write("YEC", score_.rights);
  }

  void write_head() {
    std::string line;
    const auto put = [&](const std::string& field) { line += (line.empty() ? "" : "\t") + field; };
    if (has_recip_) put("**recip");
    for (const StaffSpines& spines : staves_) {
      put("**kern");
      for (size_t i = 0; i < spines.verses; ++i) put("**text");
      if (spines.has_dynamics) put("**dynam");
    }
    for (size_t i = 0; i < harmonies_; ++i) put(are_roman_ ? "**harm" : "**cdata");
    text_ += line + "\n";
    const auto part = [&](const StaffSpines& spines) -> const Part& {
      return score_.parts[spines.part];
    };
    write_line([&](const auto& s) { return "*part" + std::to_string(s.part + 1); }, "*");
    size_t staff = staves_.size() + 1;
    write_line([&](const auto&) { return "*staff" + std::to_string(--staff); }, "*");
    write_line(
        [&](const auto& s) {
          return write_instrument({part(s).program, part(s).is_drums});
        },
        "*");
    const auto name = [&](const std::string& mark, std::string Part::*place) {
      write_line(
          [&](const auto& s) {
            return s.staff > 0 || (part(s).*place).empty()
                       ? "*"
                       : mark + with_entities(part(s).*place, "");
          },
          "*");
    };
    name("*I\"", &Part::name);
    name("*I'", &Part::short_name);
    write_line(
        [&](const auto& s) {
          const Transposition move = part(s).transposition;
          return move == Transposition{} ? "*"
                                         : "*ITrd" + std::to_string(-move.diatonic) + "c" +
                                               std::to_string(-move.chromatic);
        },
        "*");
  }

  // Moments.

  void write_moment(Ticks at) {
    write_signs(at);
    split_for_graces(at);
    write_graces(at);
    for (StaffSpines& spines : staves_) reduce(spines, sounding(spines, at));
    write_words(at);
    write_row(at);
  }

  void split_for_graces(Ticks at) {
    for (StaffSpines& spines : staves_) {
      reduce(spines, unbroken(spines, at));
      expand(spines, at);
    }
  }

  static std::set<size_t> sounding(const StaffSpines& spines, Ticks at) {
    std::set<size_t> lanes = {0};
    for (size_t i = 1; i < spines.lanes.size(); ++i) {
      const std::vector<Event>& events = spines.lanes[i].events;
      size_t k = spines.next[i];
      if (k > 0 && events[k - 1].end > at) lanes.insert(i);
      if (k < events.size() && events[k].at <= at) lanes.insert(i);
    }
    return lanes;
  }

  /// The columns without those that were silent and begin again here, with a note or a grace note.
  /// These are joined and split anew, because a column counts time from the end of its last note.
  static std::set<size_t> unbroken(const StaffSpines& spines, Ticks at) {
    std::set<size_t> lanes = spines.active;
    std::erase_if(lanes, [&](size_t lane) {
      const std::vector<Event>& events = spines.lanes[lane].events;
      const size_t next = spines.next[lane];
      const bool begins =
          (next < events.size() && events[next].at == at) || spines.lanes[lane].graces.contains(at);
      return lane > 0 && begins && next > 0 && events[next - 1].end < at;
    });
    return lanes;
  }

  /// Splits until every lane that sounds here, or has a grace note, has a column. So has every lane
  /// at the left of a grace note, or it would come back in another voice.
  void expand(StaffSpines& spines, Ticks at) {
    std::set<size_t> wanted = sounding(spines, at);
    for (size_t i = 0; i < spines.lanes.size(); ++i) {
      if (!spines.lanes[i].graces.contains(at)) continue;
      for (size_t left = 1; left <= i; ++left) wanted.insert(left);
    }
    for (const size_t lane : wanted) {
      if (spines.active.contains(lane)) continue;
      const size_t left = *std::prev(spines.active.lower_bound(lane));
      write_move(spines, [&](size_t i) { return i == left ? "*^" : "*"; });
      spines.active.insert(lane);
    }
  }

  /// Joins every column but those of `wanted` with the one at its left.
  void reduce(StaffSpines& spines, const std::set<size_t>& wanted) {
    while (true) {
      const auto last = std::find_if(spines.active.rbegin(), spines.active.rend(),
                                     [&](size_t lane) { return !wanted.contains(lane); });
      if (last == spines.active.rend()) return;
      const size_t lane = *last;
      const size_t left = *std::prev(spines.active.find(lane));
      write_move(spines, [&](size_t i) { return i == lane || i == left ? "*v" : "*"; });
      spines.active.erase(lane);
    }
  }

  template <typename Move>
  void write_move(const StaffSpines& moved, const Move& move) {
    const auto none = [](const auto&...) { return std::string("*"); };
    write_columns([&](const StaffSpines& spines,
                      size_t lane) -> std::string { return &spines == &moved ? move(lane) : "*"; },
                  "*", none, none, none);
  }

  /// A line with a field of its own for every column.
  template <typename Kern, typename Text, typename Dynamics, typename Harmony>
  void write_columns(const Kern& kern, const std::string& recip, const Text& text,
                     const Dynamics& dynamics, const Harmony& harmony) {
    std::string line;
    const auto put = [&](const std::string& field) { line += (line.empty() ? "" : "\t") + field; };
    if (has_recip_) put(recip);
    for (const StaffSpines& spines : staves_) {
      for (const size_t lane : spines.active) put(kern(spines, lane));
      for (size_t verse = 1; verse <= spines.verses; ++verse) put(text(spines, verse));
      if (spines.has_dynamics) put(dynamics(spines));
    }
    for (size_t i = 0; i < harmonies_; ++i) put(harmony(i));
    text_ += line + "\n";
  }

  void write_signs(Ticks at) {
    write_barline(at);
    if (labels_.contains(at)) write_all("*>" + labels_[at]);
    for (size_t p = 0; p < score_.parts.size(); ++p) {
      for (const Clef& clef : at_time(score_.parts[p].clefs, at)) {
        write_at(p, clef.staff, write_clef(clef), "*");
      }
      for (const Control& control : at_time(score_.parts[p].controls, at)) {
        if (control.kind != ControlKind::kProgram) continue;
        write_at(p, 0, write_instrument({static_cast<uint8_t>(control.value), false}), "*");
      }
    }
    for (const KeyChange& key : at_time(score_.keys, at)) {
      write_signed(write_signature(key.fifths));
      write_signed(write_key(key.fifths, key.mode));
    }
    for (const MetreChange& metre : at_time(score_.metres, at)) {
      if (metre.is_hidden) continue;
      write_signed("*M" + std::to_string(metre.numerator) + "/" +
                   std::to_string(metre.denominator));
    }
    for (const TempoChange& tempo : at_time(score_.tempos, at)) {
      write_signed(write_tempo(tempo.quarters_per_minute));
    }
    write_ranges(at);
    if (at == end_ && (rows_.empty() || *rows_.rbegin() < at)) write_words(at);
  }

  static bool is_line(BarlineKind kind) {
    switch (kind) {
      case BarlineKind::kRepeatBegin:
      case BarlineKind::kRepeatEnd:
      case BarlineKind::kDouble:
      case BarlineKind::kFinal:
      case BarlineKind::kDashed:
      case BarlineKind::kInvisible:
        return true;
      default:
        return false;
    }
  }

  void write_barline(Ticks at) {
    const bool is_bar = std::ranges::binary_search(bars_, at, {}, &Bar::begin);
    std::vector<BarlineKind> kinds;
    for (const Barline& each : at_time(score_.barlines, at)) {
      if (is_line(each.kind)) kinds.push_back(each.kind);
    }
    if (!is_bar && kinds.empty() && at != end_) return;
    if (at.value == 0 && kinds.empty()) kinds.push_back(BarlineKind::kInvisible);
    if (at != end_ || at.value == 0) ++bar_number_;
    write_all(
        kern::write_barline(kinds, at == end_ && at.value > 0 ? "" : std::to_string(bar_number_)));
  }

  void write_ranges(Ticks at) {
    for (size_t p = 0; p < score_.parts.size(); ++p) {
      for (const Direction& direction : at_time(score_.parts[p].directions, at)) {
        const std::string sign = range_sign(direction);
        if (!sign.empty()) write_at(p, direction.staff, sign, "*");
      }
    }
  }

  static std::string range_sign(const Direction& direction) {
    const bool is_double = direction.text.starts_with("15");
    switch (direction.kind) {
      case DirectionKind::kPedalDown:
        return "*ped";
      case DirectionKind::kPedalUp:
        return "*Xped";
      case DirectionKind::kOctaveUp:
        return is_double ? "*15ma" : "*8va";
      case DirectionKind::kOctaveDown:
        return is_double ? "*15ba" : "*8ba";
      case DirectionKind::kOctaveEnd:
        return is_double ? "*X" + direction.text.substr(0, 4) : "*X8va";
      default:
        return {};
    }
  }

  void write_words(Ticks at) {
    const auto write = [&](size_t part, size_t staff, const std::string& words) {
      if (words.find_first_not_of(' ') == std::string::npos) return;
      const std::string comment = "!LO:TX:a:t=" + with_entities(words, ":\\");
      const auto none = [](const auto&...) { return std::string("!"); };
      const auto kern = [&](const StaffSpines& spines, size_t lane) {
        const bool is_here = spines.part == part && spines.staff == staff && lane == 0;
        return is_here ? comment : "!";
      };
      write_columns(kern, "!", none, none, none);
    };
    for (const TextEvent& marker : at_time(score_.markers, at)) write(0, 0, marker.text);
    for (size_t p = 0; p < score_.parts.size(); ++p) {
      for (const Direction& each : at_time(score_.parts[p].directions, at)) {
        const bool is_word = each.kind == DirectionKind::kWords ||
                             (each.kind == DirectionKind::kDynamic && !is_dynamic(each));
        if (is_word) write(p, each.staff, each.text);
      }
    }
  }

  void write_graces(Ticks at) {
    size_t most = 0;
    for (const StaffSpines& spines : staves_) {
      for (const Lane& lane : spines.lanes) {
        const auto found = lane.graces.find(at);
        if (found != lane.graces.end()) most = std::max(most, found->second.size());
      }
    }
    const auto none = [](const auto&...) { return std::string("."); };
    for (size_t row = 0; row < most; ++row) {
      const auto kern = [&](const StaffSpines& spines, size_t lane) -> std::string {
        const auto found = spines.lanes[lane].graces.find(at);
        if (found == spines.lanes[lane].graces.end()) return ".";
        const size_t missing = most - found->second.size();
        return row < missing ? "." : token(found->second[row - missing]);
      };
      write_columns(kern, ".", none, none, none);
    }
  }

  void write_row(Ticks at) {
    const auto after = rows_.upper_bound(at);
    const Ticks length = (after == rows_.end() ? std::max(end_, at + Ticks{1}) : *after) - at;
    std::string recip = ".";
    if (has_recip_) recip = measured(reduced(length.value, whole()));
    write_columns(
        [&](const StaffSpines& spines, size_t lane) { return kern_field(spines, lane, at); }, recip,
        [&](const StaffSpines& spines, size_t verse) { return text_field(spines, verse, at); },
        [&](const StaffSpines& spines) { return dynamics_field(spines, at); },
        [&](size_t i) { return harmony_field(i, at); });
    for (StaffSpines& spines : staves_) {
      for (size_t i = 0; i < spines.lanes.size(); ++i) {
        const std::vector<Event>& events = spines.lanes[i].events;
        if (spines.next[i] < events.size() && events[spines.next[i]].at == at) ++spines.next[i];
      }
    }
  }

  // Fields.

  std::string kern_field(const StaffSpines& spines, size_t lane, Ticks at) {
    const std::vector<Event>& events = spines.lanes[lane].events;
    const size_t k = spines.next[lane];
    if (k >= events.size() || events[k].at != at) return ".";
    const Event& event = events[k];
    if (event.heads.empty())
      return measured(reduced((event.end - event.at).value, whole())) + "ryy";
    return token(event.heads);
  }

  std::string token(const std::vector<const Written*>& heads) {
    std::string text;
    for (const Written* head : heads) text += (text.empty() ? "" : " ") + head_text(*head);
    return text;
  }

  std::string head_text(const Written& head) {
    std::string text;
    if (head.has(kSlurBegin)) text += "(";
    const bool begins = begins_tie_.contains(&head) || (head.has(kTieOpen) && !head.has(kRest));
    const bool ends = ends_tie_.contains(&head);
    if (begins) text += ends ? "_" : "[";
    text += length_text(head);
    if (head.has(kGrace)) text += head.has(kSlashed) ? "q" : "qq";
    const int fifths = score_.keys.empty() ? 0 : score_.keys[0].fifths;
    const bool is_spelt = head.spelling != kUnspelled && (head.spelling * 7 - head.pitch) % 12 == 0;
    text += head.has(kRest) ? "r"
                            : write_pitch(head.pitch, is_spelt ? head.spelling
                                                               : spelling_in(head.pitch, fifths));
    text += write_marks(head.marks);
    if (head.has(kInvisible)) text += "yy";
    if (ends && !begins) text += "]";
    if (head.has(kSlurEnd)) text += ")";
    return text;
  }

  /// As it is shown, where that is as long as it sounds.
  std::string length_text(const Written& head) {
    const Value value{head.value, head.dots, head.actual, head.normal};
    const Fraction shown = length_of(value);
    if (head.has(kGrace)) return write_recip(value);
    const int64_t error = head.duration.value * shown.den - whole() * shown.num;
    const bool is_near = is_rounded_ ? std::abs(error) < shown.den : error == 0;
    if (!head.has(kUntypedValue) && is_near && shown.den <= kFinest) {
      units_ = std::lcm(units_, shown.den);
      return write_recip(value);
    }
    return measured(reduced(head.duration.value, whole()));
  }

  /// Where ticks are rounded, the simplest length that is as long but for a tick.
  std::string measured(Fraction length) {
    if (is_rounded_) {
      const Fraction near = simplest_near(length, whole());
      if (near.num > 0 && near.den <= kFinest) length = near;
    }
    units_ = std::lcm(units_, length.den);
    return write_recip(length);
  }

  std::string text_field(const StaffSpines& spines, size_t verse, Ticks at) const {
    const auto staff = lyrics_.find({spines.part, spines.staff});
    if (staff == lyrics_.end() || !staff->second.contains(at)) return ".";
    std::string text;
    for (const Lyric* lyric : staff->second.at(at)) {
      if (lyric->verse != verse || lyric->text.empty()) continue;
      const bool goes_on =
          lyric->syllabic == Syllabic::kMiddle || lyric->syllabic == Syllabic::kEnd;
      const bool begins =
          lyric->syllabic == Syllabic::kBegin || lyric->syllabic == Syllabic::kMiddle;
      text += (text.empty() ? "" : " ") + std::string(goes_on ? "-" : "") +
              syllable_with_entities(lyric->text) + (begins ? "-" : "") +
              (lyric->is_extended ? "_" : "");
    }
    return safe_field(text);
  }

  /// A field must not look like a null token, an interpretation, a bar line or a comment.
  static std::string safe_field(const std::string& text) {
    if (text.find_first_not_of(' ') == std::string::npos) return ".";
    constexpr std::string_view kUnsafe = ".*=!";
    if (kUnsafe.find(text[0]) == std::string_view::npos) return text;
    return with_entities(text.substr(0, 1), kUnsafe) + text.substr(1);
  }

  std::string dynamics_field(const StaffSpines& spines, Ticks at) const {
    std::string text;
    for (const Direction& each : at_time(score_.parts[spines.part].directions, at)) {
      if (each.staff != spines.staff || !is_dynamic(each)) continue;
      const std::string sign = each.kind == DirectionKind::kCrescendo    ? "<"
                               : each.kind == DirectionKind::kDiminuendo ? ">"
                               : each.kind == DirectionKind::kWedgeEnd   ? "["
                                                                         : each.text;
      text += (text.empty() ? "" : " ") + sign;
    }
    return text.empty() ? "." : text;
  }

  std::string harmony_field(size_t index, Ticks at) const {
    const std::span<const ChordSymbol> chords = at_time(score_.chords, at);
    return index < chords.size() ? safe_field(with_entities(chords[index].text, "")) : ".";
  }

  int64_t whole() const { return int64_t{4} * score_.ticks_per_quarter; }

  const bool is_rounded_ =
      score_.ticks_per_quarter == resolution_of(kFinest * kFinest + 1);  ///< see resolution_of
  int bar_number_ = 0;
  int64_t units_ = 1;  ///< the least common denominator of what was written
  std::string text_;
};

}  // namespace
}  // namespace kern

std::string write_kern(const Score& score) { return kern::Writer(score).write(); }

}  // namespace motet
