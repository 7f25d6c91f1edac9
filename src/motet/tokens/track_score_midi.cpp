// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <memory>

#include "motet/base/error.h"
#include "motet/score/midi_track.h"
#include "motet/score/utf8.h"
#include "motet/tokens/pattern_sort.h"
#include "motet/tokens/track_score.h"

namespace motet::tokens {
namespace {

constexpr int kChannels = 16;
constexpr int kPitches = 128;
constexpr int64_t kUnended = -1;

/// Reads one MIDI track; the tracks that it makes are ordered by channel and program.
class MidiTrackReader {
 public:
  explicit MidiTrackReader(TrackScore& score) : score_(score) { pedal_down_.fill(kUnended); }

  /// What was read before the track stops making sense is kept; the first such place goes to
  /// `file`.
  void read(midi::File& file, const midi::Track& track) {
    const auto sink = [this](const midi::Event& event) {
      if (event.status < midi::kSysex) {
        read_channel_event(event);
      } else if (event.status == midi::kMeta) {
        read_meta_event(event);
      }
    };
    try {
      midi::TrackReader(midi::Cursor(file.bytes, track.begin, track.end), file.mended, sink).read();
    } catch (const Error& error) {
      if (!file.first_failure) file.first_failure = error;
    }
    settle();
  }

 private:
  struct Sounding {
    EventTrack* track;
    size_t note;
  };

  struct Channel {
    std::array<std::unique_ptr<EventTrack>, 128> by_program;
    /// Holds what is controlled while no track of the channel has the current program.
    std::unique_ptr<EventTrack> homeless;
    uint8_t program = 0;
    std::array<std::vector<Sounding>, kPitches> sounding;  ///< the first ends first
  };

  Channel& channel_of(const midi::Event& event) {
    auto& channel = channels_[event.channel()];
    if (channel == nullptr) channel = std::make_unique<Channel>();
    return *channel;
  }

  /// Where a note goes: a new track takes over what the channel has controlled so far.
  static EventTrack& track_for_note(Channel& channel) {
    auto& track = channel.by_program[channel.program];
    if (track == nullptr) {
      track = channel.homeless ? std::move(channel.homeless) : std::make_unique<EventTrack>();
      track->program = channel.program;
    }
    return *track;
  }

  static EventTrack& track_for_control(Channel& channel) {
    if (auto& track = channel.by_program[channel.program]) return *track;
    if (channel.homeless == nullptr) channel.homeless = std::make_unique<EventTrack>();
    return *channel.homeless;
  }

  void read_channel_event(const midi::Event& event) {
    constexpr int kCentre = 8192;
    Channel& channel = channel_of(event);
    switch (event.kind()) {
      case midi::kNoteOn:
        if (event.second > 0) return begin_note(channel, event);
        return end_note(channel, event);
      case midi::kNoteOff:
        return end_note(channel, event);
      case midi::kController:
        return read_controller(channel, event);
      case midi::kProgram:
        channel.program = event.first;
        return;
      case midi::kPitchBend:
        track_for_control(channel).bends.push_back(
            {event.at.value, event.first + 128 * event.second - kCentre});
        return;
      default:
        return;
    }
  }

  static void begin_note(Channel& channel, const midi::Event& event) {
    EventTrack& track = track_for_note(channel);
    channel.sounding[event.first].push_back({&track, track.notes.size()});
    track.notes.push_back({event.at.value, kUnended, event.first, event.second});
  }

  static void end_note(Channel& channel, const midi::Event& event) {
    auto& sounding = channel.sounding[event.first];
    if (sounding.empty()) return;
    TrackNote& note = sounding.front().track->notes[sounding.front().note];
    note.duration = event.at.value - note.onset;
    sounding.erase(sounding.begin());
  }

  void read_controller(Channel& channel, const midi::Event& event) {
    constexpr uint8_t kSustain = 64;
    constexpr uint8_t kOn = 64;  ///< this and above
    EventTrack& track = track_for_control(channel);
    track.controls.push_back({event.at.value, event.first, event.second});
    if (event.first != kSustain) return;
    int64_t& down = pedal_down_[event.channel()];
    if (event.second >= kOn) {
      if (down == kUnended) down = event.at.value;
    } else if (down != kUnended) {
      track.pedals.push_back({down, event.at.value - down});
      down = kUnended;
    }
  }

  void read_meta_event(const midi::Event& event) {
    const int64_t at = event.at.value;
    const auto& data = event.data;
    switch (event.meta_type) {
      case midi::kTempo:
        if (data.size() < 3) return;
        score_.tempos.push_back({at, data[0] << 16 | data[1] << 8 | data[2]});
        return;
      case midi::kMetre:
        if (data.size() < 2) return;
        score_.metres.push_back({at, data[0], data[1] < 8 ? 1 << data[1] : 0});
        return;
      case midi::kKey:
        if (data.size() < 2) return;
        score_.keys.push_back({at, static_cast<int8_t>(data[0]), data[1] != 0});
        return;
      case midi::kLyric:
        if (!data.empty()) lyrics_.push_back(at);
        return;
      case midi::kMarker:
        if (!data.empty()) score_.markers.push_back(at);
        return;
      case midi::kTrackName:
        name_ = motet::to_utf8(data);
        return;
      default:
        return;
    }
  }

  void settle() {
    for (size_t number = 0; number < channels_.size(); ++number) {
      if (channels_[number] == nullptr) continue;
      for (auto& track : channels_[number]->by_program) {
        if (track == nullptr) continue;
        std::erase_if(track->notes, [](const TrackNote& n) { return n.duration == kUnended; });
        track->is_drums = number == midi::kDrumChannel;
        track->name = name_;
        score_.tracks.push_back(std::move(*track));
      }
    }
    if (lyrics_.empty()) return;
    EventTrack& sung = score_.tracks.emplace_back();
    sung.name = name_;
    sung.lyrics = std::move(lyrics_);
  }

  TrackScore& score_;
  std::array<std::unique_ptr<Channel>, kChannels> channels_;
  std::array<int64_t, kChannels> pedal_down_;
  std::vector<int64_t> lyrics_;
  std::string name_;
};

}  // namespace

TrackScore read_track_score(ByteView bytes) {
  midi::File file = midi::parse(bytes);
  if (file.division >= 0x8000) {
    throw Error(ErrorCode::kInvalidFile,
                "MIDI: the division counts SMPTE frames; event tokens need ticks per quarter. "
                "motet convert makes such a file");
  }
  TrackScore score;
  score.ticks_per_quarter = file.division;
  const std::vector<midi::Track> tracks = file.tracks;
  for (const midi::Track& track : tracks) MidiTrackReader(score).read(file, track);
  if (score.tracks.empty() && file.first_failure) throw Error(*file.first_failure);
  const auto by_time = [](const auto& a, const auto& b) { return a.at < b.at; };
  pattern_sort(score.tempos, by_time);
  pattern_sort(score.metres, by_time);
  pattern_sort(score.keys, by_time);
  std::ranges::sort(score.markers);
  return score;
}

}  // namespace motet::tokens
