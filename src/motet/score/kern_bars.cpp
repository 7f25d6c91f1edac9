// SPDX-License-Identifier: Apache-2.0
#include "motet/score/kern_bars.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <tuple>

#include "motet/score/kern_values.h"

namespace motet::kern {
namespace {

constexpr int kMostBeats = 255;

int64_t whole_of(const Score& score) { return int64_t{4} * score.ticks_per_quarter; }

/// The number of an ending, "1" of "B1"; empty for the label of a section.
std::string ending_of(const std::string& label) {
  const size_t digit = label.find_first_of("0123456789");
  if (digit == 0 || digit == std::string::npos) return {};
  const bool is_number = label.find_first_not_of("0123456789", digit) == std::string::npos;
  return is_number ? label.substr(digit) : std::string();
}

/// A metre that lasts at least `length`, exactly so where a metre can; `printed` gives the unit.
MetreChange metre_for(Ticks length, const MetreChange& printed, int64_t whole) {
  const Fraction exact = reduced(length.value, whole);
  MetreChange metre = printed;
  metre.is_hidden = true;
  const auto beats_at = [&](int64_t unit) { return (length.value * unit + whole - 1) / whole; };
  const bool fits = std::has_single_bit(static_cast<uint64_t>(exact.den)) && exact.den <= 128 &&
                    exact.num <= kMostBeats;
  if (fits && exact.den > metre.denominator) metre.denominator = static_cast<int>(exact.den);
  while (metre.denominator > 1 && beats_at(metre.denominator) > kMostBeats) metre.denominator /= 2;
  metre.numerator = static_cast<int>(std::min<int64_t>(beats_at(metre.denominator), kMostBeats));
  return metre;
}

/// Writes the metre changes that make bars_of give the bars between the bar lines.
class MetreWriter {
 public:
  explicit MetreWriter(Score& score) : whole_(whole_of(score)), printed_(score.metres) {}

  std::vector<MetreChange> write(std::set<Ticks> bounds, Ticks end) {
    settle(bounds, end);
    bounds.insert(end);
    for (Ticks begin; const Ticks bound : bounds) {
      if (bound <= begin) continue;
      write_bar(begin, bound);
      begin = bound;
    }
    for (; next_ < printed_.size(); ++next_) result_.push_back(printed_[next_]);
    return std::move(result_);
  }

 private:
  int64_t length_of(const MetreChange& metre) const {
    return std::max<int64_t>(1, whole_ * metre.numerator / metre.denominator);
  }

  /// Printed metres go to the beginning of the next bar; a bar is at most 255 whole notes long.
  void settle(std::set<Ticks>& bounds, Ticks end) {
    bounds.erase(bounds.begin(), bounds.upper_bound(Ticks{}));
    bounds.erase(bounds.lower_bound(end), bounds.end());
    for (MetreChange& metre : printed_) {
      if (metre.at.value == 0 || metre.at >= end || bounds.contains(metre.at)) continue;
      const auto next = bounds.upper_bound(metre.at);
      if (next != bounds.end()) {
        metre.at = *next;
      } else {
        bounds.insert(metre.at);
      }
    }
    std::vector<MetreChange> kept;
    for (const MetreChange& metre : printed_) {
      if (!kept.empty() && kept.back().at == metre.at) kept.pop_back();
      kept.push_back(metre);
    }
    printed_ = std::move(kept);
    const Ticks most{kMostBeats * whole_};
    for (Ticks begin; begin < end;) {
      const auto next = bounds.upper_bound(begin);
      const Ticks bound = next == bounds.end() ? end : *next;
      begin = bound - begin > most ? *bounds.insert(begin + most).first : bound;
    }
  }

  void write_bar(Ticks begin, Ticks end) {
    for (; next_ < printed_.size() && printed_[next_].at <= begin; ++next_) {
      now_ = current_ = printed_[next_];
      result_.push_back(current_);
      is_cut_ = false;
    }
    MetreChange wanted = current_;
    if (length_of(current_) != (end - begin).value) {
      wanted = metre_for(end - begin, current_, whole_);
    }
    const bool is_other = std::tie(wanted.numerator, wanted.denominator) !=
                          std::tie(now_.numerator, now_.denominator);
    if (is_other || is_cut_) {
      wanted.at = begin;
      wanted.is_hidden = true;
      result_.push_back(wanted);
      now_ = wanted;
    }
    is_cut_ = length_of(now_) != (end - begin).value;
  }

