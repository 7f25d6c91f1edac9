// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <deque>
#include <map>

#include "motet/score/midi.h"
#include "motet/score/midi_parse.h"
#include "motet/score/utf8.h"

namespace motet {
namespace {

using namespace midi;  // the names of statuses and meta events

/// What one channel plays in one track; a part when it has notes.
struct Voice {
  size_t track = 0;
  int channel = 0;  ///< 16 * port + channel
  Part part;        ///< its controls hold every program change too, until the part's own is settled

  bool plays() const { return !part.notes.empty(); }

  Ticks first_onset() const {
    Ticks first = part.notes.front().onset;
    for (const Note& note : part.notes) first = std::min(first, note.onset);
    return first;
  }
};

/// Ticks per quarter, and by what the file's ticks are multiplied.
struct Resolution {
  int ticks_per_quarter = 480;
  int64_t factor = 1;
  std::optional<double> tempo;  ///< set when the division counts frames, whatever the file says
};

/// A division in SMPTE frames counts ticks of real time: half a second of them is a quarter at
/// 120. An odd number of ticks a second is doubled. 29 stands for 30 drop-frame: 30/1.001 a second.
Resolution resolution_of(int division) {
  if (division < 0x8000) return {division, 1, std::nullopt};
  constexpr int kDropFrame = 29;
  const int claimed = 256 - (division >> 8);
  const int frames = claimed == kDropFrame ? 30 : claimed;
  const int per_second = frames * (division & 0xFF);
  const double tempo = claimed == kDropFrame ? 120.0 / 1.001 : 120.0;
  if (per_second % 2 == 0) return {per_second / 2, 1, tempo};
  return {per_second, 2, tempo};
}

/// Keeps the last of the events at the same tick; the list is sorted.
template <typename Change>
void keep_last_of_each_tick(std::vector<Change>& changes) {
  size_t kept = 0;
  for (size_t i = 0; i < changes.size(); ++i) {
    if (i + 1 < changes.size() && changes[i + 1].at == changes[i].at) continue;
    changes[kept++] = changes[i];
  }
  changes.resize(kept);
}

/// Makes a Reading from the events of all tracks.
class Assembly {
 public:
  explicit Assembly(const File& file) : file_(file), resolution_(resolution_of(file.division)) {
    reading_.mended = file.mended;
    reading_.score.ticks_per_quarter = resolution_.ticks_per_quarter;
  }

  Reading assemble() {
    for (size_t i = 0; i < file_.tracks.size(); ++i) read_track(i);
    if (resolution_.tempo) {
      if (!score().tempos.empty()) mend("left out the tempo changes: the division is in frames");
      score().tempos = {{Ticks{}, *resolution_.tempo}};
    }
    settle_voices();
    sort_events(score());
    keep_last_of_each_tick(score().tempos);
    keep_last_of_each_tick(score().metres);
    keep_last_of_each_tick(score().keys);
    name_notes(score());
    return std::move(reading_);
  }

 private:
  /// What a track says that belongs to a part which is not known before the track's end.
  struct TrackState {
    size_t index = 0;
    int port = 0;  ///< as named before the first note; later it would tear parts apart
    std::map<int, size_t> voices;                ///< by channel, into voices_
    std::map<int, std::deque<size_t>> sounding;  ///< by 128 * channel + pitch: notes not yet ended
    std::string name;
    std::vector<Lyric> lyrics;
    std::vector<RawEvent> raw;
    size_t stray_note_offs = 0;
  };

  Score& score() { return reading_.score; }
  void mend(const std::string& sentence) { reading_.mended.push_back(sentence); }
  Ticks time(Ticks at) const { return at * resolution_.factor; }

  Voice& voice_of(TrackState& state, const Event& event) {
    const int channel = 16 * state.port + event.channel();
    const auto [it, is_new] = state.voices.emplace(channel, voices_.size());
    if (is_new) {
      Voice& voice = voices_.emplace_back();
      voice.track = state.index;
      voice.channel = channel;
      voice.part.is_drums = event.channel() == kDrumChannel;
    }
    return voices_[it->second];
  }

  void read_track(size_t index) {
    TrackState state;
    state.index = index;
    const size_t first_voice = voices_.size();
    const Track& track = file_.tracks[index];
    for (const Event& event : track.events) {
      if (event.status < 0xF0) {
        read_channel_event(state, event);
      } else if (event.status == kMeta) {
        read_meta_event(state, event);
      } else {
        state.raw.push_back(
            {time(event.at), event.status, 0, {event.data.begin(), event.data.end()}});
      }
    }
    end_sounding_notes(state, time(track.end));
    if (state.stray_note_offs > 0) {
      mend(track_name(index) + ": left out " + std::to_string(state.stray_note_offs) +
           " note-offs without a note");
    }
    std::stable_sort(voices_.begin() + static_cast<std::ptrdiff_t>(first_voice), voices_.end(),
                     [](const Voice& a, const Voice& b) { return a.channel < b.channel; });
    settle_track(state, first_voice);
  }

