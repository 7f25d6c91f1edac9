// SPDX-License-Identifier: Apache-2.0
#include "motet/data/augment.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "motet/score/instruments.h"

namespace motet::data {
namespace {

constexpr double kSlowestTempo = 1.0;  // quarters a minute
constexpr double kFastestTempo = 1000.0;

void drop_parts(Score& score, double likely, const Random& random, uint64_t& at) {
  const size_t kept = random.below(std::max<size_t>(1, score.parts.size()), at++);
  std::vector<Part> parts;
  for (size_t i = 0; i < score.parts.size(); ++i) {
    const bool goes = random.uniform(at++) < likely;
    if (!goes || i == kept) parts.push_back(std::move(score.parts[i]));
  }
  score.parts = std::move(parts);
}

/// Whether a part that is moved stays where its instrument can play, or as near to it as it was.
bool can_play(const Part& part, int shift) {
  if (part.is_drums || part.notes.empty()) return true;
  const PitchRange range = range_of({part.program, false});
  const auto [low, high] = std::ranges::minmax_element(
      part.notes, [](const Note& a, const Note& b) { return a.pitch < b.pitch; });
  return low->pitch + shift >= std::min<int>(low->pitch, range.low) &&
         high->pitch + shift <= std::max<int>(high->pitch, range.high);
}

int draw_shift(const Score& score, const Augmentation& augment, const Random& random,
               uint64_t& at) {
  std::vector<int> shifts;
  for (int shift = augment.lowest; shift <= augment.highest; ++shift) {
    const auto fits = [&](const Part& part) { return can_play(part, shift); };
    if (shift != 0 && std::ranges::all_of(score.parts, fits)) shifts.push_back(shift);
  }
  const uint64_t step = at++;
  return shifts.empty() ? 0 : shifts[random.below(shifts.size(), step)];
}

/// As likely to be slowed down as to be speeded up by the same ratio.
void change_tempo(Score& score, const Augmentation& augment, const Random& random, uint64_t& at) {
  const double low = std::log(augment.slowest);
  const double ratio = std::exp(low + (std::log(augment.fastest) - low) * random.uniform(at++));
  if (score.tempos.empty() || score.tempos.front().at > Ticks{0}) {
    score.tempos.insert(score.tempos.begin(), TempoChange{Ticks{0}});
  }
  for (TempoChange& tempo : score.tempos) {
    tempo.quarters_per_minute =
        std::clamp(tempo.quarters_per_minute * ratio, kSlowestTempo, kFastestTempo);
  }
}

void change_velocities(Score& score, int most, const Random& random, uint64_t& at) {
  constexpr int kLoudest = 127;
  for (Part& part : score.parts) {
    for (Note& note : part.notes) {
      const auto by = static_cast<int>(random.below(static_cast<uint64_t>(2 * most + 1), at++));
      note.velocity = static_cast<uint8_t>(std::clamp(note.velocity + by - most, 1, kLoudest));
    }
  }
}

}  // namespace

Score varied(const Score& score, const Augmentation& augment, const Random& random) {
  Score out = score;
  uint64_t at = 0;
  if (augment.drop_parts > 0.0) drop_parts(out, augment.drop_parts, random, at);
  if (const int shift = draw_shift(out, augment, random, at); shift != 0) {
    out = transposed(out, shift);
  }
  if (augment.slowest < 1.0 || augment.fastest > 1.0) change_tempo(out, augment, random, at);
  if (augment.velocity > 0) change_velocities(out, augment.velocity, random, at);
  return out;
}

}  // namespace motet::data
