// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <utility>

#include "motet/score/engrave.h"
#include "motet/score/formats.h"
#include "motet/score/musicxml_harmony.h"

namespace motet {
namespace {

/// Collects what there is of each kind.
class Tally {
 public:
  void add(size_t count, const char* one, const char* many) {
    if (count > 0) losses_.push_back({count, one, many});
  }
  std::vector<Loss> take() { return std::move(losses_); }

 private:
  std::vector<Loss> losses_;
};

template <typename List, typename Claim>
size_t count_in(const List& list, const Claim& claim) {
  return static_cast<size_t>(std::count_if(list.begin(), list.end(), claim));
}

size_t count_heads(const Score& score, uint32_t marks) {
  size_t count = 0;
  for (const Part& part : score.parts) {
    count += count_in(part.written, [&](const Written& head) { return (head.marks & marks) != 0; });
  }
  return count;
}

template <typename Event>
size_t count_events(const Score& score, std::vector<Event> Part::*list) {
  size_t count = 0;
  for (const Part& part : score.parts) count += (part.*list).size();
  return count;
}

size_t count_lyrics_beyond_the_first_verse(const Score& score) {
  size_t count = 0;
  for (const Part& part : score.parts) {
    count += count_in(part.lyrics, [](const Lyric& lyric) { return lyric.verse > 1; });
  }
  return count;
}

bool is_road(const Barline& bar) {
  return bar.kind != BarlineKind::kDouble && bar.kind != BarlineKind::kFinal &&
         bar.kind != BarlineKind::kDashed && bar.kind != BarlineKind::kInvisible;
}

/// Notes whose place or length moves on the grid of an engraved page.
size_t count_moved_notes(const Score& score) {
  size_t count = 0;
  for (const Part& part : score.parts) {
    if (!part.written.empty()) continue;
    count += count_in(part.notes, [&](const Note& note) {
      const int64_t grid = 24;
      const auto is_off = [&](Ticks at) { return at.value * grid % score.ticks_per_quarter != 0; };
      return is_off(note.onset) || is_off(note.onset + note.duration);
    });
  }
  return count;
}

/// Syllables that no note begins with: on a page they have no place.
size_t count_homeless_lyrics(const Score& score) {
  size_t count = 0;
  for (const Part& part : score.parts) {
    std::set<Ticks> begins;
    for (const Note& note : part.notes) begins.insert(note.onset);
    for (const Written& head : part.written) begins.insert(head.at);
    count += count_in(part.lyrics, [&](const Lyric& lyric) { return !begins.contains(lyric.at); });
  }
  return count;
}

/// Notes that begin with another of their pitch and part, where only the sound is known.
size_t count_doubled_notes(const Score& score) {
  size_t count = 0;
  for (const Part& part : score.parts) {
    if (!part.written.empty()) continue;
    std::set<std::pair<Ticks, uint8_t>> seen;
    count += count_in(part.notes, [&](const Note& note) {
      return !seen.insert({note.onset, note.pitch}).second;
    });
  }
  return count;
}

/// Grace notes that sound, as those of ABC do; a page of MusicXML or kern leaves it to the player.
size_t count_sounding_graces(const Score& score) {
  size_t count = 0;
  for (const Part& part : score.parts) {
    count += count_in(part.written,
                      [](const Written& head) { return head.has(kGrace) && head.note.value != 0; });
  }
  return count;
}

void tally_of_a_page(const Score& score, Tally& tally) {
  tally.add(count_homeless_lyrics(score), "syllable without a note", "syllables without a note");
  tally.add(count_doubled_notes(score), "note that doubles another", "notes that double others");
}

void tally_page(const Score& score, Tally& tally) {
  constexpr uint32_t kArticulations = kStaccato | kStaccatissimo | kTenuto | kAccent | kMarcato |
                                      kFermata | kTrill | kTurn | kMordent | kInvertedMordent |
                                      kArpeggio | kUpBow | kDownBow | kTremolo | kGlissandoBegin |
                                      kBreath;
  tally.add(count_heads(score, kSlurBegin), "slur", "slurs");
  tally.add(count_heads(score, kArticulations), "articulation or ornament",
            "articulations and ornaments");
  tally.add(count_heads(score, kTupletBegin), "tuplet bracket", "tuplet brackets");
  tally.add(count_heads(score, kGrace), "grace note as such", "grace notes as such");
  tally.add(count_events(score, &Part::directions), "word, dynamic or sign of a part",
            "words, dynamics and signs of parts");
  tally.add(count_events(score, &Part::clefs), "clef", "clefs");
}

void tally_sound(const Score& score, Tally& tally) {
  tally.add(count_events(score, &Part::controls), "controller or other control",
            "controllers and other controls");
  tally.add(count_events(score, &Part::raw), "system exclusive or unknown event",
            "system exclusive and unknown events");
}

size_t count_transpositions(const Score& score) {
  return count_in(score.parts, [](const Part& part) { return part.transposition.chromatic != 0; });
}

size_t count_spellings(const Score& score) {
  size_t count = 0;
  for (const Part& part : score.parts) {
    count += count_in(part.notes, [](const Note& note) { return note.spelling != kUnspelled; });
  }
  return count;
}

size_t count_parts_of_several_voices(const Score& score) {
  return count_in(score.parts, [](const Part& part) {
    return part.staves > 1 ||
           std::ranges::any_of(part.notes, [](const Note& note) { return note.voice > 0; });
  });
}

std::vector<Loss> lost_in_midi(const Score& score) {
  Tally tally;
  tally_page(score, tally);
  tally.add(count_in(score.barlines, is_road), "repeat sign", "repeat signs");
  tally.add(count_in(score.barlines, [](const Barline& bar) { return !is_road(bar); }),
            "bar line of a special kind", "bar lines of special kinds");
  tally.add(count_lyrics_beyond_the_first_verse(score), "syllable of a later verse",
            "syllables of later verses");
  tally.add(count_in(score.parts, [](const Part& part) { return part.notes.empty(); }),
            "part without notes", "parts without notes");
  tally.add(count_parts_of_several_voices(score), "part of several voices or staves (now one)",
            "parts of several voices or staves (now one)");
  tally.add(count_transpositions(score), "transposing part (written as it sounds)",
            "transposing parts (written as they sound)");
  tally.add(count_spellings(score), "name of a note", "names of notes");
  tally.add(score.lyricist.empty() ? 0 : 1, "lyricist", "lyricists");
  tally.add(score.rights.empty() ? 0 : 1, "statement of rights", "statements of rights");
  return tally.take();
}

enum class Dynamics { kWritten, kUnwritten };

/// Where dynamics are written, only the velocities of parts without a page are lost.
size_t count_velocities(const Score& score, Dynamics dynamics) {
  std::set<uint8_t> velocities;
  for (const Part& part : score.parts) {
    if (!part.written.empty() && dynamics == Dynamics::kWritten) continue;
    for (const Note& note : part.notes) velocities.insert(note.velocity);
  }
  return velocities.size() > 1 ? velocities.size() : 0;
}

size_t count_other_times(const Score& score) {
  return count_in(score.barlines, [](const Barline& bar) {
    return bar.kind == BarlineKind::kRepeatEnd && bar.times != 2;
  });
}

bool is_word_of_the_road(const Barline& bar) {
  return is_road(bar) && bar.kind != BarlineKind::kRepeatBegin &&
         bar.kind != BarlineKind::kRepeatEnd && bar.kind != BarlineKind::kEndingBegin &&
         bar.kind != BarlineKind::kEndingEnd && bar.kind != BarlineKind::kEndingOpen;
}

std::vector<Loss> lost_in_kern(const Score& score) {
  Tally tally;
  size_t controls = 0;
  for (const Part& part : score.parts) {
    controls += count_in(part.controls, [](const Control& control) {
      return control.kind != ControlKind::kProgram;
    });
  }
  tally.add(controls, "controller or other control", "controllers and other controls");
  tally.add(count_events(score, &Part::raw), "system exclusive or unknown event",
            "system exclusive and unknown events");
  tally.add(count_velocities(score, Dynamics::kUnwritten), "velocity", "different velocities");
  tally_of_a_page(score, tally);
  tally.add(count_sounding_graces(score), "grace note that sounds (now only written)",
            "grace notes that sound (now only written)");
  tally.add(count_in(score.barlines,
                     [](const Barline& bar) {
                       return bar.kind == BarlineKind::kEndingBegin &&
                              bar.text.find(',') != std::string::npos;
                     }),
            "ending for several passes (now for one)", "endings for several passes (now for one)");
  tally.add(count_heads(score, kCue), "cue note (now a rest)", "cue notes (now rests)");
  tally.add(score.markers.size(), "marker (now a word)", "markers (now words)");
  tally.add(count_in(score.barlines, is_word_of_the_road), "segno, coda, fine or da capo",
            "segnos, codas, fines and da capos");
  tally.add(count_other_times(score), "repeat that is not played twice",
            "repeats that are not played twice");
  return tally.take();
}

std::vector<Loss> lost_in_abc(const Score& score) {
  Tally tally;
  tally_sound(score, tally);
  tally.add(count_moved_notes(score), "note moved to the grid", "notes moved to the grid");
  tally.add(count_velocities(score, Dynamics::kWritten), "velocity", "different velocities");
  tally_of_a_page(score, tally);
  tally.add(count_heads(score, kTieOpen), "tie to nothing", "ties to nothing");
  tally.add(count_heads(score, kCue), "cue note", "cue notes");
  tally.add(count_transpositions(score), "transposing part (written as it sounds)",
            "transposing parts (written as they sound)");
  tally.add(count_in(score.parts, [](const Part& part) { return part.staves > 1; }),
            "part on several staves (now a voice each)",
            "parts on several staves (now a voice each)");
  tally.add(count_in(score.parts, [](const Part& part) { return part.notes.empty(); }),
            "part without notes", "parts without notes");
  return tally.take();
}

std::vector<Loss> lost_on_a_page(const Score& score) {
  Tally tally;
  tally_sound(score, tally);
  tally.add(count_moved_notes(score), "note moved to the grid", "notes moved to the grid");
  tally_of_a_page(score, tally);
  tally.add(count_sounding_graces(score), "grace note that sounds (now only written)",
            "grace notes that sound (now only written)");
  tally.add(count_in(score.chords,
                     [](const ChordSymbol& chord) { return !musicxml::parse_harmony(chord.text); }),
            "chord symbol without a root (now a word)", "chord symbols without a root (now words)");
  return tally.take();
}

}  // namespace

std::string to_text(const Loss& loss) {
  return std::to_string(loss.count) + " " + (loss.count == 1 ? loss.one : loss.many);
}

std::vector<Loss> losses(const Score& score, Format format) {
  switch (format) {
    case Format::kMidi:
      return lost_in_midi(score);
    case Format::kAbc:
      return lost_in_abc(score);
    case Format::kMusicXml:
    case Format::kCompressedMusicXml:
      break;
    case Format::kKern:
      return lost_in_kern(score);
  }
  return lost_on_a_page(score);
}

}  // namespace motet
