// SPDX-License-Identifier: Apache-2.0
#include "motet/synth/render.h"

#include <fluidsynth.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/log.h"
#include "motet/score/tempo_map.h"

namespace motet::synth {
namespace {

constexpr int kSampleRateHz = 44'100;
constexpr int kGridFrames = 64;  // FluidSynth computes voices 64 samples at a time
constexpr int64_t kReportFrames = kSampleRateHz / kGridFrames * kGridFrames;  // about a second
constexpr double kLongestSeconds = 3600.0;
constexpr double kLongestTailSeconds = 3.0;
constexpr double kSilenceSeconds = 0.25;   // this long below kSilence ends the tail
constexpr float kSilence = 1e-4F;          // -80 dBFS
constexpr float kHighestPeak = 0.891251F;  // -1 dBFS
constexpr int kMostChannels = 256;         // what FluidSynth offers
constexpr int kDrumBank = 128;
constexpr int kSustainPedal = 64;
constexpr int kBendCentre = 8192;

enum class What : uint8_t { kNoteOff, kControl, kNoteOn };  // the order at one instant

struct Event {
  int64_t frame = 0;
  What what = What::kNoteOn;
  int channel = 0;
  const Note* note = nullptr;
  const Control* control = nullptr;
};

struct Free {
  void operator()(fluid_settings_t* settings) const { delete_fluid_settings(settings); }
  void operator()(fluid_synth_t* synth) const { delete_fluid_synth(synth); }
};
using Settings = std::unique_ptr<fluid_settings_t, Free>;
using Synth = std::unique_ptr<fluid_synth_t, Free>;

void to_our_log(int level, const char* message, void* /*data*/) {
  const std::string text = std::string("FluidSynth: ") + message;
  level <= FLUID_ERR ? log_warning(text) : log_info(text);
}

/// The channel of each part: its own, or, in a score of more parts than there are channels, the
/// one of its instrument.
std::vector<int> channels_of(const Score& score) {
  std::vector<int> channels;
  std::map<std::pair<bool, int>, int> by_instrument;
  const bool crowded = score.parts.size() > kMostChannels;
  for (const Part& part : score.parts) {
    const std::pair<bool, int> instrument{part.is_drums, part.program};
    const int next = static_cast<int>(crowded ? by_instrument.size() : channels.size());
    channels.push_back(crowded ? by_instrument.try_emplace(instrument, next).first->second : next);
  }
  return channels;
}

Settings make_settings(int channels) {
  Settings settings(new_fluid_settings());
  const auto number = [&](const char* name, double value) {
    fluid_settings_setnum(settings.get(), name, value);
  };
  const auto integer = [&](const char* name, int value) {
    fluid_settings_setint(settings.get(), name, value);
  };
  integer("synth.midi-channels", (std::max(channels, 1) + 15) / 16 * 16);
  integer("synth.cpu-cores", 1);
  integer("synth.polyphony", 512);
  integer("synth.dynamic-sample-loading", 1);  // only the instruments that play are unpacked
  integer("synth.threadsafe-api", 0);
  integer("synth.reverb.active", 1);
  integer("synth.chorus.active", 0);
  number("synth.sample-rate", kSampleRateHz);
  number("synth.gain", 0.7);
  // A medium hall; written out so that another version's defaults do not change the sound.
  number("synth.reverb.room-size", 0.5);
  number("synth.reverb.damp", 0.3);
  number("synth.reverb.width", 0.8);
  number("synth.reverb.level", 0.6);
  return settings;
}

Synth make_synth(fluid_settings_t* settings, const std::filesystem::path& soundfont) {
  Synth synth(new_fluid_synth(settings));
  const std::string path = soundfont.string();
  if (fluid_is_soundfont(path.c_str()) == 0 ||
      fluid_synth_sfload(synth.get(), path.c_str(), 1) == FLUID_FAILED) {
    throw Error(ErrorCode::kInvalidFile,
                path + ": expected a soundfont (.sf2 or .sf3), found something else");
  }
  return synth;
}

void choose_instrument(fluid_synth_t* synth, int channel, const Part& part) {
  fluid_synth_set_channel_type(synth, channel,
                               part.is_drums ? CHANNEL_TYPE_DRUM : CHANNEL_TYPE_MELODIC);
  fluid_synth_bank_select(synth, channel, part.is_drums ? kDrumBank : 0);
  fluid_synth_program_change(synth, channel, part.program);
}

std::vector<Event> events_of(const Score& score, const std::vector<int>& channels) {
  const TempoMap tempo(score);
  const auto frame_at = [&](Ticks at) {
    return static_cast<int64_t>(std::llround(tempo.to_seconds(at).value * kSampleRateHz));
  };
  std::vector<Event> events;
  for (size_t i = 0; i < score.parts.size(); ++i) {
    for (const Control& control : score.parts[i].controls) {
      events.push_back({frame_at(control.at), What::kControl, channels[i], nullptr, &control});
    }
    for (const Note& note : score.parts[i].notes) {
      const int64_t begin = frame_at(note.onset);
      // A note ends at least one grid step after it began, else it would not sound at all.
      const int64_t end = std::max(frame_at(note.onset + note.duration), begin + kGridFrames);
      events.push_back({begin, What::kNoteOn, channels[i], &note, nullptr});
      events.push_back({end, What::kNoteOff, channels[i], &note, nullptr});
    }
  }
  std::ranges::stable_sort(events, [](const Event& a, const Event& b) {
    return std::pair(a.frame, a.what) < std::pair(b.frame, b.what);
  });
  return events;
}

void send(fluid_synth_t* synth, int channel, const Control& control) {
  switch (control.kind) {
    case ControlKind::kController:
      fluid_synth_cc(synth, channel, control.number, control.value);
      break;
    case ControlKind::kProgram:
      fluid_synth_program_change(synth, channel, control.value);
      break;
    case ControlKind::kPitchBend:
      fluid_synth_pitch_bend(synth, channel, control.value + kBendCentre);
      break;
    case ControlKind::kChannelPressure:
      fluid_synth_channel_pressure(synth, channel, control.value);
      break;
    case ControlKind::kKeyPressure:
      fluid_synth_key_pressure(synth, channel, control.number, control.value);
      break;
  }
}

/// Sends events in their order. Where a key is struck again before it was let go, the later note
/// owns the key, and the end of the earlier one no longer silences it.
class Keyboard {
 public:
  Keyboard(fluid_synth_t* synth, size_t channels) : synth_(synth), owner_(channels) {}

