// SPDX-License-Identifier: Apache-2.0
// The numerals of both modes: how frequent they are and what they go to.
#include "motet/theory/roman_vocabulary.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace motet::theory {
namespace {

using Q = ChordQuality;
using K = NumeralKind;

constexpr std::array<int, 7> kMajorScale = {0, 2, 4, 5, 7, 9, 11};
constexpr std::array<int, 7> kMinorScale = {0, 2, 3, 5, 7, 8, 10};

// How often a numeral is written, in shares of all chords. The diatonic ones follow the counts of
// Rohrmeier and Cross 2008 for chorales, rounded; the chromatic ones are a guess at their order.
struct Entry {
  int degree;
  int alteration;
  Q quality;
  Role role;
  double prior;
};

constexpr std::array<Entry, 28> kMajorEntries = {{
    {1, 0, Q::kMajor, Role::kTonic, .300},
    {1, 0, Q::kMajor7, Role::kTonic, .003},
    {2, 0, Q::kMinor, Role::kPredominant, .055},
    {2, 0, Q::kMinor7, Role::kPredominant, .045},
    {3, 0, Q::kMinor, Role::kOther, .014},
    {3, 0, Q::kMinor7, Role::kOther, .002},
    {4, 0, Q::kMajor, Role::kPredominant, .090},
    {4, 0, Q::kMajor7, Role::kPredominant, .006},
    {5, 0, Q::kMajor, Role::kDominant, .160},
    {5, 0, Q::kDominant7, Role::kDominant, .140},
    {6, 0, Q::kMinor, Role::kTonic, .055},
    {6, 0, Q::kMinor7, Role::kTonic, .005},
    {7, 0, Q::kDiminished, Role::kDominant, .028},
    {7, 0, Q::kHalfDiminished7, Role::kDominant, .006},
    {7, 0, Q::kDiminished7, Role::kDominant, .007},
    {1, 0, Q::kMinor, Role::kTonic, .004},
    {1, 0, Q::kAugmented, Role::kTonic, .0008},
    {2, 0, Q::kDiminished, Role::kPredominant, .002},
    {2, 0, Q::kHalfDiminished7, Role::kPredominant, .005},
    {3, -1, Q::kMajor, Role::kOther, .0015},
    {4, 0, Q::kMinor, Role::kPredominant, .006},
    {4, 0, Q::kMinor7, Role::kPredominant, .0006},
    {4, 0, Q::kDominant7, Role::kOther, .0020},
    {5, 0, Q::kMinor, Role::kOther, .0020},
    {5, 0, Q::kAugmented, Role::kDominant, .0008},
    {6, -1, Q::kMajor, Role::kPredominant, .004},
    {7, -1, Q::kMajor, Role::kOther, .002},
    {1, 0, Q::kDominant7, Role::kTonic, .0015},
}};

constexpr std::array<Entry, 29> kMinorEntries = {{
    {1, 0, Q::kMinor, Role::kTonic, .290},
    {1, 0, Q::kMinor7, Role::kTonic, .004},
    {1, 0, Q::kMajor, Role::kTonic, .010},
    {2, 0, Q::kDiminished, Role::kPredominant, .030},
    {2, 0, Q::kHalfDiminished7, Role::kPredominant, .040},
    {2, 0, Q::kMinor, Role::kPredominant, .003},
    {2, 0, Q::kMinor7, Role::kPredominant, .002},
    {3, 0, Q::kMajor, Role::kOther, .030},
    {3, 0, Q::kMajor7, Role::kOther, .002},
    {3, 0, Q::kAugmented, Role::kDominant, .002},
    {4, 0, Q::kMinor, Role::kPredominant, .080},
    {4, 0, Q::kMinor7, Role::kPredominant, .010},
    {4, 0, Q::kMajor, Role::kPredominant, .008},
    {4, 0, Q::kDominant7, Role::kPredominant, .002},
    {5, 0, Q::kMajor, Role::kDominant, .150},
    {5, 0, Q::kDominant7, Role::kDominant, .130},
    {5, 0, Q::kMinor, Role::kOther, .020},
    {5, 0, Q::kMinor7, Role::kOther, .003},
    {5, 0, Q::kAugmented, Role::kDominant, .0008},
    {6, 0, Q::kMajor, Role::kPredominant, .045},
    {6, 0, Q::kMajor7, Role::kPredominant, .004},
    {6, 1, Q::kDiminished, Role::kOther, .002},
    {6, 1, Q::kHalfDiminished7, Role::kOther, .002},
    {7, 0, Q::kMajor, Role::kOther, .018},
    {7, 1, Q::kDiminished, Role::kDominant, .030},
    {7, 1, Q::kDiminished7, Role::kDominant, .045},
    {7, 1, Q::kHalfDiminished7, Role::kDominant, .001},
    {6, 0, Q::kMinor, Role::kOther, .0005},
    {1, 0, Q::kAugmented, Role::kOther, .0002},
}};

// How often the degrees are tonicised, beside V: 1.0.
constexpr std::array<double, 7> kMajorTargets = {0.0, 0.55, 0.12, 0.50, 1.0, 0.50, 0.0};
constexpr std::array<double, 7> kMinorTargets = {0.0, 0.0, 0.60, 0.70, 1.0, 0.30, 0.35};

struct AppliedForm {
  int degree;
  Q quality;
  double prior;  // to V
};
constexpr std::array<AppliedForm, 5> kAppliedForms = {{
    {5, Q::kMajor, .016},
    {5, Q::kDominant7, .024},
    {7, Q::kDiminished, .006},
    {7, Q::kDiminished7, .009},
    {7, Q::kHalfDiminished7, .003},
}};

constexpr double kCadentialPrior = .035;
constexpr double kNeapolitanPrior = .004;
constexpr double kItalianPrior = .002;
constexpr double kFrenchPrior = .0015;
constexpr double kGermanPrior = .003;

constexpr unsigned bit(int pitch_class) { return 1U << static_cast<unsigned>(pitch_class % 12); }

Numeral plain(Mode mode, const Entry& entry) {
  const int root = (degree_semitones(mode, entry.degree) + entry.alteration + 12) % 12;
  // viio of minor stands on the leading note and is written without a sharp.
  const bool leading = mode == Mode::kMinor && entry.degree == 7 && entry.alteration == 1;
  return {.degree = entry.degree,
          .alteration = leading ? 0 : entry.alteration,
          .quality = entry.quality,
          .kind = K::kPlain,
          .applied_to = 0,
          .role = entry.role,
          .log_prior = std::log(entry.prior),
          .root = root,
          .target_root = -1,
          .mask = pitch_classes({.root = root, .quality = entry.quality}),
          .chord_index = static_cast<size_t>(entry.quality) * 12 + static_cast<size_t>(root)};
}

bool has_minor_triad(Mode mode, int degree) {
  constexpr std::array<bool, 7> kInMajor = {false, true, true, false, false, true, false};
  constexpr std::array<bool, 7> kInMinor = {true, false, false, true, false, false, false};
  return (mode == Mode::kMajor ? kInMajor : kInMinor)[static_cast<size_t>(degree - 1)];
}

void add_applied(Mode mode, std::vector<Numeral>& out) {
  const auto& targets = mode == Mode::kMajor ? kMajorTargets : kMinorTargets;
  for (int target = 2; target <= 7; ++target) {
    const double share = targets[static_cast<size_t>(target - 1)];
    if (share <= 0.0) continue;
    const int target_root = degree_semitones(mode, target);
    for (const AppliedForm& form : kAppliedForms) {
      const int root = (target_root + (form.degree == 5 ? 7 : 11)) % 12;
      const Chord chord{.root = root, .quality = form.quality};
      // V/IV in major is I, V/VI and V/III in minor are III and VII: no one writes them.
      const unsigned mask = pitch_classes(chord);
      bool known = false;
      for (const Numeral& numeral : out)
        known |= numeral.mask == mask && numeral.root == root && numeral.kind == K::kPlain &&
                 numeral.log_prior > std::log(.0025);
      if (known) continue;
      // A half-diminished seventh leads to a major triad.
      if (form.quality == Q::kHalfDiminished7 && has_minor_triad(mode, target)) continue;
      out.push_back(
          {.degree = form.degree,
           .alteration = 0,
           .quality = form.quality,
           .kind = K::kApplied,
           .applied_to = target,
           .role = Role::kOther,
           .log_prior = std::log(form.prior * share),
           .root = root,
           .target_root = target_root,
           .mask = mask,
           .chord_index = static_cast<size_t>(form.quality) * 12 + static_cast<size_t>(root)});
    }
  }
}

void add_special(Mode mode, std::vector<Numeral>& out) {
  const auto add = [&out](int degree, int alteration, Q quality, K kind, Role role, double prior,
                          int root, unsigned mask, size_t pattern) {
    out.push_back({.degree = degree,
                   .alteration = alteration,
                   .quality = quality,
                   .kind = kind,
                   .applied_to = 0,
                   .role = role,
                   .log_prior = std::log(prior),
                   .root = root,
                   .target_root = -1,
                   .mask = mask,
                   .chord_index = pattern * 12 + static_cast<size_t>(root)});
  };
  const Q tonic = mode == Mode::kMajor ? Q::kMajor : Q::kMinor;
  add(1, 0, tonic, K::kCadentialSixFour, Role::kDominant, kCadentialPrior, 0,
      pitch_classes({.root = 0, .quality = tonic}), static_cast<size_t>(tonic));
  add(2, -1, Q::kMajor, K::kNeapolitan, Role::kPredominant, kNeapolitanPrior, 1,
      pitch_classes({.root = 1, .quality = Q::kMajor}), static_cast<size_t>(Q::kMajor));
  add(6, 0, Q::kDominant7, K::kGermanSixth, Role::kPredominant, kGermanPrior, 8,
      bit(8) | bit(0) | bit(3) | bit(6), static_cast<size_t>(Q::kDominant7));
  add(6, 0, Q::kDominant7, K::kItalianSixth, Role::kPredominant, kItalianPrior, 6,
      bit(8) | bit(0) | bit(6), kChordQualities);
  add(6, 0, Q::kDominant7, K::kFrenchSixth, Role::kPredominant, kFrenchPrior, 6,
      bit(8) | bit(0) | bit(2) | bit(6), kChordQualities + 1);
}

bool is_sixth(const Numeral& n) {
  return n.kind == K::kItalianSixth || n.kind == K::kFrenchSixth || n.kind == K::kGermanSixth;
}

bool is_five(const Numeral& n) {
  return n.kind == K::kPlain && n.degree == 5 && n.role == Role::kDominant;
}

constexpr double kSameChord = -0.7;  // a chord that is struck again or longer than a segment

// Logarithmic weights of a succession besides the frequency of what comes.
double applied_bonus(const Numeral& from, const Numeral& to) {
  const bool arrives = to.root == from.target_root || to.target_root == from.target_root;
  if (to.kind == K::kApplied && to.applied_to == from.applied_to) return 0.8;
  if (to.kind == K::kCadentialSixFour) return from.applied_to == 5 ? 1.2 : -2.0;
  if (arrives && to.kind == K::kPlain) return 1.8;
  if (arrives) return 1.0;
  if (to.root == from.target_root) return 1.2;
  // Deceptive: up a step instead of up a fourth.
  const int rise = (to.root - from.target_root + 12) % 12;
  return rise == 8 || rise == 9 ? -0.8 : -1.8;
}

double role_bonus(const Numeral& from, const Numeral& to) {
  if (to.kind == K::kApplied) return from.role == Role::kDominant ? -0.5 : 0.0;
  if (to.kind == K::kCadentialSixFour) {
    return from.role == Role::kDominant ? -1.5 : from.role == Role::kPredominant ? 1.0 : 0.0;
  }
  switch (from.role) {
    case Role::kDominant:
      if (to.role == Role::kTonic) return to.degree == 1 ? 0.9 : 0.2;
      if (to.role == Role::kDominant) return 0.3;
      return to.role == Role::kPredominant ? -0.9 : -0.5;
    case Role::kPredominant:
      if (to.role == Role::kDominant) return 0.6;
      return to.role == Role::kPredominant ? 0.2 : 0.0;
    case Role::kTonic:
      return to.role == Role::kPredominant ? 0.3 : 0.1;
    case Role::kOther:
      return 0.0;
  }
  return 0.0;
}

constexpr double kOverOneBass = 3.5;   // the bass does not tell of this change, and need not
constexpr double kSeventhJoins = 2.6;  // V goes on as V7

double succession(const Numeral& from, const Numeral& to) {
  if (from.kind == K::kCadentialSixFour) return is_five(to) ? kOverOneBass : -4.0;
  if (is_sixth(from)) {
    if (is_five(to) || to.kind == K::kCadentialSixFour) return 1.8;
    return is_sixth(to) ? 0.5 : -3.0;
  }
  if (from.kind == K::kNeapolitan) {
    const bool goes_on = to.role == Role::kDominant || to.applied_to == 5;
    return goes_on ? 1.2 : -0.8;
  }
  if (from.kind == K::kApplied) return applied_bonus(from, to);
  if (from.root == to.root && to.mask != from.mask && (to.mask & from.mask) == from.mask)
    return kSeventhJoins;
  const bool fifth_down = (from.root + 5) % 12 == to.root;
  return role_bonus(from, to) + (fifth_down ? 0.6 : 0.0);
}

// In blues I7, IV7 and V7 are as usual as triads elsewhere, and none of them asks to go on: I7 is
// no dominant of IV. Of the twelve bars seven or eight are on I, three on IV, one or two on V.
void make_blues(std::vector<Numeral>& numerals) {
  constexpr double kTonicSeventh = .45;
  constexpr double kSubdominantSeventh = .20;
  constexpr double kDominant = .05;  // V and V7
  constexpr double kAppliedLess = 2.5;
  for (Numeral& numeral : numerals) {
    if (numeral.kind == K::kApplied) numeral.log_prior -= kAppliedLess;
    if (numeral.role == Role::kDominant && numeral.degree == 5) {
      numeral.log_prior = std::log(kDominant);
    }
    if (numeral.kind != K::kPlain || numeral.quality != Q::kDominant7) continue;
    if (numeral.degree == 1) numeral.log_prior = std::log(kTonicSeventh);
    if (numeral.degree == 4) {
      numeral.log_prior = std::log(kSubdominantSeventh);
      numeral.role = Role::kPredominant;
    }
  }
}

Vocabulary make_vocabulary(Mode mode, Idiom idiom) {
  constexpr double kUnresolved = -2.5;
  Vocabulary out;
  if (mode == Mode::kMajor) {
    for (const Entry& entry : kMajorEntries) out.numerals.push_back(plain(mode, entry));
  } else {
    for (const Entry& entry : kMinorEntries) out.numerals.push_back(plain(mode, entry));
  }
  add_applied(mode, out.numerals);
  add_special(mode, out.numerals);
  if (idiom == Idiom::kBlues && mode == Mode::kMajor) make_blues(out.numerals);
  const size_t n = out.numerals.size();
  out.follows.assign(n, std::vector<double>(n));
  out.most_welcome.assign(n, -std::numeric_limits<double>::infinity());
  for (size_t i = 0; i < n; ++i) {
    const Numeral& from = out.numerals[i];
    for (size_t j = 0; j < n; ++j) {
      const Numeral& to = out.numerals[j];
      out.follows[i][j] = i == j ? kSameChord : to.log_prior + succession(from, to);
      out.most_welcome[j] = std::max(out.most_welcome[j], out.follows[i][j]);
    }
    const bool is_open =
        from.kind == K::kApplied || from.kind == K::kCadentialSixFour || is_sixth(from);
    out.ends.push_back(is_open ? kUnresolved : 0.0);
    out.begins.push_back(from.log_prior + (from.role == Role::kTonic ? 0.5 : 0.0));
  }
  return out;
}

}  // namespace

int degree_semitones(Mode mode, int degree) {
  const auto index = static_cast<size_t>(degree - 1);
  return mode == Mode::kMajor ? kMajorScale[index] : kMinorScale[index];
}

const Vocabulary& vocabulary_of(Mode mode, Idiom idiom) {
  static const Vocabulary kMajor = make_vocabulary(Mode::kMajor, Idiom::kCommon);
  static const Vocabulary kMinor = make_vocabulary(Mode::kMinor, Idiom::kCommon);
  static const Vocabulary kBlues = make_vocabulary(Mode::kMajor, Idiom::kBlues);
  if (mode == Mode::kMinor) return kMinor;
  return idiom == Idiom::kBlues ? kBlues : kMajor;
}

}  // namespace motet::theory
