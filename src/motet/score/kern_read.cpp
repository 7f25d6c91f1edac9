// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "motet/base/error.h"
#include "motet/score/kern.h"
#include "motet/score/kern_bars.h"
#include "motet/score/kern_layout.h"
#include "motet/score/kern_page.h"
#include "motet/score/kern_spines.h"
#include "motet/score/kern_voices.h"
#include "motet/score/utf8.h"

namespace motet {
namespace kern {
namespace {

/// Where a column of notes has come to.
struct Cursor {
  Units end = 0;          ///< its next token begins here
  Units expected = 0;     ///< or here, where it was joined with a longer one
  bool is_fresh = false;  ///< split off since the last line of notes: begins with the next
  std::optional<Sounding> last;
};

/// A voice that stops where its column was joined or ended.
struct Hanging {
  size_t track = 0;
  size_t place = 0;
  Cursor cursor;
};

/// A grace note whose time is not known yet.
struct WaitingGrace {
  size_t track = 0;
  size_t place = 0;
  Token token;
};

class Reader {
 public:
  explicit Reader(std::string_view text)
      : layout_(layout_of(text)),
        clock_(clock_for(layout_)),
        spines_(text),
        voices_(prepared(), layout_, clock_, complaints_),
        page_(score_, layout_, clock_, voices_, complaints_) {}

  Reading read() {
    while (spines_.next()) {
      try {
        read_line();
      } catch (const Error& error) {
        throw placed(error);
      }
    }
    finish();
    return {std::move(score_), complaints_.sentences()};
  }

 private:
  static Clock clock_for(const Layout& layout) {
    const int least = resolution_of(layout.units);
    const int64_t whole = int64_t{4} * layout.resolution;
    constexpr int kFinestScore = 32'767;
    const bool is_claim_true =
        layout.resolution > 0 && layout.resolution <= kFinestScore && whole % layout.units == 0;
    return {layout.units, is_claim_true ? layout.resolution : least};
  }

  Score& prepared() {
    score_.ticks_per_quarter = clock_.resolution;
    for (const uint8_t staves : layout_.staves) {
      score_.parts.emplace_back();
      score_.parts.back().staves = staves;
    }
    return score_;
  }

  Error placed(const Error& error) const {
    const std::string what = error.what();
    if (what.starts_with("kern: ")) return error;
    return {error.code(), "kern: line " + std::to_string(spines_.line()) + ": field " +
                              std::to_string(field_ + 1) + ": " + what};
  }

  TrackKind kind_at(size_t i) const { return layout_.roles[spines_.columns()[i].track].kind; }
  bool keeps_time(size_t i) const {
    return kind_at(i) == TrackKind::kKern || kind_at(i) == TrackKind::kRecip;
  }

  void read_line() {
    const std::vector<Column>& columns = spines_.columns();
    cursors_.resize(std::max(cursors_.size(), columns.size()));
    switch (spines_.kind()) {
      case LineKind::kGlobal:
        return page_.add_record(spines_.line(), spines_.fields()[0]);
      case LineKind::kLocal:
        for (size_t i = 0; i < columns.size(); ++i) {
          page_.add_comment(spines_.line(), columns[i].track, spines_.fields()[i]);
        }
        return;
      case LineKind::kInterpretation:
        for (size_t i = 0; i < columns.size(); ++i) {
          page_.add_interpretation(spines_.line(), columns[i].track, spines_.fields()[i]);
        }
        if (spines_.moves()) move_cursors();
        return;
      case LineKind::kBarline:
        return read_barline();
      case LineKind::kData:
        return read_data();
    }
  }

  void read_barline() {
    for (size_t i = 0; i < spines_.columns().size(); ++i) {
      if (kind_at(i) == TrackKind::kKern) return page_.add_barline(spines_.fields()[i]);
    }
  }

