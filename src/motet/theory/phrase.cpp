// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/phrase.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <set>

#include "motet/theory/evidence.h"
#include "motet/theory/features.h"

namespace motet {
namespace {

// How strongly each of a row of values differs from its neighbours, times itself: 0..1.
std::vector<double> change_strengths(const std::vector<double>& values) {
  const auto change = [](double a, double b) { return a + b > 0 ? std::abs(a - b) / (a + b) : 0; };
  std::vector<double> out(values.size(), 0.0);
  double most = 0.0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double before = i > 0 ? change(values[i - 1], values[i]) : 0.0;
    const double after = i + 1 < values.size() ? change(values[i], values[i + 1]) : 0.0;
    out[i] = values[i] * (before + after);
    most = std::max(most, out[i]);
  }
  for (double& value : out) value = most > 0.0 ? value / most : 0.0;
  return out;
}

bool is_root_position_dominant(const RomanNumeral& n) {
  return n.kind == NumeralKind::kPlain && n.degree == 5 && n.inversion == 0 &&
         (n.quality == ChordQuality::kMajor || n.quality == ChordQuality::kDominant7);
}

bool is_dominant(const RomanNumeral& n) {
  if (n.kind != NumeralKind::kPlain || n.alteration != 0) return false;
  const bool leads = n.degree == 7 && (n.quality == ChordQuality::kDiminished ||
                                       n.quality == ChordQuality::kDiminished7 ||
                                       n.quality == ChordQuality::kHalfDiminished7);
  const bool major = n.quality == ChordQuality::kMajor || n.quality == ChordQuality::kDominant7;
  return leads || (n.degree == 5 && major);
}

bool is_degree(const RomanNumeral& n, int degree) {
  return n.kind == NumeralKind::kPlain && n.degree == degree;
}

// The pitch class on top when a chord begins; nothing in silence.
std::optional<int> top_at(const std::vector<Note>& melody, Ticks at) {
  const auto after = std::upper_bound(melody.begin(), melody.end(), at,
                                      [](Ticks t, const Note& n) { return t < n.onset; });
  if (after == melody.begin()) return std::nullopt;
  const Note& note = *std::prev(after);
  if (note.onset + note.duration <= at) return std::nullopt;
  return note.pitch % 12;
}

std::optional<CadenceKind> kind_of(const RomanNumeral& before, const RomanNumeral& last,
                                   std::optional<int> top) {
  if (before.key != last.key) return std::nullopt;
  if (is_degree(last, 1) && is_dominant(before)) {
    const bool perfect =
        is_root_position_dominant(before) && last.inversion == 0 && top == last.key.tonic;
    return perfect ? CadenceKind::kPerfectAuthentic : CadenceKind::kImperfectAuthentic;
  }
  if (is_degree(last, 6) && last.inversion == 0 && is_root_position_dominant(before)) {
    return CadenceKind::kDeceptive;
  }
  if (is_degree(last, 1) && is_degree(before, 4) && last.inversion == 0) {
    return CadenceKind::kPlagal;
  }
  if (is_root_position_dominant(last) && last.quality == ChordQuality::kMajor) {
    return CadenceKind::kHalf;
  }
  return std::nullopt;
}

}  // namespace

std::vector<Note> melody_of(const Score& score) {
  std::vector<Note> notes;
  for (const Part& part : score.parts) {
    if (!part.is_drums) notes.insert(notes.end(), part.notes.begin(), part.notes.end());
  }
  std::stable_sort(notes.begin(), notes.end(), [](const Note& a, const Note& b) {
    return a.onset != b.onset ? a.onset < b.onset : a.pitch > b.pitch;
  });
  std::vector<Note> melody;
  for (const Note& note : notes) {
    if (!melody.empty()) {
      const Note& last = melody.back();
      if (last.onset == note.onset) continue;
      if (last.onset + last.duration > note.onset && last.pitch > note.pitch) continue;
    }
    melody.push_back(note);
  }
  return melody;
}

