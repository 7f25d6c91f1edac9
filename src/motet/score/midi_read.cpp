// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "motet/score/midi.h"
#include "motet/score/midi_karaoke.h"
#include "motet/score/midi_parse.h"
#include "motet/score/midi_track.h"
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

  Ticks first_onset() const { return part.notes.front().onset; }  // a track's notes are in order
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
  explicit Assembly(File& file) : file_(file), resolution_(resolution_of(file.division)) {
    reading_.mended = std::move(file.mended);
    reading_.score.ticks_per_quarter = resolution_.ticks_per_quarter;
  }

  Reading assemble() {
    for (size_t i = 0; i < file_.tracks.size(); ++i) read_track(i);
    if (resolution_.tempo) {
      if (!score().tempos.empty()) mend("left out the tempo changes: the division is in frames");
      score().tempos = {{Ticks{}, *resolution_.tempo}};
    }
    settle_voices();
    settle_karaoke();
    sort_events(score());
    keep_last_of_each_tick(score().tempos);
    keep_last_of_each_tick(score().metres);
    keep_last_of_each_tick(score().keys);
    name_notes(score());
    return std::move(reading_);
  }

 private:
  static constexpr size_t kNone = ~size_t{0};
  static constexpr uint32_t kSilent = ~uint32_t{0};

  /// The notes of one pitch and channel that sound, in the order in which they began. Each names
  /// the next one in its id, which is free until the notes get their own.
  struct Sounding {
    uint32_t first = kSilent;
    uint32_t last = kSilent;
  };

  /// What a track says that belongs to a part which is not known before the track's end.
  struct TrackState {
    size_t index = 0;
    size_t bytes = 0;  ///< of the track's chunk
    int port = 0;      ///< as named before the first note; later it would tear parts apart
    std::array<size_t, 16> voices;            ///< by channel, into voices_; kNone for none
    std::array<Sounding, 16 * 128> sounding;  ///< by 128 * channel + pitch
    bool has_voice = false;
    size_t open_notes = 0;  ///< that sound still
    std::string name;
    std::vector<Lyric> lyrics;
    std::vector<RawEvent> raw;
    size_t stray_note_offs = 0;
  };

  Score& score() { return reading_.score; }
  void mend(const std::string& sentence) { reading_.mended.push_back(sentence); }
  Ticks time(Ticks at) const { return at * resolution_.factor; }

  Voice& voice_of(TrackState& state, const Event& event) {
    size_t& voice = state.voices[event.channel()];
    if (voice == kNone) voice = begin_voice(state, event.channel());
    return voices_[voice];
  }

  size_t begin_voice(TrackState& state, uint8_t channel) {
    constexpr size_t kBytesPerNote = 8;  // on, off and their times: a first guess
    Voice& voice = voices_.emplace_back();
    voice.track = state.index;
    voice.channel = 16 * state.port + channel;
    voice.part.is_drums = channel == kDrumChannel;
    if (!state.has_voice) voice.part.notes.reserve(state.bytes / kBytesPerNote + 1);
    state.has_voice = true;
    return voices_.size() - 1;
  }

  void read_track(size_t index) {
    const Track track = file_.tracks[index];
    TrackState state;
    state.index = index;
    state.bytes = track.end - track.begin;
    state.voices.fill(kNone);
    const size_t first_voice = voices_.size();
    const auto sink = [&](const Event& event) { read_event(state, event); };
    TrackReader reader(Cursor(file_.bytes, track.begin, track.end), reading_.mended, sink);
    try {
      reader.read();
    } catch (const Error& error) {
      mend(std::string(error.what()) + "; ended track " + std::to_string(index + 1) + " there");
      if (!file_.first_failure) file_.first_failure = error;
    }
    // A chunk that says it is longer than it is hides the next track.
    if (const auto hidden = track_at(file_.bytes, reader.at()); hidden && reader.at() < track.end) {
      mend("byte " + std::to_string(reader.at()) + ": found a track inside another's chunk");
      file_.tracks.insert(file_.tracks.begin() + static_cast<std::ptrdiff_t>(index) + 1, *hidden);
    }
    end_sounding_notes(state, time(reader.now()));
    if (state.stray_note_offs > 0) {
      mend(track_name(index) + ": left out " + std::to_string(state.stray_note_offs) +
           " note-offs without a note");
    }
    std::stable_sort(voices_.begin() + static_cast<std::ptrdiff_t>(first_voice), voices_.end(),
                     [](const Voice& a, const Voice& b) { return a.channel < b.channel; });
    settle_track(state, first_voice);
  }

  void read_event(TrackState& state, const Event& event) {
    if (event.status < 0xF0) {
      read_channel_event(state, event);
    } else if (event.status == kMeta) {
      read_meta_event(state, event);
    } else {
      state.raw.push_back(
          {time(event.at), event.status, 0, {event.data.begin(), event.data.end()}});
    }
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

  static Sounding& sounding(TrackState& state, const Event& event) {
    return state.sounding[size_t{128} * event.channel() + event.first];
  }

  /// A note whose end is not known has duration 0, which no finished note has.
  void begin_note(TrackState& state, Voice& voice, const Event& event) const {
    std::vector<Note>& notes = voice.part.notes;
    const auto index = static_cast<uint32_t>(notes.size());
    Sounding& queue = sounding(state, event);
    if (queue.first == kSilent) {
      queue.first = index;
    } else {
      notes[queue.last].id = {index};
    }
    queue.last = index;
    ++state.open_notes;
    notes.push_back({.onset = time(event.at),
                     .duration = Ticks{0},
                     .pitch = event.first,
                     .velocity = event.second,
                     .id = {}});
  }

  /// Of several notes of one pitch, the one that began first ends first.
  void end_note(TrackState& state, Voice& voice, const Event& event) const {
    Sounding& queue = sounding(state, event);
    if (queue.first == kSilent) {
      ++state.stray_note_offs;
      return;
    }
    Note& note = voice.part.notes[queue.first];
    note.duration = std::max(time(event.at) - note.onset, Ticks{1});
    queue.first = queue.first == queue.last ? kSilent : note.id.value;
    note.id = {};
    --state.open_notes;
  }

  void end_sounding_notes(TrackState& state, Ticks end) {
    if (state.open_notes == 0) return;
    for (const size_t voice : state.voices) {
      if (voice == kNone) continue;
      for (Note& note : voices_[voice].part.notes) {
        if (note.duration != Ticks{}) continue;
        note.duration = std::max(end - note.onset, Ticks{1});
        note.id = {};
      }
    }
    mend(track_name(state.index) + ": " + std::to_string(state.open_notes) +
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
        if (!event.data.empty() && !state.has_voice) state.port = event.data[0];
        [[fallthrough]];
      default:
        state.raw.push_back({at, kMeta, event.meta_type, {event.data.begin(), event.data.end()}});
    }
  }

  void read_text(Ticks at, const std::string& text) {
    if (text.empty() || karaoke_.take(at, text)) return;
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
    score().tempos.push_back({time(event.at), kMicrosecondsPerMinute / quarter});
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
    for (Lyric& lyric : karaoke_.take_lyrics()) state.lyrics.push_back(std::move(lyric));
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
    const auto said = programs_.find(voice.channel);
    if (said == programs_.end()) return 0;
    const auto next = std::ranges::upper_bound(said->second, place, {}, &Control::at);
    return next == said->second.begin() ? uint8_t{0} : static_cast<uint8_t>(std::prev(next)->value);
  }

  /// What every channel is told, by time; at one time in the order of the tracks. A file may have
  /// 65,535 tracks of one channel: none of them looks through all others.
  void gather_programs() {
    for (const Voice& voice : voices_) {
      for (const Control& control : voice.part.controls) {
        if (control.kind == ControlKind::kProgram) programs_[voice.channel].push_back(control);
      }
    }
    for (auto& [channel, programs] : programs_) {
      std::ranges::stable_sort(programs, {}, &Control::at);
    }
  }

  /// Turns voices with notes into parts; what voices without notes control goes to the first part
  /// on the same channel.
  void settle_voices() {
    gather_programs();
    std::map<int, Part*> playing;  // the first voice with notes, by channel
    for (Voice& voice : voices_) {
      if (!voice.plays()) continue;
      voice.part.program = program_at_start(voice);
      playing.try_emplace(voice.channel, &voice.part);
    }
    for (const Voice& voice : voices_) {
      if (voice.plays()) continue;
      const auto home = playing.find(voice.channel);
      rehome(voice, home == playing.end() ? nullptr : home->second);
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

  void rehome(const Voice& voice, Part* home) {
    if (home != nullptr) {
      auto& controls = home->controls;
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
    std::vector<Lyric>& lyrics = singer().lyrics;
    lyrics.insert(lyrics.end(), homeless_lyrics_.begin(), homeless_lyrics_.end());
    Part& part = score().parts.front();
    part.raw.insert(part.raw.end(), homeless_raw_.begin(), homeless_raw_.end());
  }

  /// The part that begins most notes where a syllable without a track of its own is sung.
  Part& singer() {
    Part* best = &score().parts.front();
    size_t most = 0;
    for (Part& part : score().parts) {
      const auto count =
          static_cast<size_t>(std::ranges::count_if(homeless_lyrics_, [&](const Lyric& lyric) {
            return std::ranges::binary_search(part.notes, lyric.at, {}, &Note::onset);
          }));
      if (count > most && !part.is_drums) most = count, best = &part;
    }
    return *best;
  }

  void settle_karaoke() {
    if (!karaoke_.title().empty()) score().title = karaoke_.title();
    if (score().composer.empty()) score().composer = karaoke_.author();
    if (karaoke_.left_out() > 0) {
      mend("left out " + std::to_string(karaoke_.left_out()) + " lines of the karaoke head");
    }
  }

  File& file_;
  Resolution resolution_;
  Reading reading_;
  std::vector<Voice> voices_;
  std::map<int, std::vector<Control>> programs_;  ///< by channel: all changes, sorted by time
  std::vector<Lyric> homeless_lyrics_;
  std::vector<RawEvent> homeless_raw_;
  Karaoke karaoke_;
};

}  // namespace

std::vector<Reading> read_midi_patterns(ByteView bytes) {
  const File file = parse(bytes);
  constexpr int kIndependentTracks = 2;
  constexpr size_t kMostPatterns = 1'000;
  const bool has_patterns = file.format == kIndependentTracks && file.tracks.size() > 1;
  std::vector<Reading> readings;
  for (size_t i = 0; has_patterns && i < std::min(kMostPatterns, file.tracks.size()); ++i) {
    File pattern = file;
    pattern.format = 0;
    pattern.tracks = {file.tracks[i]};
    Reading reading = Assembly(pattern).assemble();
    if (count_notes(reading.score) > 0) readings.push_back(std::move(reading));
  }
  if (readings.empty()) readings.push_back(read_midi(bytes));
  return readings;
}

Reading read_midi(ByteView bytes) {
  File file = parse(bytes);
  if (file.format == 2 && file.tracks.size() > 1) {
    file.mended.push_back("the tracks of a file of type 2, which are pieces, stand side by side");
  }
  Reading reading = Assembly(file).assemble();
  if (count_notes(reading.score) == 0 && file.first_failure) throw Error(*file.first_failure);
  return reading;
}

}  // namespace motet
