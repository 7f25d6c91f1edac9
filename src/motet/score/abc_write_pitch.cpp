// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc_write_pitch.h"

#include <cstdlib>
#include <numeric>
#include <string_view>

#include "motet/score/abc_fields.h"
#include "motet/score/notation.h"

namespace motet::abc {
namespace {

struct Name {
  size_t letter = 0;  ///< of kLetters
  int alter = 0;
};

Name name_of(int place) {
  const int shifted = place + 1 + 7 * 4;
  return {kLetters.find(kLettersByFifths[static_cast<size_t>(shifted % 7)]), shifted / 7 - 4};
}

/// The name of a pitch class in a key, from three fifths below its tonic to eight above.
int default_place(int pitch, int fifths) {
  int place = (pitch * 7) % 12;
  while (place < fifths - 3) place += 12;
  while (place > fifths + 8) place -= 12;
  return place;
}

}  // namespace

void PitchWriter::set_key(int fifths) {
  fifths_ = fifths;
  key_ = {};
  for (int i = 0; i < std::abs(fifths) && i < 7; ++i) {
    const auto at = static_cast<size_t>(fifths > 0 ? i : 6 - i);
    key_[kLetters.find(kLettersByFifths[at])] = fifths > 0 ? 1 : -1;
  }
  begin_bar();
}

void PitchWriter::begin_bar() {
  in_force_.clear();
  in_all_octaves_.clear();
}

void PitchWriter::set_voice(int voice) {
  if (voice != voice_) is_alone_ = false;
  voice_ = voice;
}

/// Programs differ in whether an accidental reaches the other octaves (ABC 2.1 says so, a staff
/// does not), and in which ties they remember beside an overlay. What is written is the same to
/// all.
bool PitchWriter::must_say(int line, size_t letter, int alter) const {
  for (const auto& [voice, lines] : tied_) {
    const auto tied = lines.find(line);
    if (tied == lines.end()) continue;
    if (voice == voice_ && is_alone_) return tied->second != alter;
    return true;
  }
  const auto held = in_force_.find(line);
  const auto anywhere = in_all_octaves_.find(letter);
  const int here = held != in_force_.end() ? held->second : key_[letter];
  const int there = anywhere != in_all_octaves_.end() ? anywhere->second : key_[letter];
  return here != alter || there != alter;
}

void PitchWriter::end_item(bool is_tied) {
  tied_.erase(voice_);
  if (is_tied) tied_[voice_] = current_;
  is_alone_ = true;
}

std::string PitchWriter::text_of(const Written& head) {
  const bool is_named = head.spelling != kUnspelled;
  Name name = name_of(is_named ? head.spelling : default_place(head.pitch, fifths_));
  int natural = head.pitch - name.alter - kSemitones[name.letter];
  const bool is_wrong = natural % 12 != 0 || std::abs(name.alter) > 2;
  if (is_wrong) {  // the name does not belong to the pitch, or is beyond what ABC can say
    name = name_of(default_place(head.pitch, 0));
    natural = head.pitch - name.alter - kSemitones[name.letter];
  }
  const int octave = natural / 12 - octave_;  // as MIDI counts: middle C begins the fifth
  const int line = 7 * octave + static_cast<int>(name.letter);
  std::string text;
  if (must_say(line, name.letter, name.alter)) {
    constexpr std::array<const char*, 5> kAccidentals = {"__", "_", "=", "^", "^^"};
    text = kAccidentals[static_cast<size_t>(name.alter + 2)];
    in_force_[line] = in_all_octaves_[name.letter] = name.alter;
  }
  current_[line] = name.alter;
  const char letter = kLetters[name.letter];
  constexpr int kLowerCase = 6;
  if (octave >= kLowerCase) {
    text += static_cast<char>(letter - 'A' + 'a');
    text += std::string(static_cast<size_t>(octave - kLowerCase), '\'');
  } else {
    text += letter;
    text += std::string(static_cast<size_t>(kLowerCase - 1 - octave), ',');
  }
  return text;
}

std::string length_text(int64_t numerator, int64_t denominator) {
  const int64_t common = std::gcd(numerator, denominator);
  numerator /= common;
  denominator /= common;
  std::string text = numerator == 1 ? "" : std::to_string(numerator);
  if (denominator != 1) text += "/" + std::to_string(denominator);
  return text;
}

}  // namespace motet::abc
