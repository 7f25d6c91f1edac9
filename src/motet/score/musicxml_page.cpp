// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml_page.h"

#include <algorithm>
#include <span>

#include "motet/base/error.h"

namespace motet::musicxml {
namespace {

constexpr size_t kMostBars = 100'000;

/// The place of the last thing of the score.
Ticks last_place(const Score& score) {
  Ticks end = end_of(score);
  const auto cover = [&](const auto& events) {
    for (const auto& event : events) end = std::max(end, event.at);
  };
  cover(score.tempos);
  cover(score.metres);
  cover(score.keys);
  cover(score.chords);
  cover(score.markers);
  cover(score.barlines);
  for (const Part& part : score.parts) {
    cover(part.lyrics);
    cover(part.clefs);
    cover(part.directions);
    for (const Written& head : part.written) end = std::max(end, head.at + head.duration);
  }
  return end;
}

/// A bar and the metre changes at its beginning, before it has a sign.
struct Unsigned {
  PageBar bar;
  std::vector<MetreChange> changes;
};

/// Whether a reader finds the changes of bars[first] if `sign` is printed there, and then no more
/// before the next bar that has some; after the last bar, what `rest` says.
enum class Finds : uint8_t { kNothing, kThisBar, kAll };
Finds what_is_found(std::span<const Unsigned> bars, size_t first, MetreLine line,
                    const std::optional<MetreSign>& sign, std::span<const MetreChange> rest) {
  const PageBar& here = bars[first].bar;
  if (line.place(here.begin, here.length, sign) != bars[first].changes) return Finds::kNothing;
  size_t i = first + 1;
  for (; i < bars.size() && bars[i].changes.empty(); ++i) {
    if (!line.place(bars[i].bar.begin, bars[i].bar.length, std::nullopt).empty()) {
      return Finds::kThisBar;
    }
  }
  if (i < bars.size()) return Finds::kAll;
  return std::ranges::equal(line.finish(bars.back().bar.end()), rest) ? Finds::kAll
                                                                      : Finds::kThisBar;
}

/// The sign to print so that a reader finds the metre changes at bars[i] again: what is shown, or
/// nothing where a reader will see from the lengths of the bars, or else a hidden sign.
std::optional<MetreSign> sign_for(std::span<const Unsigned> bars, size_t i, const MetreLine& line,
                                  std::span<const MetreChange> rest) {
  const std::vector<MetreChange>& changes = bars[i].changes;
  if (changes.empty()) return std::nullopt;
  std::vector<std::optional<MetreSign>> choices = {std::nullopt};
  for (const MetreChange& change : changes) {
    const std::optional<MetreSign>& last = choices.back();
    if (last && !last->is_hidden && change.is_hidden) continue;
    choices.emplace_back(MetreSign{change.numerator, change.denominator, change.is_hidden});
  }
  std::optional<MetreSign> best = choices.back();
  Finds most = Finds::kNothing;
  for (const std::optional<MetreSign>& choice : choices) {
    const Finds found = what_is_found(bars, i, line, choice, rest);
    if (found > most) {
      most = found;
      best = choice;
    }
  }
  return best;
}

std::vector<PageBar> with_signs(std::span<const Unsigned> bars, MetreLine line,
                                std::span<const MetreChange> rest) {
  std::vector<PageBar> signed_bars;
  for (size_t i = 0; i < bars.size(); ++i) {
    PageBar bar = bars[i].bar;
    bar.sign = sign_for(bars, i, line, rest);
    (void)line.place(bar.begin, bar.length, bar.sign);
    bar.metre = line.nominal();
    bar.is_implicit = bar.length != line.bar_of(bar.metre);
    signed_bars.push_back(std::move(bar));
  }
  const PageBar& first = signed_bars.front();
  const bool has_upbeat = bars.size() > 1 && first.length < line.bar_of(first.metre);
  for (size_t i = 0; i < bars.size(); ++i) {
    signed_bars[i].number = std::to_string(has_upbeat ? i : i + 1);
  }
  signed_bars.back().is_last = true;
  return signed_bars;
}

bool is_grace(const PageHead& head) { return head.written.has(kGrace); }

bool belongs_to(const PageHead& head, const std::vector<const PageHead*>& group) {
  const Written& a = head.written;
  const Written& b = group.front()->written;
  return a.at == b.at && a.duration == b.duration && a.staff == b.staff &&
         a.has(kGrace) == b.has(kGrace) && (!a.has(kGrace) || a.has(kChord)) && !a.has(kRest) &&
         !b.has(kRest);
}

}  // namespace

bool has_page(const Score& score) {
  return std::ranges::any_of(score.parts, [](const Part& part) { return !part.written.empty(); });
}

std::vector<PageBar> page_bars(const Score& score) {
  const Ticks end = last_place(score);
  MetreLine line(score.ticks_per_quarter);
  std::vector<Unsigned> bars;
  MetreSign ruling;
  size_t next = 0;
  const auto shows_metre_at = [&](Ticks at) {
    return std::ranges::any_of(score.metres, [&](const MetreChange& change) {
      return change.at == at && !change.is_hidden;
    });
  };
  for (Ticks at; at < end || bars.empty() || shows_metre_at(at);) {
    if (bars.size() >= kMostBars) {
      throw Error(ErrorCode::kInvalidFile,
                  "score: expected at most " + std::to_string(kMostBars) + " bars, found more");
    }
    Unsigned one;
    for (; next < score.metres.size() && score.metres[next].at <= at; ++next) {
      const MetreChange& change = score.metres[next];
      one.changes.push_back(change);
      ruling = {change.numerator, change.denominator, change.is_hidden};
    }
    one.bar.begin = at;
    one.bar.length = line.bar_of(ruling);
    if (next < score.metres.size()) {
      one.bar.length = std::min(one.bar.length, score.metres[next].at - at);
    }
    at += one.bar.length;
    bars.push_back(std::move(one));
  }
  return with_signs(bars, line, std::span(score.metres).subspan(next));
}

PageWriter::PageWriter(Xml& xml, const Score& score, size_t part, std::string part_id)
    : xml_(xml),
      score_(score),
      part_(score.parts[part]),
      id_(std::move(part_id)),
      is_first_(part == 0),
      barlines_done_(score.barlines.size(), false) {
  for (const Note& note : part_.notes) notes_[note.id.value] = &note;
}

/// Ties the heads of each note, and cuts heads at the bar lines that they cross.
void PageWriter::prepare_heads(const std::vector<PageBar>& bars) {
  std::unordered_map<uint32_t, int> left;
  std::unordered_map<uint32_t, int> done;
  for (const Written& written : part_.written) ++left[written.note.value];
  size_t bar = 0;
  for (const Written& written : part_.written) {
    const uint32_t note = written.note.value;
    while (bar + 1 < bars.size() && bars[bar].end() <= written.at) ++bar;
    const bool is_last = --left[note] == 0;
    const Ticks end = written.at + written.duration;
    PageHead head{written, false, false, 0};
    for (size_t b = bar; b < bars.size(); ++b) {
      const bool is_cut = b + 1 < bars.size() && end > bars[b].end();
      head.written.duration = (is_cut ? bars[b].end() : end) - head.written.at;
      if (is_cut) head.written.marks |= written.has(kRest) ? 0U : uint32_t{kUntypedValue};
      if (note != 0) {
        head.piece = done[note]++;
        head.ties_back = head.piece > 0;
        head.ties_on = is_cut || !is_last;
      }
      heads_.push_back(head);
      if (!is_cut) break;
      head.written.at = bars[b].end();
      head.written.marks = (written.marks & (kRest | kCue | kInvisible)) | kUntypedValue;
    }
  }
  std::ranges::stable_sort(
      heads_, [](const PageHead& a, const PageHead& b) { return a.written.at < b.written.at; });
}

/// A syllable stands under the first note of its place and voice; under a grace note only where no
/// other note is. One whose voice has no head there goes to the first head that there is.
void PageWriter::prepare_lyrics() {
  using Place = std::pair<Ticks, uint8_t>;
  std::map<Place, const PageHead*> heads;
  std::map<Place, const PageHead*> graces;
  for (const PageHead& head : heads_) {
    auto& those = is_grace(head) ? graces : heads;
    those.try_emplace({head.written.at, head.written.voice}, &head);
  }
  for (const Lyric& lyric : part_.lyrics) {
    auto found = heads.find({lyric.at, lyric.voice});
    if (found == heads.end()) {
      const auto grace = graces.find({lyric.at, lyric.voice});
      if (grace != graces.end()) {
        lyrics_[grace->second].push_back(&lyric);
        continue;
      }
      found = heads.lower_bound({lyric.at, 0});
    }
    if (found != heads.end()) lyrics_[found->second].push_back(&lyric);
  }
}

/// A voice is one stream, and two where it is on two staves at once.
std::vector<PageWriter::Stream> PageWriter::streams_of(const PageBar& bar) {
  std::map<uint8_t, std::vector<const PageHead*>> voices;
  for (; next_head_ < heads_.size(); ++next_head_) {
    const PageHead& head = heads_[next_head_];
    if (head.written.at >= bar.end() && !bar.is_last) break;
    voices[head.written.voice].push_back(&head);
  }
  std::vector<Stream> streams;
  for (auto& [voice, heads] : voices) {
    std::ranges::stable_sort(heads, [](const PageHead* a, const PageHead* b) {
      return std::make_pair(a->written.at, !is_grace(*a)) <
             std::make_pair(b->written.at, !is_grace(*b));
    });
    bool overlaps = false;
    for (size_t i = 1; i < heads.size(); ++i) {
      const Written& last = heads[i - 1]->written;
      overlaps = overlaps || (heads[i]->written.staff != last.staff &&
                              heads[i]->written.at < last.at + last.duration);
    }
    std::map<int, Stream> by_staff;
    for (const PageHead* head : heads) {
      Stream& stream = by_staff[overlaps ? head->written.staff : 0];
      if (stream.empty() || !belongs_to(*head, stream.back())) stream.emplace_back();
      stream.back().push_back(head);
    }
    for (auto& [staff, stream] : by_staff) streams.push_back(std::move(stream));
  }
  return streams;
}

void PageWriter::move_to(Ticks at) {
  if (at == cursor_) return;
  xml_.open(at < cursor_ ? "backup" : "forward");
  xml_.leaf("duration", std::abs((at - cursor_).value));
  xml_.close();
  cursor_ = at;
}

/// Writes the signs that are due before each group: at its onset, or inside it with an offset. What
/// takes no offset is left in `signs` for later.
void PageWriter::write_stream(const Stream& stream, std::vector<Sign>& signs) {
  std::vector<Sign> late;
  size_t next = 0;
  for (const Group& group : stream) {
    const Written& first = group.front()->written;
    const Ticks end = std::max(first.at + first.duration, first.at + Ticks{1});
    for (; next < signs.size() && signs[next].at < end; ++next) {
      const Sign& sign = signs[next];
      if (sign.at > first.at && !takes_offset(sign)) {
        late.push_back(sign);
        continue;
      }
      if (sign.at >= cursor_ || !takes_offset(sign)) move_to(std::min(sign.at, first.at));
      write_sign(sign, sign.at - cursor_);
    }
    move_to(first.at);
    for (size_t i = 0; i < group.size(); ++i) write_head(*group[i], i > 0);
    cursor_ += first.duration;
  }
  late.insert(late.end(), signs.begin() + static_cast<std::ptrdiff_t>(next), signs.end());
  signs = std::move(late);
}

void PageWriter::write_bar(const PageBar& bar) {
  Xml::Attributes attributes = {{"number", bar.number}};
  if (bar.is_implicit) attributes.emplace_back("implicit", "yes");
  xml_.open("measure", attributes);
  cursor_ = bar.begin;
  write_left(bar);
  write_attributes(bar, bar.begin);
  std::vector<Sign> signs = signs_of(bar);
  const std::vector<Stream> streams = streams_of(bar);
  set_accidentals(streams);
  beams_.clear();
  for (const Stream& stream : streams) set_beams(stream, bar);
  Ticks furthest = bar.begin;
  const auto finish = [&] {
    for (const Sign& sign : signs) {
      move_to(sign.at);
      write_sign(sign, {});
    }
    furthest = std::max(furthest, cursor_);
    signs.clear();
  };
  for (const Stream& stream : streams) {
    write_stream(stream, signs);
    furthest = std::max(furthest, cursor_);
    finish();
  }
  finish();
  if (furthest < bar.end()) move_to(bar.end());
  write_right(bar);
  xml_.close();
  is_first_bar_ = false;
}

void PageWriter::write(const std::vector<PageBar>& bars) {
  prepare_heads(bars);
  prepare_lyrics();
  xml_.open("part", {{"id", id_}});
  for (const PageBar& bar : bars) write_bar(bar);
  xml_.close();
}

}  // namespace motet::musicxml
