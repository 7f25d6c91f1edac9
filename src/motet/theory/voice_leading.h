// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "motet/score/score.h"

namespace motet {

enum class VoiceLeadingFault : uint8_t {
  kParallelFifths,
  kParallelOctaves,  ///< unisons too
  kHiddenFifths,     ///< the outer voices reach one in similar motion, the upper by leap
  kHiddenOctaves,
  kCrossing,  ///< a voice sounds above its upper neighbour
  kOverlap,   ///< a voice moves past the note that its neighbour leaves
  kSpacing,   ///< more than an octave between neighbours above the bass
  kRange,     ///< outside what the instrument or voice can do
};

/// "parallel fifths", "voice crossing" ...
std::string name_of(VoiceLeadingFault fault);

struct VoiceLeadingFinding {
  VoiceLeadingFault fault = VoiceLeadingFault::kParallelFifths;
  Ticks at;
  int bar = 1;                ///< 1-based; an upbeat is 0
  double beat = 1.0;          ///< 1-based, in the metre's denominator
  std::vector<size_t> parts;  ///< the upper one first; one for kRange
  std::vector<NoteId> notes;  ///< of kParallel and kHidden: upper from, to, lower from, to
};

struct VoiceLeadingOptions {
  bool check_spacing = true;  ///< the rule is for choirs; only parts of four voices are looked at
  bool check_ranges = true;   ///< by the names Soprano, Alto, Tenor, Bass; else by instrument
};

/// Looks through the parts for what harmony books forbid. A part that plays chords is left out of
/// all but kRange, and so are all parts where more than 64 play one note at a time: pairs of
/// thousands are no counterpoint. Drums are left out. In order of time.
/// source  the rules: Aldwell and Schachter, "Harmony and Voice Leading", ch. 5; ranges of voices
/// and
///         instruments: Adler, "The Study of Orchestration", appendix
std::vector<VoiceLeadingFinding> check_voice_leading(const Score& score,
                                                     VoiceLeadingOptions options = {});

}  // namespace motet