  int64_t whole_;
  std::vector<MetreChange> printed_;
  std::vector<MetreChange> result_;
  size_t next_ = 0;
  MetreChange current_;  ///< as printed last
  MetreChange now_;      ///< as written last, printed or hidden
  bool is_cut_ = false;  ///< the bar before ends earlier than its metre says
};

}  // namespace

Ticks page_end(const Score& score) {
  Ticks end = end_of(score);
  const auto reach = [&](const auto& events) {
    for (const auto& event : events) end = std::max(end, event.at);
  };
  reach(score.tempos);
  reach(score.keys);
  reach(score.chords);
  reach(score.markers);
  reach(score.barlines);
  for (const MetreChange& metre : score.metres) {
    if (!metre.is_hidden) end = std::max(end, metre.at);
  }
  for (const Part& part : score.parts) {
    for (const Written& head : part.written) end = std::max(end, head.at + head.duration);
    for (const Control& control : part.controls) {
      if (control.kind == ControlKind::kProgram) end = std::max(end, control.at);
    }
    reach(part.lyrics);
    reach(part.clefs);
    reach(part.directions);
  }
  return end;
}

std::vector<Bar> bars_of_page(const Score& score) {
  Score page;
  page.ticks_per_quarter = score.ticks_per_quarter;
  page.metres = score.metres;
  const Ticks end = page_end(score);
  if (end.value > 0) {
    Note whole;
    whole.duration = end;
    page.parts.emplace_back().notes.push_back(whole);
  }
  return bars_of(page);
}

void Road::add_barline(Ticks at, const std::vector<BarlineKind>& kinds) {
  std::set<BarlineKind>& here = barlines_[at];
  here.insert(kinds.begin(), kinds.end());
}

void Road::add_label(Ticks at, std::string_view name) { labels_[at] = name; }

void Road::add_expansion(size_t line, std::string_view expansion) {
  if (!expansion_.empty()) return;
  expansion_ = expansion;
  expansion_line_ = line;
}

bool Road::has(Ticks at, BarlineKind kind) const {
  const auto found = barlines_.find(at);
  return found != barlines_.end() && found->second.contains(kind);
}

std::vector<Road::Section> Road::sections(Ticks end) const {
  std::vector<Section> result;
  for (const auto& [at, name] : labels_) {
    if (!result.empty()) result.back().end = at;
    if (at < end) result.push_back({name, at, end});
  }
  return result;
}

void Road::add_endings(Score& score, Ticks end) const {
  for (const Section& section : sections(end)) {
    const std::string number = ending_of(section.name);
    if (number.empty()) continue;
    const bool is_closed =
        has(section.end, BarlineKind::kRepeatEnd) || has(section.end, BarlineKind::kFinal);
    score.barlines.push_back({section.begin, BarlineKind::kEndingBegin, number});
    score.barlines.push_back(
        {section.end, is_closed ? BarlineKind::kEndingEnd : BarlineKind::kEndingOpen, ""});
  }
}

/// The sections in the order in which the repeats and endings play them.
std::vector<std::string> Road::played(const std::vector<Section>& sections) const {
  constexpr size_t kMost = 2'000;
  std::vector<std::string> names;
  size_t start = 0;
  int pass = 1;
  for (size_t i = 0; i < sections.size() && names.size() < kMost;) {
    const Section& section = sections[i];
    const std::string number = ending_of(section.name);
    const bool is_ending = !number.empty();
    if (has(section.begin, BarlineKind::kRepeatBegin) && i != start) start = i, pass = 1;
    if (is_ending && number != std::to_string(pass)) {
      ++i;
      continue;
    }
    names.push_back(section.name);
    const bool repeats = has(section.end, BarlineKind::kRepeatEnd);
    if (repeats && (pass == 1 || (is_ending && pass < 9))) {
      const bool leads_on =
          is_ending && i + 1 < sections.size() && ending_of(sections[i + 1].name).empty();
      if (pass == 1 || !leads_on) {
        ++pass;
        i = start;
        continue;
      }
    }
    ++i;
    if (repeats || (is_ending && i < sections.size() && ending_of(sections[i].name).empty())) {
      start = i;
      pass = 1;
    }
  }
  return names;
}

void Road::check_expansion(Ticks end, Complaints& complaints) const {
  if (expansion_.empty()) return;
  std::string road = "[";
  for (const std::string& name : played(sections(end))) road += (road.size() > 1 ? "," : "") + name;
  if (road + "]" == expansion_) return;
  complaints.add(expansion_line_,
                 "an order of sections that the repeats do not give, which was left out");
}

void Road::finish(Score& score, Complaints& complaints) const {
  for (const auto& [place, signs] : barlines_) {
    const Ticks at = place;  // clang 14 captures no structured bindings
    const auto& kinds = signs;
    const auto add = [&](BarlineKind kind) {
      if (kinds.contains(kind)) score.barlines.push_back({at, kind, ""});
      return kinds.contains(kind);
    };
    const bool ends = at.value > 0 && add(BarlineKind::kRepeatEnd);
    const bool begins = add(BarlineKind::kRepeatBegin);
    if (at.value == 0 || add(BarlineKind::kFinal) || ends || begins) continue;
    if (!add(BarlineKind::kDouble) && !add(BarlineKind::kDashed)) add(BarlineKind::kInvisible);
  }
  const Ticks end = page_end(score);
  add_endings(score, end);
  check_expansion(end, complaints);
  std::set<Ticks> bounds;
  for (const auto& [at, kinds] : barlines_) bounds.insert(at);
  score.metres = MetreWriter(score).write(std::move(bounds), end);
}

}  // namespace motet::kern