  void move_cursors() {
    std::vector<Cursor> moved;
    std::vector<bool> is_kept(spines_.columns().size());
    for (const std::vector<size_t>& origin : spines_.origins()) {
      if (origin.empty()) {
        moved.emplace_back().is_fresh = true;
        continue;
      }
      Cursor cursor = cursors_[origin[0]];
      if (is_kept[origin[0]]) {  // the right half of a split
        cursor.expected = std::max(cursor.end, cursor.expected);
        cursor.is_fresh = true;
        cursor.last.reset();
      }
      is_kept[origin[0]] = true;
      for (size_t i = 1; i < origin.size(); ++i) {
        cursor.expected = std::max({cursor.expected, cursor.end, cursors_[origin[i]].end});
        if (!cursors_[origin[i]].is_fresh) hang(origin[i]);
        is_kept[origin[i]] = true;
      }
      moved.push_back(std::move(cursor));
    }
    for (size_t i = 0; i < is_kept.size(); ++i) {
      if (!is_kept[i] && !cursors_[i].is_fresh && spines_.columns()[i].place > 0) hang(i);
    }
    cursors_ = std::move(moved);
  }

  void hang(size_t i) {
    const Column& column = spines_.columns()[i];
    if (kind_at(i) == TrackKind::kKern)
      hanging_.push_back({column.track, column.place, cursors_[i]});
  }

  void read_data() {
    const size_t count = spines_.columns().size();
    tokens_.assign(count, {});
    bool has_note = false;
    bool has_grace = false;
    for (field_ = 0; field_ < count; ++field_) {
      const std::string_view field = spines_.fields()[field_];
      if (!keeps_time(field_) || field == "." || field.empty()) continue;
      tokens_[field_] = token_of(field, kind_at(field_));
      has_note = has_note || is_timed(field_);
      has_grace = has_grace || (tokens_[field_] && tokens_[field_]->is_grace);
    }
    field_ = 0;
    if (has_grace) add_graces();
    if (has_note) {
      begin_moment(time_of_line());
      for (field_ = 0; field_ < count; ++field_) {
        if (is_timed(field_)) add_token(field_);
      }
      field_ = 0;
    }
    if (has_note || !has_grace) add_other_tokens(has_note);
  }

  bool is_timed(size_t i) const { return tokens_[i] && !tokens_[i]->is_grace; }

  /// A token that time can be counted by, or nothing.
  std::optional<Token> token_of(std::string_view field, TrackKind kind) {
    Token token = read_token(field);
    if (!token.complaint.empty() && kind == TrackKind::kKern) {
      complaints_.add(spines_.line(), token.complaint);
    }
    if (token.is_grace) return token.heads.empty() ? std::nullopt : std::optional(token);
    if (!token.recip) {
      complaints_.add(spines_.line(), "a token without a duration, which was left out");
      return std::nullopt;
    }
    if (token.recip->length.num == 0) return std::nullopt;
    if (token.heads.empty()) token.heads.emplace_back().marks = kRest | kInvisible;
    return token;
  }

  /// The end of what went before in most of the columns that go on here. A column that is silent
  /// on this line though its note has ended speaks against a time.
  Units time_of_line() const {
    std::vector<Units> candidates;
    std::vector<Units> guesses;  // of columns that were split off: they begin where others go on
    Units least = now_;
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (!is_timed(i)) continue;
      const Units end = std::max(cursors_[i].end, cursors_[i].expected);
      if (kind_at(i) == TrackKind::kRecip && !cursors_[i].is_fresh) return std::max(end, now_);
      (cursors_[i].is_fresh ? guesses : candidates).push_back(end);
      if (cursors_[i].last && cursors_[i].last->begin == now_) least = now_ + 1;
    }
    std::erase_if(candidates, [&](Units at) { return at < least; });
    std::erase_if(guesses, [&](Units at) { return at < least; });
    if (candidates.empty()) candidates = std::move(guesses);
    if (candidates.empty()) return least;
    std::ranges::sort(candidates);
    if (candidates.front() == candidates.back()) return candidates.front();
    Units best = candidates.front();
    int best_score = score_of(best, candidates);
    for (const Units at : candidates) {
      const int score = score_of(at, candidates);
      if (score > best_score) best = at, best_score = score;
    }
    return best;
  }

  int score_of(Units at, const std::vector<Units>& candidates) const {
    auto score = static_cast<int>(std::ranges::count(candidates, at));
    for (size_t i = 0; i < tokens_.size(); ++i) {
      const bool is_silent = kind_at(i) == TrackKind::kKern && !tokens_[i] && !cursors_[i].is_fresh;
      if (is_silent && cursors_[i].end > now_ && cursors_[i].end <= at) --score;
    }
    return score;
  }

