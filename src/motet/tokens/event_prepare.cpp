// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/event_prepare.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "motet/base/error.h"
#include "motet/tokens/event_grid.h"

namespace motet::tokens {
namespace {

/// round(time * to / from), halves upwards; times are not negative.
int64_t resample_time(int64_t time, int64_t from, int64_t to) {
  return (2 * time * to + from) / (2 * from);
}

void resample(TrackScore& score, int64_t to) {
  const int64_t from = score.ticks_per_quarter;
  const auto move = [&](int64_t& time) { time = resample_time(time, from, to); };
  const auto shorten = [&](int64_t& duration) {
    duration = std::max<int64_t>(resample_time(duration, from, to), 1);
  };
  for (TrackTempo& tempo : score.tempos) move(tempo.at);
  for (TrackKey& key : score.keys) move(key.at);
  for (int64_t& marker : score.markers) move(marker);
  for (EventTrack& track : score.tracks) {
    for (TrackNote& note : track.notes) {
      move(note.onset);
      shorten(note.duration);
    }
    for (TrackControl& control : track.controls) move(control.at);
    for (TrackBend& bend : track.bends) move(bend.at);
    for (TrackPedal& pedal : track.pedals) {
      move(pedal.at);
      shorten(pedal.duration);
    }
    for (int64_t& lyric : track.lyrics) move(lyric);
  }
  score.ticks_per_quarter = static_cast<int>(to);
}

/// The metres that have tokens, with 4/4 before the first.
std::vector<TrackMetre> known_metres(const TrackScore& score, const EventConfig& config,
                                     const EventValues& values) {
  std::vector<TrackMetre> metres;
  if (!config.use_time_signatures) return {TrackMetre{}};
  for (const TrackMetre& metre : score.metres) {
    const EventValues::Metre named{metre.numerator, metre.denominator};
    if (std::ranges::find(values.metres, named) != values.metres.end()) metres.push_back(metre);
  }
  if (metres.empty() || metres.front().at != 0) metres.insert(metres.begin(), TrackMetre{});
  return metres;
}

/// Metre changes at bar lines only, none that repeats the one before.
class MetreSettler {
 public:
  MetreSettler(std::vector<TrackMetre>& metres, int64_t ticks_per_quarter)
      : metres_(metres), ticks_per_quarter_(ticks_per_quarter) {}

  void settle(bool keeps_default_at_zero) {
    begin_at(metres_.front());
    bar_begin_ = 0;
    size_t i = 0;
    while (i < metres_.size()) {
      if (i > 0 && metres_[i].same_metre(metres_[i - 1])) {
        remove(i);
        continue;
      }
      delay(i);
      if (i > 0 && metres_[i].at == metres_[i - 1].at) {
        i = replace_previous(i);
      } else {
        ++i;
      }
    }
    const bool is_default = metres_.front().same_metre(TrackMetre{});
    if (keeps_default_at_zero && is_default) {
      metres_.front().at = 0;
    } else if (metres_.front().at != 0) {
      metres_.insert(metres_.begin(), TrackMetre{});
    }
  }

 private:
  void begin_at(const TrackMetre& metre) {
    bar_ = ticks_per_bar(metre.numerator, metre.denominator, ticks_per_quarter_);
    if (bar_ <= 0) throw Error(ErrorCode::kInvalidFile, "tokenizer: beat_res is too coarse");
    bar_begin_ = metre.at;
  }

  void remove(size_t i) { metres_.erase(metres_.begin() + static_cast<std::ptrdiff_t>(i)); }

  /// To the next bar line; the bar may have been delayed beyond it already.
  void delay(size_t i) {
    if (i > 0) metres_[i].at = std::max(metres_[i].at, metres_[i - 1].at);
    const int64_t since = metres_[i].at - bar_begin_;
    if (since % bar_ != 0) metres_[i].at = bar_begin_ + (since / bar_ + 1) * bar_;
    begin_at(metres_[i]);
  }

  /// Of two metres at one bar line the later counts; it goes, too, when it repeats the one before.
  size_t replace_previous(size_t i) {
    remove(i - 1);
    if (i < 2 || !metres_[i - 1].same_metre(metres_[i - 2])) return i;
    remove(i - 1);
    begin_at(metres_[i - 2]);
    return i - 1;
  }

