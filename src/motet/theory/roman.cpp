// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/roman.h"

#include <algorithm>
#include <cstdlib>

#include "motet/theory/roman_search.h"

namespace motet {
namespace {

using theory::Evidence;
using theory::Segment;
using theory::Slice;

// The shares of the notes that lie in the scale of each signature, -6..6.
double share_in_signature(const std::vector<Slice>& slices, size_t first, size_t last, int fifths) {
  const int tonic = key_of_signature(fifths, Mode::kMajor).tonic;
  constexpr unsigned kMajorScale = 0xAB5U;
  double inside = 0.0;
  double total = 0.0;
  for (size_t i = first; i < last; ++i) {
    for (int pc = 0; pc < 12; ++pc) {
      const double weight = slices[i].weight[static_cast<size_t>(pc)];
      total += weight;
      if ((kMajorScale >> static_cast<unsigned>((pc - tonic + 12) % 12) & 1U) != 0)
        inside += weight;
    }
  }
  return total > 0.0 ? inside / total : 0.0;
}

// The signatures that the notes bear out: none fits much better. A program that knows no signature
// writes C major.
std::vector<theory::Signature> trusted_signatures(const Score& score,
                                                  const std::vector<Slice>& slices) {
  constexpr double kSlack = 0.06;
  std::vector<theory::Signature> out;
  for (size_t i = 0; i < score.keys.size(); ++i) {
    const auto slice_at = [&slices](Ticks at) {
      return static_cast<size_t>(
          std::lower_bound(slices.begin(), slices.end(), at,
                           [](const Slice& s, Ticks t) { return s.begin < t; }) -
          slices.begin());
    };
    const size_t first = slice_at(score.keys[i].at);
    const size_t last = i + 1 < score.keys.size() ? slice_at(score.keys[i + 1].at) : slices.size();
    if (first >= last) continue;
    double best = 0.0;
    for (int fifths = -6; fifths < 6; ++fifths) {
      best = std::max(best, share_in_signature(slices, first, last, fifths));
    }
    const int signed_fifths = score.keys[i].fifths;
    const bool trusted = share_in_signature(slices, first, last, signed_fifths) >= best - kSlack;
    out.push_back(
        {.first = first, .fifths = trusted ? std::optional<int>(signed_fifths) : std::nullopt});
  }
  return out;
}

// Makes numerals of a segment: one, or more where the bass moves on to another chord tone.
class Inverter {
 public:
  Inverter(const std::vector<Slice>& slices, const Segment& segment)
      : slices_(slices),
        segment_(segment),
        numeral_(theory::vocabulary_of(segment.key.mode).numerals[segment.numeral]) {}

  void append_to(std::vector<RomanNumeral>& out) const {
    size_t at = segment_.first;
    int pitch = opening_bass();
    while (at < segment_.last) {
      const size_t next = next_bass(at, pitch);
      out.push_back(numeral_with(slices_[at].begin, slices_[next - 1].end, pitch));
      if (next < segment_.last) pitch = slices_[next].bass;
      at = next;
    }
  }

 private:
  static constexpr double kLeast = 0.99;       // beats that a new bass must stay
  static constexpr double kLeastFifth = 1.99;  // and the fifth, which often only alternates
  static constexpr int kLargestRise = 4;       // semitones: what is higher is an inner voice

  bool is_tone(int pitch) const {
    if (pitch == Slice::kNoBass) return false;
    const int above = (pitch - segment_.key.tonic + 12) % 12;
    return (numeral_.mask >> static_cast<unsigned>(above) & 1U) != 0;
  }

  // The lowest chord tone of the first beat; of later ones when that has none.
  int opening_bass() const {
    double beats = 0.0;
    int lowest = Slice::kNoBass;
    for (size_t i = segment_.first; i < segment_.last; ++i) {
      if (beats > kLeast && lowest != Slice::kNoBass) break;
      const int bass = slices_[i].bass;
      if (is_tone(bass)) lowest = std::min(lowest, bass);
      beats += slices_[i].beats;
    }
    return lowest == Slice::kNoBass ? (numeral_.root + segment_.key.tonic) % 12 : lowest;
  }

  double stay_of(size_t at) const {
    double beats = 0.0;
    for (size_t i = at; i < segment_.last && slices_[i].bass % 12 == slices_[at].bass % 12; ++i) {
      beats += slices_[i].beats;
    }
    return beats;
  }

  size_t next_bass(size_t at, int pitch) const {
    if (numeral_.kind == NumeralKind::kCadentialSixFour) return segment_.last;
    double passed = slices_[at].beats;
    for (size_t i = at + 1; i < segment_.last; passed += slices_[i].beats, ++i) {
      const int bass = slices_[i].bass;
      if (passed < kLeast || !is_tone(bass) || bass % 12 == pitch % 12) continue;
      if (slices_[i].strength == theory::Strength::kSubdivision) continue;
      if (bass > pitch + kLargestRise) continue;
      const bool is_fifth = (bass - numeral_.root - segment_.key.tonic + 24) % 12 == 7;
      if (stay_of(i) >= (is_fifth ? kLeastFifth : kLeast)) return i;
    }
    return segment_.last;
  }