  /// From here on, `at` is now: what waited for the time of this line has it.
  void begin_moment(Units at) {
    constexpr Units kMost = kLongest;
    if (at / layout_.units >= kMost) {
      throw Error(ErrorCode::kInvalidFile, "expected a piece of at most " + std::to_string(kMost) +
                                               " whole notes, found more");
    }
    now_ = at;
    for (size_t i = 0; i < spines_.columns().size(); ++i) {
      if (!cursors_[i].is_fresh) continue;
      cursors_[i] = Cursor();
      cursors_[i].end = cursors_[i].expected = at;
    }
    settle_hanging(at);
    for (const WaitingGrace& grace : graces_)
      voices_.add_grace(grace.track, grace.place, at, grace.token);
    graces_.clear();
    page_.settle(at);
    for (size_t i = 0; i < spines_.columns().size(); ++i) {
      if (!is_timed(i) || kind_at(i) != TrackKind::kKern) continue;
      Cursor& cursor = cursors_[i];
      if (cursor.last && cursor.last->end > at) {
        complaints_.add(spines_.line(), "a note that lasts beyond the next, which was cut short");
        voices_.cut(spines_.columns()[i].track, *cursor.last, at);
      }
    }
    voices_.drop_ties(at);
  }

  void settle_hanging(Units at) {
    for (const Hanging& hanging : hanging_) {
      const Cursor& cursor = hanging.cursor;
      if (cursor.last && cursor.last->end > at) {
        complaints_.add(spines_.line(),
                        "a note that lasts beyond the end of its spine, which was cut short");
        voices_.cut(hanging.track, *cursor.last, at);
      }
    }
    hanging_.clear();
  }

  void fill(size_t track, size_t place, Units begin, Units end) {
    if (begin >= end) return;
    complaints_.add(spines_.line(), "silence that no rest stands for, which got an invisible one");
    voices_.add_gap(track, place, begin, end);
  }

  void add_token(size_t i) {
    const Column& column = spines_.columns()[i];
    Cursor& cursor = cursors_[i];
    const Fraction length = tokens_[i]->recip->length;
    if (kind_at(i) == TrackKind::kRecip) {
      cursor.end = cursor.expected = now_ + length.num * (layout_.units / length.den);
      return;
    }
    fill(column.track, column.place, cursor.end, now_);
    cursor.last = voices_.add(column.track, column.place, now_, *tokens_[i], spines_.line());
    cursor.end = cursor.expected = cursor.last->end;
    latest_ = std::max(latest_, cursor.end);
  }

  void add_graces() {
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (!tokens_[i] || !tokens_[i]->is_grace || kind_at(i) != TrackKind::kKern) continue;
      const Column& column = spines_.columns()[i];
      if (cursors_[i].is_fresh) {
        graces_.push_back({column.track, column.place, std::move(*tokens_[i])});
      } else {
        const Units at = std::max(cursors_[i].end, cursors_[i].expected);
        voices_.add_grace(column.track, column.place, at, *tokens_[i]);
      }
      tokens_[i].reset();
    }
  }

  /// The voice of the first note of the spine that begins now, within its staff.
  uint8_t voice_of_note(size_t track) const {
    for (size_t i = 0; i < tokens_.size(); ++i) {
      const bool is_note = spines_.columns()[i].track == track && is_timed(i) &&
                           (tokens_[i]->heads[0].marks & kRest) == 0;
      if (is_note && cursors_[i].last) return cursors_[i].last->voice;
    }
    return 0;
  }

  void add_other_tokens(bool is_timed_line) {
    for (size_t i = 0; i < spines_.columns().size(); ++i) {
      const std::string_view field = spines_.fields()[i];
      if (keeps_time(i) || field == "." || field.empty()) continue;
      const size_t track = spines_.columns()[i].track;
      switch (kind_at(i)) {
        case TrackKind::kText:
          page_.add_text(track, now_, voice_of_note(layout_.roles[track].kern), field);
          break;
        case TrackKind::kDynamics:
          page_.add_dynamics(spines_.line(), track, now_, field);
          break;
        case TrackKind::kHarmony:
        case TrackKind::kMusicXmlHarmony:
          page_.add_harmony(track, now_, field);
          break;
        default:
          complaints_.add(spines_.line(), "a token of a spine that the score has no place for, " +
                                              spines_.tracks()[track].kind.substr(0, 20));
          continue;
      }
      if (!is_timed_line) {
        complaints_.add(spines_.line(), "a sign between two notes, which was moved to the first");
      }
    }
  }