std::vector<double> boundary_strengths(const std::vector<Note>& melody) {
  constexpr double kPitch = 0.25;
  constexpr double kOnsets = 0.5;
  constexpr double kRests = 0.25;
  if (melody.size() < 2) return std::vector<double>(melody.size(), 0.0);
  std::vector<double> pitch;
  std::vector<double> onsets;
  std::vector<double> rests;
  for (size_t i = 1; i < melody.size(); ++i) {
    const Note& a = melody[i - 1];
    const Note& b = melody[i];
    pitch.push_back(std::abs(int{a.pitch} - int{b.pitch}));
    onsets.push_back(static_cast<double>((b.onset - a.onset).value));
    rests.push_back(std::max(0.0, static_cast<double>((b.onset - a.onset - a.duration).value)));
  }
  pitch = change_strengths(pitch);
  onsets = change_strengths(onsets);
  rests = change_strengths(rests);
  std::vector<double> strengths = {0.0};
  for (size_t i = 0; i < pitch.size(); ++i) {
    strengths.push_back(kPitch * pitch[i] + kOnsets * onsets[i] + kRests * rests[i]);
  }
  return strengths;
}

std::vector<Phrase> find_phrases(const Score& score) {
  constexpr double kStandsOut = 1.0;  // standard deviations above the mean
  constexpr double kLeastBars = 1.5;
  const std::vector<Note> melody = melody_of(score);
  if (melody.empty()) return {};
  const std::vector<double> strengths = boundary_strengths(melody);
  double mean = 0.0;
  double squares = 0.0;
  for (const double s : strengths) mean += s / static_cast<double>(strengths.size());
  for (const double s : strengths) {
    squares += (s - mean) * (s - mean) / static_cast<double>(strengths.size());
  }
  const double least = mean + kStandsOut * std::sqrt(squares);
  const MetreChange metre = main_metre(score);
  const double bar = 4.0 * score.ticks_per_quarter * metre.numerator / metre.denominator;
  const auto far = static_cast<int64_t>(kLeastBars * bar);
  std::vector<size_t> order;  // strongest first, so that weak borders give way
  for (size_t i = 1; i < strengths.size(); ++i) {
    const bool peak = strengths[i] >= strengths[i - 1] &&
                      (i + 1 == strengths.size() || strengths[i] > strengths[i + 1]);
    if (peak && strengths[i] > least) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return strengths[a] > strengths[b]; });
  const Ticks end = end_of(score);
  std::set<Ticks> cuts = {melody.front().onset, end};
  for (const size_t i : order) {
    const Ticks at = melody[i].onset;
    const auto after = cuts.lower_bound(at - Ticks{far - 1});  // the first one that is too near
    if (after == cuts.end() || (*after - at).value >= far) cuts.insert(at);
  }
  std::vector<Phrase> phrases;
  for (auto cut = cuts.begin(); std::next(cut) != cuts.end(); ++cut) {
    phrases.push_back({.begin = *cut, .end = *std::next(cut)});
  }
  return phrases;
}

std::string_view name_of(CadenceKind kind) {
  constexpr std::array<std::string_view, 5> kNames = {"PAC", "IAC", "HC", "PC", "DC"};
  return kNames[static_cast<size_t>(kind)];
}

std::vector<Cadence> find_cadences(const Score& score, const std::vector<RomanNumeral>& numerals) {
  const std::vector<Note> melody = melody_of(score);
  const std::vector<Phrase> phrases = find_phrases(score);
  const std::vector<Bar> bars = bars_of(score);
  std::vector<Cadence> cadences;
  for (size_t i = 1; i < numerals.size(); ++i) {
    const RomanNumeral& last = numerals[i];
    const auto kind = kind_of(numerals[i - 1], last, top_at(melody, last.begin));
    if (!kind) continue;
    const auto bar = std::prev(std::upper_bound(bars.begin(), bars.end(), last.begin,
                                                [](Ticks t, const Bar& b) { return t < b.begin; }));
    if (theory::strength_at(*bar, last.begin - bar->begin, score.ticks_per_quarter) ==
        theory::Strength::kSubdivision) {
      continue;
    }
    const int64_t beat =
        theory::beat_length(bar->numerator, bar->denominator, score.ticks_per_quarter);
    // The next phrase begins while this chord sounds or with the chord after it.
    const auto phrase = std::upper_bound(phrases.begin(), phrases.end(), last.begin,
                                         [](Ticks t, const Phrase& p) { return t < p.end; });
    const bool ends_phrase = phrase != phrases.end() && phrase->end <= last.end;
    const bool stays = (last.end - last.begin).value >= 2 * beat;
    const bool needs_phrase = kind == CadenceKind::kHalf || kind == CadenceKind::kPlagal ||
                              kind == CadenceKind::kImperfectAuthentic;
    if (ends_phrase || (stays && !needs_phrase)) {
      cadences.push_back({.at = last.begin, .kind = *kind, .key = last.key});
    }
  }
  return cadences;
}

}  // namespace motet