  static std::string track_name(size_t index) { return "track " + std::to_string(index + 1); }

  void read_channel_event(TrackState& state, const Event& event) {
    Voice& voice = voice_of(state, event);
    const Ticks at = time(event.at);
    const auto add = [&](ControlKind kind, uint8_t number, int value) {
      voice.part.controls.push_back({at, kind, number, static_cast<int16_t>(value)});
    };
    constexpr int kCentre = 8192;
    switch (event.kind()) {
      case kNoteOn:
        if (event.second > 0) return begin_note(state, voice, event);
        return end_note(state, voice, event);
      case kNoteOff:
        return end_note(state, voice, event);
      case kKeyPressure:
        return add(ControlKind::kKeyPressure, event.first, event.second);
      case kController:
        return add(ControlKind::kController, event.first, event.second);
      case kProgram:
        return add(ControlKind::kProgram, 0, event.first);
      case kChannelPressure:
        return add(ControlKind::kChannelPressure, 0, event.first);
      default:
        return add(ControlKind::kPitchBend, 0, event.first + 128 * event.second - kCentre);
    }
  }

  /// A note whose end is not known has duration 0, which no finished note has.
  void begin_note(TrackState& state, Voice& voice, const Event& event) const {
    state.sounding[128 * voice.channel + event.first].push_back(voice.part.notes.size());
    voice.part.notes.push_back(
        {time(event.at), Ticks{0}, event.first, event.second, 0, kUnspelled, {}});
  }

  /// Of several notes of one pitch, the one that began first ends first.
  void end_note(TrackState& state, Voice& voice, const Event& event) const {
    const auto found = state.sounding.find(128 * voice.channel + event.first);
    if (found == state.sounding.end() || found->second.empty()) {
      ++state.stray_note_offs;
      return;
    }
    Note& note = voice.part.notes[found->second.front()];
    found->second.pop_front();
    note.duration = std::max(time(event.at) - note.onset, Ticks{1});
  }

  void end_sounding_notes(TrackState& state, Ticks end) {
    size_t count = 0;
    for (const auto& [key, notes] : state.sounding) {
      Part& part = voices_[state.voices.at(key / 128)].part;
      for (const size_t index : notes) {
        part.notes[index].duration = std::max(end - part.notes[index].onset, Ticks{1});
        ++count;
      }
    }
    if (count == 0) return;
    mend(track_name(state.index) + ": " + std::to_string(count) +
         " notes had no note-off; ended them with the track");
  }

  void read_meta_event(TrackState& state, const Event& event) {
    const Ticks at = time(event.at);
    switch (event.meta_type) {
      case kTempo:
        return read_tempo(event);
      case kMetre:
        return read_metre(event);
      case kKey:
        return read_key(event);
      case kText:
      case kMarker:
      case kCuePoint:
        return read_text(at, to_utf8(event.data));
      case kLyric:
        if (!event.data.empty()) state.lyrics.push_back({at, to_utf8(event.data)});
        return;
      case kTrackName:
        if (state.name.empty()) state.name = to_utf8(event.data);
        return;
      case kPort:
        if (!event.data.empty() && state.voices.empty()) state.port = event.data[0];
        [[fallthrough]];
      default:
        state.raw.push_back({at, kMeta, event.meta_type, {event.data.begin(), event.data.end()}});
    }
  }

  void read_text(Ticks at, const std::string& text) {
    if (text.empty()) return;
    if (text.starts_with(kChordMark)) {
      score().chords.push_back({at, text.substr(kChordMark.size())});
    } else if (text.starts_with(kComposerMark) && score().composer.empty()) {
      score().composer = text.substr(kComposerMark.size());
    } else {
      score().markers.push_back({at, text});
    }
  }

  void refuse(const Event& event, const std::string& what) {
    mend("byte " + std::to_string(event.byte) + ": left out " + what);
  }

  void read_tempo(const Event& event) {
    if (event.data.size() < 3) return refuse(event, "a tempo of fewer than 3 bytes");
    const int quarter = event.data[0] << 16 | event.data[1] << 8 | event.data[2];
    if (quarter == 0) return refuse(event, "a tempo of 0 microseconds");
    score().tempos.push_back({time(event.at), 60e6 / quarter});
  }

  void read_metre(const Event& event) {
    constexpr uint8_t kShortestBeat = 7;  // 2^7: a 128th
    if (event.data.size() < 2 || event.data[0] == 0 || event.data[1] > kShortestBeat) {
      return refuse(event, "a metre that is none");
    }
    score().metres.push_back({time(event.at), event.data[0], 1 << event.data[1]});
  }