  void finish() {
    for (const size_t line : spines_.lonely_lines()) {
      complaints_.add(line, "a join or exchange of one spine, which says nothing");
    }
    const Units end = std::max(now_, latest_);
    tokens_.clear();
    begin_end(end);
    if (int64_t{4} * clock_.resolution % layout_.units != 0) {
      complaints_.add(1, "durations too fine for 32,767 ticks a quarter, which were rounded");
    }
    voices_.finish();
    page_.finish();
    for (Part& part : score_.parts) std::ranges::stable_sort(part.lyrics, {}, &Lyric::verse);
    sort_events(score_);
    mark_groups(score_);
  }

  void begin_end(Units end) {
    settle_hanging(end);
    for (const WaitingGrace& grace : graces_)
      voices_.add_grace(grace.track, grace.place, end, grace.token);
    page_.settle(end);
    voices_.drop_ties(end + 1);
  }

  Layout layout_;
  Clock clock_;
  Spines spines_;
  Score score_;
  Complaints complaints_;
  Voices voices_;
  Page page_;
  std::vector<Cursor> cursors_;
  std::vector<std::optional<Token>> tokens_;  ///< of this line, by column
  std::vector<Hanging> hanging_;
  std::vector<WaitingGrace> graces_;
  Units now_ = 0;     ///< the time of the last line of notes
  Units latest_ = 0;  ///< the end of the note that ends last
  size_t field_ = 0;  ///< for messages
};

}  // namespace
}  // namespace kern

namespace {

std::string text_of(ByteView bytes) {
  const std::string plain = without_mark(bytes);
  std::string text = to_utf8({reinterpret_cast<const uint8_t*>(plain.data()), plain.size()});
  if (text.find('\n') == std::string::npos) std::ranges::replace(text, '\r', '\n');
  return text;
}

/// Whether a line ends every spine: "*-" and nothing else.
bool ends_all(std::string_view line) {
  if (!line.starts_with("*-")) return false;
  return line.find_first_not_of("*-\t\r") == std::string_view::npos &&
         line.find("**") == std::string_view::npos;
}

/// Where each piece begins. Records that follow the end of one stand before the next only where a
/// next one comes.
std::vector<size_t> beginnings_of(std::string_view text) {
  std::vector<size_t> beginnings = {0};
  size_t ended_at = std::string_view::npos;
  for (size_t at = 0; at < text.size();) {
    const size_t next = std::min(text.find('\n', at), text.size() - 1) + 1;
    const std::string_view line = text.substr(at, next - at - 1);
    constexpr size_t kMostPieces = 1'000;
    if (ended_at != std::string_view::npos && line.starts_with("**")) {
      if (beginnings.size() < kMostPieces) beginnings.push_back(ended_at);
      ended_at = std::string_view::npos;
    } else if (ends_all(line)) {
      ended_at = next;
    }
    at = next;
  }
  return beginnings;
}

}  // namespace

Reading read_kern(ByteView bytes) { return kern::Reader(text_of(bytes)).read(); }

std::vector<Reading> read_kern_segments(ByteView bytes) {
  const std::string text = text_of(bytes);
  const std::vector<size_t> beginnings = beginnings_of(text);
  std::vector<Reading> readings;
  for (size_t i = 0; i < beginnings.size(); ++i) {
    const size_t begin = beginnings[i];
    const size_t end = i + 1 < beginnings.size() ? beginnings[i + 1] : text.size();
    // Empty lines before it, so that messages count from the beginning of the file.
    const auto lines =
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(begin), '\n');
    const std::string piece =
        std::string(static_cast<size_t>(lines), '\n') + text.substr(begin, end - begin);
    readings.push_back(kern::Reader(piece).read());
  }
  return readings;
}

}  // namespace motet
