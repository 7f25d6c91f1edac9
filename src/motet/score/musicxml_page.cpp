// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml_page.h"

#include <algorithm>
#include <set>

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

/// The sign to print so that a reader finds the metre changes at `bar` again: what is shown, or
/// nothing where a reader will see from the length of the bar, or else a hidden sign.
std::optional<MetreSign> sign_for(const std::vector<MetreChange>& changes, const PageBar& bar,
                                  const MetreLine& line) {
  const auto gives_changes = [&](const std::optional<MetreSign>& sign) {
    MetreLine trial = line;
    return trial.place(bar.begin, bar.length, sign) == changes;
  };
  if (changes.empty() || gives_changes(std::nullopt)) return std::nullopt;
  std::optional<MetreSign> last;
  for (const MetreChange& change : changes) {
    if (last && !last->is_hidden && change.is_hidden) continue;
    last = {change.numerator, change.denominator, change.is_hidden};
    if (gives_changes(last)) return last;
  }
  return last;
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
  std::vector<PageBar> bars;
  MetreLine line(score.ticks_per_quarter);
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
    std::vector<MetreChange> changes;
    for (; next < score.metres.size() && score.metres[next].at <= at; ++next) {
      changes.push_back(score.metres[next]);
      ruling = {changes.back().numerator, changes.back().denominator, changes.back().is_hidden};
    }
    PageBar bar;
    bar.begin = at;
    bar.length = line.bar_of(ruling);
    if (next < score.metres.size()) bar.length = std::min(bar.length, score.metres[next].at - at);
    bar.sign = sign_for(changes, bar, line);
    (void)line.place(at, bar.length, bar.sign);
    bar.metre = line.nominal();
    bar.is_implicit = bar.length != line.bar_of(bar.metre);
    at += bar.length;
    bars.push_back(std::move(bar));
  }
  const bool has_upbeat = bars.size() > 1 && bars[0].length < line.bar_of(bars[0].metre);
  for (size_t i = 0; i < bars.size(); ++i) bars[i].number = std::to_string(has_upbeat ? i : i + 1);
  bars.back().is_last = true;
  return bars;
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

/// A syllable whose voice has no head there goes to the first head that there is.
void PageWriter::prepare_lyrics() {
  std::set<std::pair<Ticks, uint8_t>> places;
  for (const PageHead& head : heads_) {
    if (!is_grace(head)) places.insert({head.written.at, head.written.voice});
  }
  for (const Lyric& lyric : part_.lyrics) {
    auto place = places.find({lyric.at, lyric.voice});
    if (place == places.end()) place = places.lower_bound({lyric.at, 0});
    if (place != places.end()) lyrics_[*place].push_back(&lyric);
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