  std::vector<TrackMetre>& metres_;
  int64_t ticks_per_quarter_;
  int64_t bar_ = 0;
  int64_t bar_begin_ = 0;
};

/// One track that takes what others have; it keeps its own name, program and lyrics.
void merge_into(EventTrack& track, const EventTrack& other) {
  const auto append = [](auto& to, const auto& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  append(track.notes, other.notes);
  append(track.controls, other.controls);
  append(track.bends, other.bends);
  append(track.pedals, other.pedals);
}

void merge_same_programs(std::vector<EventTrack>& tracks) {
  std::map<int, std::vector<size_t>> by_program;
  for (size_t i = 0; i < tracks.size(); ++i) by_program[tracks[i].token_program()].push_back(i);
  const auto by_time = [](const auto& a, const auto& b) { return a.at < b.at; };
  std::vector<bool> is_merged(tracks.size(), false);
  for (const auto& [program, indices] : by_program) {
    if (indices.size() < 2) continue;
    EventTrack& first = tracks[indices.front()];
    for (size_t i = 1; i < indices.size(); ++i) {
      merge_into(first, tracks[indices[i]]);
      is_merged[indices[i]] = true;
    }
    std::ranges::stable_sort(first.notes);
    std::ranges::stable_sort(first.pedals);
    std::ranges::stable_sort(first.controls, by_time);
    std::ranges::stable_sort(first.bends, by_time);
  }
  size_t kept = 0;
  for (size_t i = 0; i < tracks.size(); ++i) {
    if (is_merged[i]) continue;
    if (kept != i) tracks[kept] = std::move(tracks[i]);
    ++kept;
  }
  tracks.resize(kept);
}

std::vector<PreparedScore::Tempo> prepare_tempos(const std::vector<TrackTempo>& tempos,
                                                 const EventConfig& config,
                                                 const EventValues& values, const Grid& grid) {
  std::vector<PreparedScore::Tempo> result;
  for (const TrackTempo& tempo : tempos) {
    const PreparedScore::Tempo prepared{tempo.at, values.nearest_tempo(tempo.microseconds)};
    result.push_back(prepared);
  }
  grid.align(result, [](PreparedScore::Tempo& tempo) -> int64_t& { return tempo.at; });
  size_t kept = 0;
  for (size_t i = 0; i < result.size(); ++i) {  // the last of each tick
    if (i + 1 < result.size() && result[i + 1].at == result[i].at) continue;
    result[kept++] = result[i];
  }
  result.resize(kept);
  if (config.delete_equal_successive_tempo_changes) {
    const auto same = [](const auto& a, const auto& b) { return a.index == b.index; };
    result.erase(std::unique(result.begin(), result.end(), same), result.end());
  }
  const auto is_default = [&](size_t index) {
    const auto quarter = static_cast<double>(values.microseconds(index));
    return kMicrosecondsPerMinute / quarter == values.tempos[values.default_tempo];
  };
  if (!result.empty() && config.delete_equal_successive_tempo_changes &&
      is_default(result.front().index)) {
    result.front().at = 0;
  } else if (result.empty() || result.front().at != 0) {
    result.insert(result.begin(), {0, values.default_tempo});
  }
  return result;
}

std::vector<TrackKey> prepare_keys(std::vector<TrackKey> keys, const Grid& grid) {
  std::ranges::stable_sort(keys, {}, &TrackKey::at);
  grid.align(keys, [](TrackKey& key) -> int64_t& { return key.at; });
  size_t kept = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (i + 1 < keys.size() && keys[i + 1].at == keys[i].at) continue;
    keys[kept++] = keys[i];
  }
  keys.resize(kept);
  if (keys.empty() || keys.front().at != 0) keys.insert(keys.begin(), TrackKey{});
  return keys;
}

/// When the last thing begins; what MidiTok calls the end of the bars.
int64_t last_onset(const TrackScore& score, const std::vector<EventTrack>& tracks,
                   const std::vector<TrackMetre>& metres) {
  int64_t last = 0;
  const auto see = [&](int64_t at) { last = std::max(last, at); };
  for (const EventTrack& track : tracks) {
    if (!track.notes.empty()) see(track.notes.back().onset);
    if (!track.controls.empty()) see(track.controls.back().at);
    if (!track.bends.empty()) see(track.bends.back().at);
    if (!track.lyrics.empty()) see(track.lyrics.back());
  }
  if (!score.tempos.empty()) see(score.tempos.back().at);
  if (!score.keys.empty()) see(score.keys.back().at);
  if (!score.markers.empty()) see(score.markers.back());
  if (!metres.empty()) see(metres.back().at);
  return last;
}

bool is_used(const EventTrack& track, const EventConfig& config) {
  return !track.notes.empty() || (config.use_sustain_pedals && !track.pedals.empty()) ||
         (config.use_pitch_bends && !track.bends.empty()) ||
         (config.use_control_changes && !track.controls.empty());
}

}  // namespace

int64_t ticks_per_beat(int denominator, int64_t ticks_per_quarter) {
  return ticks_per_quarter * 4 / denominator;
}

int64_t ticks_per_bar(int numerator, int denominator, int64_t ticks_per_quarter) {
  return ticks_per_beat(denominator, ticks_per_quarter) * numerator;
}

std::vector<BeatSection> beat_sections(const std::vector<TrackMetre>& metres,
                                       int64_t ticks_per_quarter) {
  constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
  std::vector<BeatSection> sections;
  for (size_t i = 0; i < metres.size(); ++i) {
    const int64_t end = i + 1 < metres.size() ? metres[i + 1].at : kNever;
    const int64_t beat = ticks_per_beat(metres[i].denominator, ticks_per_quarter);
    if (!sections.empty() && sections.back().ticks_per_beat == beat) {
      sections.back().end = end;
    } else {
      sections.push_back({end, beat});
    }
  }
  if (sections.empty()) sections.push_back({kNever, ticks_per_quarter});
  return sections;
}

namespace {

/// Where units begin up to the last onset of anything; `length` gives a unit's ticks in a metre.
template <typename Length>
std::vector<int64_t> unit_ticks(const PreparedScore& score, const Length& length) {
  if (score.last_onset == 0) return {0};
  constexpr int64_t kMostUnits = 10'000'000;
  std::vector<int64_t> units;
  TrackMetre current;
  const auto add_until = [&](int64_t end) {
    const int64_t unit = length(current);
    if (unit <= 0 || (end - current.at) / unit > kMostUnits) {
      throw Error(ErrorCode::kInvalidFile, "the piece has more than ten million bars or beats");
    }
    for (int64_t at = current.at; at < end; at += unit) units.push_back(at);
  };
  for (const TrackMetre& metre : score.metres) {
    add_until(metre.at);
    current = metre;
  }
  add_until(score.last_onset + 1);
  return units;
}

}  // namespace

std::vector<int64_t> bar_ticks(const PreparedScore& score) {
  return unit_ticks(score, [&score](const TrackMetre& metre) {
    return ticks_per_bar(metre.numerator, metre.denominator, score.ticks_per_quarter);
  });
}

std::vector<int64_t> beat_ticks(const PreparedScore& score) {
  return unit_ticks(score, [&score](const TrackMetre& metre) {
    return ticks_per_beat(metre.denominator, score.ticks_per_quarter);
  });
}

void clip(PreparedScore& score, int64_t end) {
  const auto is_late = [&](const auto& event) { return event.at >= end; };
  std::erase_if(score.tempos, is_late);
  std::erase_if(score.metres, is_late);
  std::erase_if(score.keys, is_late);
  for (EventTrack& track : score.tracks) {
    std::erase_if(track.notes, [&](const TrackNote& note) { return note.onset >= end; });
    std::erase_if(track.controls, is_late);
    std::erase_if(track.bends, is_late);
    std::erase_if(track.pedals, is_late);
  }
}

PreparedScore prepare(TrackScore score, const EventConfig& config, const EventValues& values,
                      Tokenization tokenization) {
  if (score.ticks_per_quarter <= 0) {
    throw Error(ErrorCode::kInvalidFile, "the piece has no ticks per quarter");
  }
  const bool in_ticks = tokenization == Tokenization::kPerTok;
  PreparedScore result;
  std::vector<TrackMetre> metres = score.metres;
  int64_t quarter = values.positions_per_beat;
  if (in_ticks) {
    quarter = values.durations.front().resolution;
    for (TrackMetre& metre : metres) {
      metre.at = resample_time(metre.at, score.ticks_per_quarter, quarter);
    }
    std::erase_if(metres, [](const TrackMetre& m) { return m.numerator < 1 || m.denominator < 1; });
  } else {
    metres = known_metres(score, config, values);
    const int finest = std::ranges::max_element(metres, {}, &TrackMetre::denominator)->denominator;
    if (config.use_time_signatures) quarter = quarter * finest / 4;
    if (quarter < 1) throw Error(ErrorCode::kInvalidFile, "tokenizer: beat_res is too coarse");
    const double scale = static_cast<double>(quarter) / score.ticks_per_quarter;
    for (TrackMetre& metre : metres) {
      if (quarter == score.ticks_per_quarter) break;
      metre.at = static_cast<int64_t>(static_cast<double>(metre.at) * scale);
    }
  }
  const TimesBefore before(score, config);
  if (score.ticks_per_quarter != quarter) resample(score, quarter);
  if (config.use_time_signatures && !metres.empty()) {
    MetreSettler(metres, quarter).settle(config.delete_equal_successive_time_sig_changes);
  }
  result.ticks_per_quarter = static_cast<int>(quarter);
  result.sections = config.use_time_signatures
                        ? beat_sections(metres, quarter)
                        : std::vector{BeatSection{std::numeric_limits<int64_t>::max(), quarter}};
  const Grid grid(metres, quarter, values.positions_per_beat, config.use_time_signatures);
  if (config.use_control_changes) prepare_controls(score, before, config, values, grid);
  if (config.use_programs && config.one_token_stream_for_programs) {
    merge_same_programs(score.tracks);
  }
  const TrackPreparer preparer(config, values, grid, result.sections, tokenization);
  for (EventTrack& track : score.tracks) {
    const bool is_foreign =
        config.use_programs &&
        std::ranges::find(config.programs, track.token_program()) == config.programs.end();
    if (is_foreign || !is_used(track, config)) continue;
    preparer.prepare(track);
    if (is_used(track, config)) result.tracks.push_back(std::move(track));
  }
  result.last_onset = last_onset(score, result.tracks, metres);
  if (config.use_tempos) {
    result.tempos = prepare_tempos(score.tempos, config, values, grid);
    result.last_onset = std::max(result.last_onset, result.tempos.back().at);
  }
  if (config.use_key_signatures) result.keys = prepare_keys(std::move(score.keys), grid);
  result.metres = std::move(metres);
  return result;
}

}  // namespace motet::tokens