  void read_key(const Event& event) {
    if (event.data.size() < 2) return refuse(event, "a key of fewer than 2 bytes");
    const int fifths = static_cast<int8_t>(event.data[0]);
    if (fifths < -7 || fifths > 7 || event.data[1] > 1) return refuse(event, "a key that is none");
    score().keys.push_back(
        {time(event.at), fifths, event.data[1] == 1 ? Mode::kMinor : Mode::kMajor});
  }

  /// Gives what the track says to the first part in it, or keeps it for the score's first part.
  void settle_track(TrackState& state, size_t first_voice) {
    Part* first = nullptr;
    for (size_t i = first_voice; i < voices_.size(); ++i) {
      if (!voices_[i].plays()) continue;
      if (first == nullptr) first = &voices_[i].part;
      if (file_.format != 0) voices_[i].part.name = state.name;
    }
    const bool names_the_piece = file_.format == 0 || (state.index == 0 && first == nullptr);
    if (names_the_piece && score().title.empty()) score().title = state.name;
    auto& lyrics = first != nullptr ? first->lyrics : homeless_lyrics_;
    auto& raw = first != nullptr ? first->raw : homeless_raw_;
    lyrics.insert(lyrics.end(), state.lyrics.begin(), state.lyrics.end());
    raw.insert(raw.end(), state.raw.begin(), state.raw.end());
  }

  /// The last program that the voice names up to `place`.
  static std::optional<Control> program_until(const Voice& voice, Ticks place) {
    std::optional<Control> found;
    for (const Control& control : voice.part.controls) {
      if (control.kind == ControlKind::kProgram && control.at <= place) found = control;
    }
    return found;
  }

  /// The program in force on the voice's channel when its first note sounds: its own track's word
  /// counts first, then the latest of any other track.
  uint8_t program_at_start(const Voice& voice) const {
    const Ticks place = voice.first_onset();
    std::optional<Control> found = program_until(voice, place);
    if (found) return static_cast<uint8_t>(found->value);
    for (const Voice& other : voices_) {
      if (other.channel != voice.channel) continue;
      const auto program = program_until(other, place);
      if (program && (!found || program->at >= found->at)) found = program;
    }
    return found ? static_cast<uint8_t>(found->value) : uint8_t{0};
  }

  /// Turns voices with notes into parts; what voices without notes control goes to the first part
  /// on the same channel.
  void settle_voices() {
    for (Voice& voice : voices_) {
      if (voice.plays()) voice.part.program = program_at_start(voice);
    }
    for (const Voice& voice : voices_) {
      if (!voice.plays()) rehome(voice);
    }
    for (Voice& voice : voices_) {
      if (!voice.plays()) continue;
      const Ticks first = voice.first_onset();
      std::erase_if(voice.part.controls, [&](const Control& control) {
        return control.kind == ControlKind::kProgram && control.at <= first;
      });
      score().parts.push_back(std::move(voice.part));
    }
    settle_homeless();
  }

  void rehome(const Voice& voice) {
    for (Voice& other : voices_) {
      if (other.channel != voice.channel || !other.plays()) continue;
      auto& controls = other.part.controls;
      controls.insert(controls.end(), voice.part.controls.begin(), voice.part.controls.end());
      return;
    }
    const auto lost = std::ranges::count_if(voice.part.controls, [](const Control& control) {
      return control.kind != ControlKind::kProgram;
    });
    if (lost == 0) return;
    mend(track_name(voice.track) + ": left out " + std::to_string(lost) + " controls of channel " +
         std::to_string(voice.channel % 16 + 1) + ", which plays no note");
  }

  void settle_homeless() {
    if (score().parts.empty()) {
      const size_t count = homeless_lyrics_.size() + homeless_raw_.size();
      if (count > 0) mend("left out " + std::to_string(count) + " events: no part plays a note");
      return;
    }
    Part& part = score().parts.front();
    part.lyrics.insert(part.lyrics.end(), homeless_lyrics_.begin(), homeless_lyrics_.end());
    part.raw.insert(part.raw.end(), homeless_raw_.begin(), homeless_raw_.end());
  }

  const File& file_;
  Resolution resolution_;
  Reading reading_;
  std::vector<Voice> voices_;
  std::vector<Lyric> homeless_lyrics_;
  std::vector<RawEvent> homeless_raw_;
};

}  // namespace

Reading read_midi(ByteView bytes) {
  const File file = parse(bytes);
  Reading reading = Assembly(file).assemble();
  if (count_notes(reading.score) == 0 && file.first_failure) throw Error(*file.first_failure);
  return reading;
}

}  // namespace motet