  RomanNumeral numeral_with(Ticks begin, Ticks end, int bass) const {
    RomanNumeral out{.begin = begin,
                     .end = end,
                     .key = segment_.key,
                     .degree = numeral_.degree,
                     .alteration = numeral_.alteration,
                     .kind = numeral_.kind,
                     .quality = numeral_.quality,
                     .applied_to = numeral_.applied_to,
                     .root = (numeral_.root + segment_.key.tonic) % 12,
                     .bass = bass % 12};
    if (numeral_.kind == NumeralKind::kGermanSixth) out.root = (out.root + 10) % 12;  // sharp 4
    if (numeral_.kind == NumeralKind::kFrenchSixth) out.root = (out.root + 8) % 12;   // 2
    for (int interval = 1; interval <= (out.bass - out.root + 12) % 12; ++interval) {
      out.inversion += is_tone(out.root + interval) ? 1 : 0;
    }
    return out;
  }

  const std::vector<Slice>& slices_;
  const Segment& segment_;
  const theory::Numeral& numeral_;
};

// Blues: for half of the time or more dominant sevenths sound, on three roots at least, and seldom
// go down a fifth as dominants do. Common practice has a fifth of that.
theory::Idiom idiom_of(const Score& score) {
  constexpr double kLeastShare = 0.5;
  constexpr double kMostResolved = 0.5;
  constexpr int kLeastRoots = 3;
  double sevenths = 0.0;
  double all = 0.0;
  unsigned roots = 0;
  double changes = 0.0;
  double falls = 0.0;
  const ChordSpan* before = nullptr;
  const std::vector<ChordSpan> spans = label_chords(score);
  for (const ChordSpan& span : spans) {
    if (!span.chord) continue;
    const auto length = static_cast<double>((span.end - span.begin).value);
    const bool is_seventh = span.chord->quality == ChordQuality::kDominant7;
    all += length;
    if (is_seventh) sevenths += length;
    if (is_seventh) roots |= 1U << static_cast<unsigned>(span.chord->root);
    if (before != nullptr && before->chord->quality == ChordQuality::kDominant7 &&
        before->chord->root != span.chord->root) {
      changes += 1.0;
      falls += (before->chord->root + 5) % 12 == span.chord->root ? 1.0 : 0.0;
    }
    before = &span;
  }
  const bool is_blues = sevenths >= kLeastShare * all && __builtin_popcount(roots) >= kLeastRoots &&
                        falls <= kMostResolved * changes;
  return is_blues ? theory::Idiom::kBlues : theory::Idiom::kCommon;
}

bool same_but_time(RomanNumeral a, const RomanNumeral& b) {
  a.begin = b.begin;
  a.end = b.end;
  return a == b;
}

}  // namespace

std::vector<RomanNumeral> roman_numerals(const Score& score, RomanOptions options) {
  const Evidence evidence = theory::gather_evidence(score);
  std::vector<theory::Signature> signatures;
  if (options.use_signature) signatures = trusted_signatures(score, evidence.slices);
  std::vector<RomanNumeral> numerals;
  for (const Segment& segment : theory::best_segments(evidence, signatures, idiom_of(score))) {
    Inverter(evidence.slices, segment).append_to(numerals);
  }
  std::vector<RomanNumeral> joined;
  for (const RomanNumeral& numeral : numerals) {
    if (!joined.empty() && same_but_time(joined.back(), numeral)) {
      joined.back().end = numeral.end;
    } else {
      joined.push_back(numeral);
    }
  }
  return joined;
}

std::vector<KeySpan> keys_of(const std::vector<RomanNumeral>& numerals) {
  std::vector<KeySpan> spans;
  for (const RomanNumeral& numeral : numerals) {
    if (!spans.empty() && spans.back().key == numeral.key) {
      spans.back().end = numeral.end;
    } else {
      spans.push_back({.begin = numeral.begin, .end = numeral.end, .key = numeral.key});
    }
  }
  return spans;
}

std::vector<KeySpan> local_keys(const Score& score, RomanOptions options) {
  return keys_of(roman_numerals(score, options));
}

std::optional<Chord> chord_of(const RomanNumeral& numeral) {
  if (numeral.kind == NumeralKind::kItalianSixth || numeral.kind == NumeralKind::kFrenchSixth) {
    return std::nullopt;
  }
  const bool is_german = numeral.kind == NumeralKind::kGermanSixth;
  return Chord{.root = is_german ? (numeral.root + 2) % 12 : numeral.root,
               .quality = numeral.quality};
}

}  // namespace motet
