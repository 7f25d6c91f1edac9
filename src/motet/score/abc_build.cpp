// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc_build.h"

#include <algorithm>
#include <map>

#include "motet/base/error.h"

namespace motet::abc {
namespace {

constexpr size_t kMostItems = 200'000;
constexpr int64_t kLongestTune = 10'000 * kWhole;

Ticks to_ticks(int64_t units) { return {(units + kUnitsPerTick / 2) / kUnitsPerTick}; }

int highest_ending(uint64_t endings) {
  int highest = 0;
  for (; endings != 0; endings >>= 1) ++highest;
  return highest - 1;
}

/// Walks through a voice as a player does.
class Player {
 public:
  explicit Player(const std::vector<Item>& items) : items_(items), ahead_(items.size() + 1, 0) {
    for (size_t i = items.size(); i-- > 0;) {
      const BarLine& bar = items[i].bar;
      ahead_[i] = bar.begins_repeat ? 0 : ahead_[i + 1];
      if (bar.endings != 0) ahead_[i] = std::max(ahead_[i], highest_ending(bar.endings));
    }
  }

  std::vector<size_t> play() {
    for (size_t i = 0; i < items_.size();) {
      if (order_.size() == kMostItems) {
        throw Error(
            ErrorCode::kInvalidFile,
            "expected at most 200000 notes and bar lines once repeats are unfolded, found more");
      }
      if (items_[i].kind != Item::Kind::kBar) {
        order_.push_back(i++);
      } else {
        i = pass_bar(i);
      }
    }
    return std::move(order_);
  }

 private:
  /// Where to go on after the bar line at i.
  size_t pass_bar(size_t i) {
    const BarLine& bar = items_[i].bar;
    order_.push_back(i);
    if (bar.ends_repeat) {
      const int passes = std::max({2, seen_, ahead_[i]});
      if (pass_ < passes && start_ <= i) {
        ++pass_;
        return start_;
      }
      begin_section(i + 1);
    }
    if (bar.begins_repeat || (bar.is_double && in_last_ending_ && bar.endings == 0)) {
      begin_section(i + 1);
    }
    return bar.endings != 0 ? pass_ending(i) : i + 1;
  }

  size_t pass_ending(size_t i) {
    const size_t found = find_ending(i);
    seen_ = std::max(seen_, highest_ending(items_[i].bar.endings));
    in_last_ending_ = pass_ >= std::max(seen_, ahead_[found]);
    return found + 1;
  }

  /// The ending of this pass, from i on; i itself when there is none.
  size_t find_ending(size_t i) {
    const uint64_t wanted = uint64_t{1} << pass_;
    size_t& none_before = none_before_[static_cast<size_t>(pass_)];
    if (i < none_before) return i;
    size_t k = i;
    for (; k < items_.size(); ++k) {
      if (k > i && items_[k].bar.begins_repeat) break;
      if ((items_[k].bar.endings & wanted) != 0) return k;
    }
    none_before = k;
    return i;
  }

  void begin_section(size_t start) {
    start_ = start;
    pass_ = 1;
    seen_ = 0;
    in_last_ending_ = false;
  }

  const std::vector<Item>& items_;
  std::array<size_t, 64> none_before_{};  ///< by pass: a search from before here found nothing
  std::vector<int> ahead_;  ///< the highest ending from here to the next beginning of a repeat
  std::vector<size_t> order_;
  size_t start_ = 0;
  int pass_ = 1;
  int seen_ = 0;
  bool in_last_ending_ = false;
};

/// Writes down one voice.
class VoiceBuilder {
 public:
  VoiceBuilder(const Voice& voice, Score& score, Part& part)
      : voice_(voice), score_(score), part_(part) {}

  void build() {
    part_.name = voice_.name.empty() ? voice_.id : voice_.name;
    part_.program = static_cast<uint8_t>(voice_.program);
    part_.is_drums = voice_.is_drums;
    for (const size_t index : unfolded(voice_.items)) {
      add(voice_.items[index]);
      if (now_ > kLongestTune) {
        throw Error(ErrorCode::kInvalidFile, "expected at most 10000 whole notes, found more");
      }
    }
  }

  /// The place of the first bar line after some music; 0 when there is none.
  int64_t first_bar() const { return first_bar_; }

 private:
  void add(const Item& item) {
    const Ticks at = to_ticks(now_);
    switch (item.kind) {
      case Item::Kind::kNotes:
        return add_notes(item);
      case Item::Kind::kBar:
        return pass_bar();
      case Item::Kind::kOverlay:
        overlay_end_ = std::max(overlay_end_, now_);
        now_ = bar_begin_;
        ++layer_;
        return;
      case Item::Kind::kKey:
        score_.keys.push_back({at, item.key.fifths, item.key.mode});
        return;
      case Item::Kind::kMetre:
        score_.metres.push_back({at, item.metre.numerator, item.metre.denominator});
        return;
      case Item::Kind::kTempo:
        score_.tempos.push_back({at, item.tempo});
        return;
      case Item::Kind::kChord:
        score_.chords.push_back({at, item.text});
        return;
      case Item::Kind::kWords:
        score_.markers.push_back({at, item.text});
    }
  }

