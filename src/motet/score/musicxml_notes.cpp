// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml_notes.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "motet/score/musicxml_beams.h"
#include "motet/score/musicxml_spelling.h"

namespace motet::musicxml {
namespace {

constexpr int kFewestShown = -2;  // double flat

/// Words as a file may have them, "-fia-" or " o\r", without what only holds them together.
std::string bare_syllable(const std::string& text) {
  const auto is_glue = [](char c) {
    return c == ' ' || c == '-' || c == '\r' || c == '\n' || c == '\t' || c == '/' || c == '\\';
  };
  size_t begin = 0;
  size_t end = text.size();
  while (begin < end && is_glue(text[begin])) ++begin;
  while (end > begin && is_glue(text[end - 1])) --end;
  return text.substr(begin, end - begin);
}

/// Gives every lyric to the chord that begins with it, or to the first one after it.
std::map<const Chord*, std::vector<std::string>> lyrics_of(const Part& part, const Layer& layer) {
  std::map<const Chord*, std::vector<std::string>> lyrics;
  size_t chord = 0;
  for (const Lyric& lyric : part.lyrics) {
    while (chord < layer.size() && layer[chord].begin < lyric.at) ++chord;
    if (chord == layer.size()) break;
    if (!bare_syllable(lyric.text).empty()) lyrics[&layer[chord]].push_back(lyric.text);
  }
  return lyrics;
}

std::string_view syllabic_of(const std::string& text) {
  const size_t first = text.find_first_not_of(' ');
  const size_t last = text.find_last_not_of(' ');
  const bool goes_on = last != std::string::npos && text[last] == '-';
  const bool came_from = first != std::string::npos && text[first] == '-';
  if (came_from) return goes_on ? "middle" : "end";
  return goes_on ? "begin" : "single";
}

void write_triplet(Xml& xml) {
  xml.open("time-modification");
  xml.leaf("actual-notes", 3);
  xml.leaf("normal-notes", 2);
  xml.close();
}

/// A bracket over one piece alone begins and ends there.
void write_bracket(Xml& xml, const NotePiece& piece) {
  if (piece.begins_triplet) {
    xml.empty("tuplet", {{"type", "start"}, {"number", "1"}, {"bracket", "yes"}});
  }
  if (piece.ends_triplet) xml.empty("tuplet", {{"type", "stop"}, {"number", "1"}});
}

void write_notations(Xml& xml, const NotePiece& piece, bool ties_back, bool ties_on,
                     bool is_first) {
  const bool has_bracket = is_first && (piece.begins_triplet || piece.ends_triplet);
  if (!ties_back && !ties_on && !has_bracket) return;
  xml.open("notations");
  if (ties_back) xml.empty("tied", {{"type", "stop"}});
  if (ties_on) xml.empty("tied", {{"type", "start"}});
  if (has_bracket) write_bracket(xml, piece);
  xml.close();
}

}  // namespace

std::string accidental_name(int alter) {
  constexpr std::string_view kNames[] = {"flat-flat", "flat", "natural", "sharp", "double-sharp"};
  if (alter < kFewestShown || alter > -kFewestShown) return "";
  return std::string(kNames[alter - kFewestShown]);
}

void write_beams(Xml& xml, const std::vector<std::string>& levels) {
  for (size_t i = 0; i < levels.size(); ++i) {
    xml.leaf("beam", levels[i], {{"number", std::to_string(i + 1)}});
  }
}

DrumPlace drum_place(int key) {
  switch (key) {
    case 35:
    case 36:
      return {'F', 4, false};  // bass drums
    case 41:
      return {'G', 4, false};  // toms, from the floor upwards
    case 43:
      return {'A', 4, false};
    case 45:
      return {'B', 4, false};
    case 47:
      return {'D', 5, false};
    case 48:
      return {'E', 5, false};
    case 50:
      return {'F', 5, false};
    case 42:
    case 46:
      return {'G', 5, true};  // hi-hat by hand
    case 44:
      return {'D', 4, true};  // hi-hat by foot
    case 49:
    case 52:
    case 55:
      return {'A', 5, true};
    case 57:
      return {'B', 5, true};
    case 51:
    case 53:
    case 59:
      return {'F', 5, true};
    default:
      return {'C', 5, false};
  }
}

std::string drum_id(const std::string& part_id, int key) {
  return part_id + "-I" + std::to_string(key + 1);
}

NoteWriter::NoteWriter(const Part& part, std::string part_id, bool is_one_hand)
    : part_(part), part_id_(std::move(part_id)), staves_(staves_of(part, is_one_hand)) {
  for (const Staff& staff : staves_) {
    auto& voices = voices_.emplace_back();
    for (const Layer& layer : staff) {
      voices.push_back({&layer, 0, std::vector<int>(layer.size(), 0)});
    }
  }
  lyrics_ = lyrics_of(part_, staves_.front().front());
}

std::vector<Stretch> NoteWriter::stretches_of(Voice& voice, const Bar& bar) const {
  const Layer& layer = *voice.layer;
  const Ticks bar_end = bar.begin + bar.length;
  while (voice.next < layer.size() && layer[voice.next].end <= bar.begin) ++voice.next;
  std::vector<Stretch> stretches;
  Ticks at = bar.begin;
  const auto relative = [&](Ticks t) { return static_cast<int>((t - bar.begin).value); };
  for (size_t i = voice.next; i < layer.size() && layer[i].begin < bar_end; ++i) {
    const Ticks begin = std::max(layer[i].begin, bar.begin);
    const Ticks end = std::min(layer[i].end, bar_end);
    if (begin > at) stretches.push_back({relative(at), relative(begin), -1});
    stretches.push_back({relative(begin), relative(end), static_cast<int>(i)});
    at = end;
  }
  if (at < bar_end && !stretches.empty()) {
    stretches.push_back({relative(at), relative(bar_end), -1});
  }
  return stretches;
}

/// The first voice always; the others where they sound.
std::vector<NoteWriter::VoiceBar> NoteWriter::voices_of_bar(size_t staff, const Bar& bar) {
  std::vector<VoiceBar> result;
  const Pulse pulse = pulse_of(bar);
  for (size_t i = 0; i < voices_[staff].size(); ++i) {
    const std::vector<Stretch> stretches = stretches_of(voices_[staff][i], bar);
    if (stretches.empty() && i > 0) continue;
    VoiceBar& voice_bar = result.emplace_back();
    voice_bar.voice = i;
    if (stretches.empty()) {
      voice_bar.pieces.emplace_back().length = pulse.length;
    } else {
      voice_bar.pieces = pieces_of(stretches, pulse);
    }
    voice_bar.beams = beams_of(voice_bar.pieces, pulse);
  }
  return result;
}

/// An accidental holds to the end of the bar for its line of the staff, whichever voice it is in.
void NoteWriter::set_accidentals(size_t staff, const Bar& bar, int fifths,
                                 std::vector<VoiceBar>& voices) {
  struct Place {
    int begin;
    size_t voice;
    size_t piece;
  };
  std::vector<Place> places;
  for (size_t v = 0; v < voices.size(); ++v) {
    voices[v].accidentals.resize(voices[v].pieces.size());
    for (size_t p = 0; p < voices[v].pieces.size(); ++p) {
      if (voices[v].pieces[p].chord >= 0) places.push_back({voices[v].pieces[p].begin, v, p});
    }
  }
  std::ranges::stable_sort(places, {}, &Place::begin);
  std::map<std::pair<char, int>, int> in_force;
  for (const Place& place : places) {
    const NotePiece& piece = voices[place.voice].pieces[place.piece];
    const Chord& chord =
        staves_[staff][voices[place.voice].voice][static_cast<size_t>(piece.chord)];
    const bool is_tied = chord.begin < bar.begin + Ticks{piece.begin};
    for (const Note* note : chord.notes) {
      const Spelled spelled = spell(note->pitch, fifths);
      const auto [line, is_new] =
          in_force.try_emplace({spelled.step, spelled.octave}, alter_in_key(spelled.step, fifths));
      const bool shown = !is_tied && line->second != spelled.alter;
      if (shown) line->second = spelled.alter;
      voices[place.voice].accidentals[place.piece].push_back(shown ? accidental_name(spelled.alter)
                                                                   : "");
    }
  }
}

void NoteWriter::write_bar(Xml& xml, const Bar& bar, int fifths) {
  bool is_first = true;
  for (size_t staff = 0; staff < staves_.size(); ++staff) {
    std::vector<VoiceBar> voices = voices_of_bar(staff, bar);
    if (!part_.is_drums) set_accidentals(staff, bar, fifths, voices);
    for (const VoiceBar& voice_bar : voices) {
      if (!is_first) {
        xml.open("backup");
        xml.leaf("duration", bar.length.value);
        xml.close();
      }
      is_first = false;
      for (size_t p = 0; p < voice_bar.pieces.size(); ++p) {
        if (voice_bar.pieces[p].chord < 0) {
          write_rest(xml, staff, voice_bar, voice_bar.pieces[p]);
        } else {
          write_chord(xml, staff, voice_bar, p, bar, fifths);
        }
      }
    }
  }
}

void NoteWriter::write_voice_and_type(Xml& xml, size_t staff, size_t voice,
                                      const NotePiece& piece) const {
  xml.leaf("voice", static_cast<int64_t>(staff * kVoicesPerStaff + voice + 1));
  if (!piece.type.empty()) xml.leaf("type", piece.type);
  for (int i = 0; i < piece.dots; ++i) xml.empty("dot");
}

/// The first voice shows its rests; the others pass over them, except inside a bracket.
void NoteWriter::write_rest(Xml& xml, size_t staff, const VoiceBar& voice_bar,
                            const NotePiece& piece) const {
  const bool is_first_voice = voice_bar.voice == 0;
  if (!is_first_voice && !piece.in_triplet) {
    xml.open("forward");
    xml.leaf("duration", piece.length);
    xml.close();
    return;
  }
  const bool fills_bar = piece.type.empty();
  xml.open("note", is_first_voice ? Xml::Attributes{} : Xml::Attributes{{"print-object", "no"}});
  xml.empty("rest", fills_bar ? Xml::Attributes{{"measure", "yes"}} : Xml::Attributes{});
  xml.leaf("duration", piece.length);
  write_voice_and_type(xml, staff, voice_bar.voice, piece);
  if (piece.in_triplet) write_triplet(xml);
  if (staves_.size() > 1) xml.leaf("staff", static_cast<int64_t>(staff + 1));
  if (piece.begins_triplet || piece.ends_triplet) {
    xml.open("notations");
    write_bracket(xml, piece);
    xml.close();
  }
  xml.close();
}

void NoteWriter::write_pitch(Xml& xml, const Note& note, int fifths) const {
  if (part_.is_drums) {
    const DrumPlace place = drum_place(note.pitch);
    xml.open("unpitched");
    xml.leaf("display-step", std::string(1, place.step));
    xml.leaf("display-octave", place.octave);
    xml.close();
    return;
  }
  const Spelled spelled = spell(note.pitch, fifths);
  xml.open("pitch");
  xml.leaf("step", std::string(1, spelled.step));
  if (spelled.alter != 0) xml.leaf("alter", spelled.alter);
  xml.leaf("octave", spelled.octave);
  xml.close();
}

void NoteWriter::write_lyrics(Xml& xml, const Chord& chord) const {
  const auto found = lyrics_.find(&chord);
  if (found == lyrics_.end()) return;
  for (size_t i = 0; i < found->second.size(); ++i) {
    xml.open("lyric", {{"number", std::to_string(i + 1)}});
    xml.leaf("syllabic", syllabic_of(found->second[i]));
    xml.leaf("text", bare_syllable(found->second[i]));
    xml.close();
  }
}

void NoteWriter::write_chord(Xml& xml, size_t staff, const VoiceBar& voice_bar, size_t index,
                             const Bar& bar, int fifths) {
  const NotePiece& piece = voice_bar.pieces[index];
  const auto chord_index = static_cast<size_t>(piece.chord);
  const Chord& chord = staves_[staff][voice_bar.voice][chord_index];
  const Ticks begin = bar.begin + Ticks{piece.begin};
  const bool ties_back = chord.begin < begin;
  const bool ties_on = begin + Ticks{piece.length} < chord.end;
  const int done = voices_[staff][voice_bar.voice].pieces_done[chord_index]++;
  for (size_t n = 0; n < chord.notes.size(); ++n) {
    const Note& note = *chord.notes[n];
    std::string id = "note-" + std::to_string(note.id.value);
    if (done > 0) id += "-" + std::to_string(done + 1);
    xml.open("note", {{"id", id}, {"dynamics", number_text(note.velocity / kFullVelocity)}});
    if (n > 0) xml.empty("chord");
    write_pitch(xml, note, fifths);
    xml.leaf("duration", piece.length);
    if (ties_back) xml.empty("tie", {{"type", "stop"}});
    if (ties_on) xml.empty("tie", {{"type", "start"}});
    if (part_.is_drums) xml.empty("instrument", {{"id", drum_id(part_id_, note.pitch)}});
    write_voice_and_type(xml, staff, voice_bar.voice, piece);
    const std::string accidental = part_.is_drums ? "" : voice_bar.accidentals[index][n];
    if (!accidental.empty()) xml.leaf("accidental", accidental);
    if (piece.in_triplet) write_triplet(xml);
    if (part_.is_drums && drum_place(note.pitch).is_cymbal) xml.leaf("notehead", "x");
    if (staves_.size() > 1) xml.leaf("staff", static_cast<int64_t>(staff + 1));
    const bool is_first = n == 0;
    if (is_first) write_beams(xml, voice_bar.beams[index]);
    write_notations(xml, piece, ties_back, ties_on, is_first);
    if (is_first && done == 0) write_lyrics(xml, chord);
    xml.close();
  }
}

}  // namespace motet::musicxml
