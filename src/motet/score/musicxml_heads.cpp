// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml_heads.h"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace motet::musicxml {
namespace {

/// A tie that waits for its other end.
struct OpenTie {
  size_t head = 0;
  size_t note = 0;  ///< the note's index; kSilent for a tie from a grace note or cue
  Ticks end;
};
constexpr size_t kSilent = SIZE_MAX;
/// As many wait at one pitch. Every end of a tie looks through them; no music has a dozen.
constexpr size_t kMostOpenTies = 256;

class Linker {
 public:
  Linker(std::vector<Head>& heads, const std::vector<Level>& levels, Part& part, Remarks& remarks)
      : heads_(heads), levels_(levels), part_(part), remarks_(remarks) {}

  void link() {
    for (size_t i = 0; i < heads_.size(); ++i) {
      if (!heads_[i].written.has(kRest)) link(i);
    }
    for (const auto& ties : open_) {
      for (const OpenTie& tie : ties) heads_[tie.head].written.marks |= kTieOpen;
    }
  }

 private:
  void link(size_t i) {
    Head& head = heads_[i];
    std::vector<OpenTie>& ties = open_[head.written.pitch & 127];
    size_t note = head.is_played ? take_tie(head, ties) : kSilent;
    if (head.is_played && note == kSilent) note = begin_note(head);
    if (note != kSilent) head.written.note = {static_cast<uint32_t>(note + 1)};
    if (!head.ties_on) return;
    if (ties.size() >= kMostOpenTies) make_room(ties, head);
    ties.push_back({i, note, head.written.at + head.written.duration});
  }

  /// Heads come in order of time: a tie that ended before this one has no other end any more.
  void make_room(std::vector<OpenTie>& ties, const Head& head) {
    const auto leave_open = [&](const OpenTie& tie) { heads_[tie.head].written.marks |= kTieOpen; };
    std::erase_if(ties, [&](const OpenTie& tie) {
      const bool is_over = tie.end < head.written.at;
      if (is_over) leave_open(tie);
      return is_over;
    });
    if (ties.size() < kMostOpenTies) return;
    remarks_.add("of more than 256 open ties of one pitch the first was left open", head.place);
    leave_open(ties.front());
    ties.erase(ties.begin());
  }

  /// The note that goes on in this head; kSilent for none.
  size_t take_tie(const Head& head, std::vector<OpenTie>& ties) {
    if (!head.ties_back) return kSilent;
    const Written& here = head.written;
    const auto nearness = [&](const OpenTie& tie) {
      const Written& other = heads_[tie.head].written;
      if (tie.end != here.at) return -1;
      return (other.voice == here.voice ? 2 : 0) + (other.staff == here.staff ? 1 : 0);
    };
    auto best = ties.end();
    for (auto tie = ties.begin(); tie != ties.end(); ++tie) {
      if (nearness(*tie) < 0) continue;
      if (best == ties.end() || nearness(*tie) > nearness(*best)) best = tie;
    }
    if (best == ties.end()) {
      remarks_.add("a tie that begins nowhere was left out", head.place);
      return kSilent;
    }
    const size_t note = best->note;
    if (note == kSilent) {
      heads_[best->head].written.marks |= kTieOpen;
      remarks_.add("a tie from a grace note was left open", head.place);
    } else {
      part_.notes[note].duration += here.duration;
    }
    ties.erase(best);
    return note;
  }

  size_t begin_note(const Head& head) {
    const Written& written = head.written;
    Note& note = part_.notes.emplace_back();
    note.onset = written.at;
    note.duration = written.duration;
    note.pitch = written.pitch;
    note.velocity = head.velocity != 0 ? head.velocity : velocity_at(written.at);
    note.voice = written.voice;
    note.spelling = written.spelling;
    note.id = {head.id};
    return part_.notes.size() - 1;
  }

  uint8_t velocity_at(Ticks at) const {
    const auto next = std::upper_bound(levels_.begin(), levels_.end(), at,
                                       [](Ticks t, const Level& level) { return t < level.at; });
    return next == levels_.begin() ? Level().velocity : std::prev(next)->velocity;
  }

  std::vector<Head>& heads_;
  const std::vector<Level>& levels_;
  Part& part_;
  Remarks& remarks_;
  std::array<std::vector<OpenTie>, 128> open_;
};

bool is_before(const Head& a, const Head& b) {
  return std::tie(a.written.at, a.written.staff, a.written.voice) <
         std::tie(b.written.at, b.written.staff, b.written.voice);
}

/// A grace note can only join a grace note that stands before it in its voice and staff.
void mend_grace_chords(std::vector<Written>& written) {
  for (size_t i = 0; i < written.size(); ++i) {
    if (!written[i].has(kChord)) continue;
    const bool joins = i > 0 && written[i - 1].has(kGrace) && written[i - 1].at == written[i].at &&
                       written[i - 1].staff == written[i].staff &&
                       written[i - 1].voice == written[i].voice;
    if (!joins) written[i].marks &= ~uint32_t{kChord};
  }
}

}  // namespace

void link_heads(std::vector<Head> heads, std::vector<Level> levels, Part& part, Remarks& remarks) {
  std::ranges::stable_sort(heads, is_before);
  std::ranges::stable_sort(levels, {}, &Level::at);
  Linker(heads, levels, part, remarks).link();
  for (const Head& head : heads) part.written.push_back(head.written);
  mend_grace_chords(part.written);
}

void name_heads(Score& score) {
  std::unordered_set<uint32_t> used;
  for (Part& part : score.parts) {
    for (Note& note : part.notes) {
      if (note.id.value != 0 && !used.insert(note.id.value).second) note.id = {};
    }
  }
  name_notes(score);
  for (Part& part : score.parts) {
    for (Written& written : part.written) {
      if (written.note.value != 0) written.note = part.notes[written.note.value - 1].id;
    }
  }
}

}  // namespace motet::musicxml