  void pass_bar() {
    now_ = std::max(now_, overlay_end_);
    bar_begin_ = now_;
    layer_ = 0;
    if (first_bar_ == 0) first_bar_ = now_;
  }

  /// Grace notes take their time from the beginning of the note.
  int64_t add_graces(const Item& item) {
    constexpr int64_t kShare = 4;
    int64_t written = 0;
    for (const Head& grace : item.graces) written += grace.length;
    if (written == 0 || item.heads.empty()) return 0;
    const int64_t room = item.length / kShare;
    int64_t at = 0;
    for (const Head& grace : item.graces) {
      const int64_t length = std::max<int64_t>(1, room * grace.length / written);
      add_note(now_ + at, now_ + at + length, grace.pitch, item.velocity);
      at += length;
    }
    return std::min(at, item.length);
  }

  size_t add_note(int64_t begin, int64_t end, int pitch, uint8_t velocity) {
    const Ticks onset = to_ticks(begin);
    const Ticks duration = std::max(to_ticks(end) - onset, Ticks{1});
    part_.notes.push_back({onset,
                           duration,
                           static_cast<uint8_t>(pitch),
                           velocity,
                           static_cast<uint8_t>(std::min(layer_, 255)),
                           kUnspelled,
                           {}});
    return part_.notes.size() - 1;
  }

  void add_notes(const Item& item) {
    if (!item.text.empty() && !item.heads.empty()) {
      part_.lyrics.push_back({to_ticks(now_), item.text});
    }
    const int64_t delay = add_graces(item);
    std::map<int, size_t> tied_on;
    std::map<int, size_t>& tied = tied_[layer_];
    for (const Head& head : item.heads) {
      const int64_t end = now_ + head.length;
      const auto before = tied.find(head.pitch);
      size_t note = 0;
      if (before != tied.end()) {
        note = before->second;
        part_.notes[note].duration = to_ticks(end) - part_.notes[note].onset;
      } else {
        note = add_note(now_ + std::min(delay, head.length - 1), end, head.pitch, item.velocity);
      }
      if (head.is_tied) tied_on[head.pitch] = note;
    }
    tied = std::move(tied_on);
    now_ += item.length;
  }

  const Voice& voice_;
  Score& score_;
  Part& part_;
  int64_t now_ = 0;
  int64_t bar_begin_ = 0;
  int64_t overlay_end_ = 0;
  int64_t first_bar_ = 0;
  int layer_ = 0;
  std::map<int, std::map<int, size_t>> tied_;  ///< by layer: pitches that go on, and their notes
};

template <typename Change>
void keep_one_of_each_tick(std::vector<Change>& changes) {
  const auto is_repeated = [](const Change& a, const Change& b) { return a.at == b.at; };
  changes.erase(std::unique(changes.begin(), changes.end(), is_repeated), changes.end());
}

/// An upbeat is the first bar cut short: a metre said again where the second bar begins.
void mark_upbeat(Score& score, int64_t first_bar) {
  if (score.metres.empty() || score.metres.front().at != Ticks{}) return;
  const MetreChange metre = score.metres.front();
  const int64_t length = kWhole * metre.numerator / metre.denominator;
  if (first_bar <= 0 || first_bar >= length) return;
  score.metres.push_back({to_ticks(first_bar), metre.numerator, metre.denominator});
}

}  // namespace

std::vector<size_t> unfolded(const std::vector<Item>& items) { return Player(items).play(); }

Reading build(const Tune& tune) {
  Reading reading;
  reading.mended = tune.mended;
  Score& score = reading.score;
  score.ticks_per_quarter = kTicksPerQuarter;
  score.title = tune.title;
  score.composer = tune.composer;
  int64_t first_bar = 0;
  for (const Voice& voice : tune.voices) {
    Part part;
    VoiceBuilder builder(voice, score, part);
    builder.build();
    if (part.notes.empty()) continue;
    if (score.parts.empty()) first_bar = builder.first_bar();
    score.parts.push_back(std::move(part));
  }
  sort_events(score);
  mark_upbeat(score, first_bar);
  sort_events(score);
  keep_one_of_each_tick(score.tempos);
  keep_one_of_each_tick(score.metres);
  keep_one_of_each_tick(score.keys);
  score.chords.erase(std::unique(score.chords.begin(), score.chords.end()), score.chords.end());
  name_notes(score);
  return reading;
}

}  // namespace motet::abc