  void send_event(const Event& event) {
    if (event.control != nullptr) return send(synth_, event.channel, *event.control);
    const Note*& owner = owner_[static_cast<size_t>(event.channel)][event.note->pitch & 127U];
    if (event.what == What::kNoteOn) {
      owner = event.note;
      fluid_synth_noteon(synth_, event.channel, event.note->pitch, event.note->velocity);
    } else if (owner == event.note) {
      owner = nullptr;
      fluid_synth_noteoff(synth_, event.channel, event.note->pitch);
    }
  }

  void let_go() {
    for (int channel = 0; channel < static_cast<int>(owner_.size()); ++channel) {
      fluid_synth_cc(synth_, channel, kSustainPedal, 0);
      fluid_synth_all_notes_off(synth_, channel);
    }
  }

 private:
  fluid_synth_t* synth_;
  std::vector<std::array<const Note*, 128>> owner_;
};

/// Appends `frames` of sound and returns their peak.
float play(fluid_synth_t* synth, int64_t frames, audio::Waveform& sound) {
  const size_t begin = sound.samples.size();
  sound.samples.resize(begin + static_cast<size_t>(frames) * 2);
  float* into = sound.samples.data() + begin;
  fluid_synth_write_float(synth, static_cast<int>(frames), into, 0, 2, into, 1, 2);
  float peak = 0.0F;
  for (size_t i = begin; i < sound.samples.size(); ++i) {
    peak = std::max(peak, std::abs(sound.samples[i]));
  }
  return peak;
}

void play_tail(fluid_synth_t* synth, audio::Waveform& sound) {
  constexpr auto kMost = static_cast<int64_t>(kLongestTailSeconds * kSampleRateHz);
  constexpr auto kEnough = static_cast<int64_t>(kSilenceSeconds * kSampleRateHz);
  int64_t quiet = 0;
  for (int64_t done = 0; done + kGridFrames <= kMost && quiet < kEnough; done += kGridFrames) {
    quiet = play(synth, kGridFrames, sound) < kSilence ? quiet + kGridFrames : 0;
  }
}

void turn_down(audio::Waveform& sound) {
  const float peak = audio::peak_of(sound);
  if (peak <= kHighestPeak) return;
  const float gain = kHighestPeak / peak;
  for (float& sample : sound.samples) sample *= gain;
}

void require_reasonable_length(const std::vector<Event>& events) {
  const int64_t last = events.empty() ? 0 : events.back().frame;
  if (static_cast<double>(last) <= kLongestSeconds * kSampleRateHz) return;
  throw Error(ErrorCode::kInvalidArgument, "render: expected at most an hour of music, found " +
                                               std::to_string(last / kSampleRateHz / 60) +
                                               " minutes");
}

}  // namespace

audio::Waveform render(const Score& score, const std::filesystem::path& soundfont,
                       const Progress& progress) {
  for (const int level : {FLUID_PANIC, FLUID_ERR, FLUID_WARN, FLUID_INFO, FLUID_DBG}) {
    fluid_set_log_function(level, to_our_log, nullptr);
  }
  const std::vector<int> channels = channels_of(score);
  const std::vector<Event> events = events_of(score, channels);
  require_reasonable_length(events);
  const int count = channels.empty() ? 0 : *std::ranges::max_element(channels) + 1;
  const Settings settings = make_settings(count);
  const Synth synth = make_synth(settings.get(), soundfont);
  for (size_t i = 0; i < channels.size(); ++i) {
    choose_instrument(synth.get(), channels[i], score.parts[i]);
  }

  audio::Waveform sound{.sample_rate_hz = kSampleRateHz, .channels = 2, .samples = {}};
  Keyboard keyboard(synth.get(), static_cast<size_t>(count));
  const int64_t end = events.empty() ? 0 : events.back().frame;
  int64_t done = 0;
  auto event = events.begin();
  while (event != events.end() && !progress.stop_requested()) {
    for (; event != events.end() && event->frame <= done; ++event) keyboard.send_event(*event);
    if (event == events.end()) break;
    const int64_t gap = (event->frame - done + kGridFrames - 1) / kGridFrames * kGridFrames;
    const int64_t step = std::min(gap, kReportFrames - done % kReportFrames);
    play(synth.get(), step, sound);
    done += step;
    if (done % kReportFrames == 0) {
      progress.report({"rendering", done / kSampleRateHz, end / kSampleRateHz + 1, ""});
    }
  }
  keyboard.let_go();
  play_tail(synth.get(), sound);
  turn_down(sound);
  progress.report({"rendering", end / kSampleRateHz + 1, end / kSampleRateHz + 1, ""});
  return sound;
}

}  // namespace motet::synth
