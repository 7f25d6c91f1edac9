// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "motet/base/error.h"
#include "motet/tokens/event_vocabulary.h"

namespace motet::tokens {
namespace {

using Names = std::vector<std::string>;

constexpr size_t kMostTokens = 1'000'000;

/// The shortest text that reads back as the number, with a ".0" where it is whole: as Python.
std::string number_text(double number) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  std::string result(text, end);
  if (result.find_first_of(".e") == std::string::npos) result += ".0";
  return result;
}

class Lister {
 public:
  Lister(const EventConfig& config, Tokenization tokenization, const EventValues& values)
      : config_(config), values_(values), tokenization_(tokenization) {
    if (tokenization == Tokenization::kMmm) {
      base_ = find_tokenization(config.additional_params["base_tokenizer"].get<std::string>());
    } else {
      base_ = tokenization;
    }
  }

  std::vector<Names> list() {
    switch (tokenization_) {
      case Tokenization::kCpWord:
        return with_special(compound_words());
      case Tokenization::kOctuple:
        return with_special(octuples());
      case Tokenization::kMuMidi:
        return with_special(mumidi());
      default:
        break;
    }
    Names names = config_.special_tokens;
    append(names, simple_names());
    if (!config_.one_token_stream_for_programs) append(names, attribute_controls());
    return {names};
  }

 private:
  void append(Names& names, const Names& more) const {
    names.insert(names.end(), more.begin(), more.end());
    if (names.size() <= kMostTokens) return;
    throw Error(ErrorCode::kInvalidFile, "tokenizer: config makes more than a million tokens");
  }

  template <typename Numbers>
  Names each(const std::string& type, const Numbers& numbers) const {
    Names names;
    for (const int number : numbers) names.push_back(type + "_" + std::to_string(number));
    return names;
  }

  Names range(const std::string& type, int first, int last) const {
    Names names;
    for (int i = first; i <= last; ++i) names.push_back(type + "_" + std::to_string(i));
    return names;
  }

  Names times(const std::string& type, const std::vector<TimeValue>& times) const {
    Names names;
    for (const TimeValue& time : times) names.push_back(type + "_" + time.text());
    return names;
  }

  Names pitches(const std::string& type) const {
    return range(type, config_.pitch_range[0], config_.pitch_range[1]);
  }

  Names drum_pitches(const std::string& type) const {
    return range(type, config_.drums_pitch_range[0], config_.drums_pitch_range[1]);
  }

  Names tempos() const {
    Names names;
    for (const double tempo : values_.tempos) names.push_back("Tempo_" + number_text(tempo));
    return names;
  }

  Names metres() const {
    Names names;
    for (const auto& metre : values_.metres) {
      names.push_back("TimeSig_" + std::to_string(metre.numerator) + "/" +
                      std::to_string(metre.denominator));
    }
    return names;
  }

  Names chords() const {
    Names names;
    for (const std::string& chord : values_.chords) names.push_back("Chord_" + chord);
    return names;
  }

  int most_bars() const {
    constexpr int kUsualBars = 60;
    return config_.max_bar_embedding().value_or(kUsualBars);
  }

  int last_position() const { return values_.positions_per_beat * values_.most_beats_in_bar() - 1; }

  Names notes() const {
    Names names;
    if (base_ == Tokenization::kMidiLike) {
      append(names, pitches("NoteOn"));
      if (config_.uses_durations()) append(names, pitches("NoteOff"));
    } else {
      append(names, pitches("Pitch"));
    }
    append(names, each("Velocity", values_.velocities));
    const bool durations = base_ != Tokenization::kMidiLike && config_.uses_durations();
    if (durations || config_.sustain_pedal_duration) {
      append(names, times("Duration", values_.durations));
    }
    return names;
  }

  Names bars() const {
    const auto most = config_.max_bar_embedding();
    Names names = most ? range("Bar", 0, *most - 1) : Names{"Bar_None"};
    if (config_.additional_flag("use_bar_end_tokens", false)) names.push_back("Bar_End");
    return names;
  }

  Names simple_names() const {
    Names names;
    switch (base_) {
      case Tokenization::kRemi:
        append(names, bars());
        append(names, notes());
        append(names, range("Position", 0, last_position()));
        break;
      case Tokenization::kPerTok:
        append(names, pertok_names());
        break;
      case Tokenization::kStructured:
        append(names, notes());
        names.push_back("TimeShift_0.0.1");  // for no time
        append(names, times("TimeShift", values_.durations));
        break;
      default:
        append(names, notes());
        append(names, times("TimeShift", values_.durations));
        break;
    }
    append(names, additional_notes());
    append(names, additional_changes());
    return names;
  }

  Names pertok_names() const {
    Names names = {"Bar_None"};
    append(names, notes());
    if (config_.additional_flag("use_position_toks", false)) {
      append(names, each("Position", pertok_positions(values_)));
    } else {
      append(names, times("TimeShift", values_.durations));
    }
    if (config_.uses_durations()) append(names, times("Duration", values_.durations));
    append(names, each("MicroTiming", values_.microtimings));
    return names;
  }

  Names additional_notes() const {
    Names names;
    if (config_.use_pitch_intervals) {
      const int most = config_.max_pitch_interval;
      append(names, range("PitchIntervalTime", -most, most));
      append(names, range("PitchIntervalChord", -most, most));
    }
    if (config_.use_pitchdrum_tokens) {
      const bool on_off = base_ == Tokenization::kMidiLike;
      append(names, drum_pitches(on_off ? "DrumOn" : "PitchDrum"));
      if (on_off) append(names, drum_pitches("DrumOff"));
    }
    append(names, chords());
    append(names, times("Rest", values_.rests));
    return names;
  }

  Names additional_changes() const {
    Names names;
    if (config_.use_tempos) append(names, tempos());
    if (config_.use_programs) append(names, each("Program", config_.programs));
    if (config_.use_time_signatures) append(names, metres());
    if (config_.use_key_signatures) append(names, keys());
    if (config_.use_sustain_pedals) append(names, pedals());
    append(names, each("PitchBend", values_.bends));
    for (size_t number = 0; number < values_.controls.size(); ++number) {
      append(names, controls(number));
    }
    return names;
  }

  static Names keys() {
    Names names;
    for (int fifths = -7; fifths <= 7; ++fifths) {
      for (int minor = 0; minor <= 1; ++minor) {
        names.push_back("KeySig_" + std::to_string(fifths) + ":" + std::to_string(minor));
      }
    }
    return names;
  }

  Names pedals() const {
    const std::vector<int> programs = config_.use_programs ? config_.programs : std::vector{0};
    Names names = each("Pedal", programs);
    if (!config_.sustain_pedal_duration) append(names, each("PedalOff", programs));
    return names;
  }

  Names controls(size_t number) const {
    Names names;
    for (const int value : values_.controls[number]) {
      names.push_back("ControlChange_" + std::to_string(number) + "-" + std::to_string(value));
    }
    return names;
  }

  Names attribute_controls() const {
    Names names;
    const auto& c = config_;
    const auto polyphony = [&](const std::string& type) {
      append(names, range(type + "Min", c.ac_polyphony_min, c.ac_polyphony_max));
      append(names, range(type + "Max", c.ac_polyphony_min, c.ac_polyphony_max));
    };
    const auto density = [&](const std::string& type, int low, int high) {
      append(names, range(type, low, high - 1));
      return type + "_" + std::to_string(high) + "+";
    };
    const auto lengths = [&](const std::string& type) {
      for (const char* const length :
           {"Whole", "Half", "Quarter", "Eight", "Sixteenth", "ThirtySecond"}) {
        append(names, range(type + length, 0, 1));
      }
    };
    if (c.ac_polyphony_track) polyphony("ACTrackOnsetPolyphony");
    if (c.ac_polyphony_bar) polyphony("ACBarOnsetPolyphony");
    if (c.ac_pitch_class_bar) append(names, range("ACBarPitchClass", 0, 11));
    if (c.ac_note_density_track) {
      const int low = c.ac_note_density_track_min;
      const int high = c.ac_note_density_track_max;
      const std::string least = density("ACTrackNoteDensityMin", low, high);
      const std::string most = density("ACTrackNoteDensityMax", low, high);
      append(names, {least, most});
    }
    if (c.ac_note_density_bar) {
      append(names, {density("ACBarNoteDensity", 0, c.ac_note_density_bar_max)});
    }
    if (c.ac_note_duration_bar) lengths("ACBarNoteDuration");
    if (c.ac_note_duration_track) lengths("ACTrackNoteDuration");
    if (c.ac_repetition_track) append(names, repetitions());
    return names;
  }

  Names repetitions() const {
    Names names;
    const int bins = config_.ac_repetition_track_num_bins;
    for (int i = 0; i < bins; ++i) {
      char text[32];
      std::snprintf(text, sizeof text, "%.2f", bins > 1 ? static_cast<double>(i) / (bins - 1) : 0);
      names.push_back("ACTrackRepetition_" + std::string(text));
    }
    return names;
  }

  Names pitches_and_drums() const {
    Names names = pitches("Pitch");
    if (config_.use_pitchdrum_tokens) append(names, drum_pitches("PitchDrum"));
    return names;
  }

  std::vector<Names> with_special(std::vector<Names> lists) const {
    for (Names& names : lists) {
      names.insert(names.begin(), config_.special_tokens.begin(), config_.special_tokens.end());
    }
    return lists;
  }

  std::vector<Names> compound_words() const {
    std::vector<Names> lists = {{"Family_Metric", "Family_Note"}};
    const auto add = [&](const Names& names) {
      lists.push_back({"Ignore_None"});
      append(lists.back(), names);
    };
    Names places = {"Bar_None"};
    append(places, range("Position", 0, last_position()));
    add(places);
    add(pitches_and_drums());
    if (config_.use_velocities) add(each("Velocity", values_.velocities));
    if (config_.uses_durations()) add(times("Duration", values_.durations));
    if (config_.use_programs) add(each("Program", config_.programs));
    if (config_.use_chords) add(chords());
    if (config_.use_rests) add(times("Rest", values_.rests));
    if (config_.use_tempos) add(tempos());
    if (config_.use_time_signatures) add(metres());
    return lists;
  }

  std::vector<Names> octuples() const {
    std::vector<Names> lists = {pitches_and_drums(), range("Position", 0, last_position()),
                                range("Bar", 0, most_bars() - 1)};
    if (config_.use_velocities) lists.push_back(each("Velocity", values_.velocities));
    if (config_.uses_durations()) lists.push_back(times("Duration", values_.durations));
    if (config_.use_programs) lists.push_back(each("Program", config_.programs));
    if (config_.use_tempos) lists.push_back(tempos());
    if (config_.use_time_signatures) lists.push_back(metres());
    return lists;
  }

  std::vector<Names> mumidi() const {
    Names first = pitches("Pitch");
    append(first, drum_pitches("PitchDrum"));
    first.push_back("Bar_None");
    append(first, range("Position", 0, last_position()));
    append(first, each("Program", config_.programs));
    append(first, chords());
    Names places = {"PositionPosEnc_None"};
    append(places, range("PositionPosEnc", 0, last_position()));
    std::vector<Names> lists = {first, range("BarPosEnc", 0, most_bars() - 1), places};
    if (config_.use_tempos) lists.push_back(tempos());
    if (config_.use_velocities) lists.push_back(each("Velocity", values_.velocities));
    if (config_.uses_durations()) lists.push_back(times("Duration", values_.durations));
    return lists;
  }

  const EventConfig& config_;
  const EventValues& values_;
  Tokenization tokenization_;
  Tokenization base_;  ///< whose tokens MMM uses
};

}  // namespace

std::vector<int> pertok_positions(const EventValues& values) {
  std::vector<int> positions = {0};
  for (const TimeValue& time : values.durations) {
    positions.push_back(time.beat * time.resolution + time.position);
  }
  std::sort(positions.begin() + 1, positions.end());
  positions.erase(std::unique(positions.begin() + 1, positions.end()), positions.end());
  return positions;
}

std::vector<std::vector<std::string>> vocabulary_names(const EventConfig& config,
                                                       Tokenization tokenization,
                                                       const EventValues& values) {
  if (tokenization != Tokenization::kMmm) return Lister(config, tokenization, values).list();
  EventConfig copy = config;  // MidiTok copies it for the base tokenizer, set by set
  copy.programs = in_python_set_order(config.programs);
  return Lister(copy, tokenization, values).list();
}

}  // namespace motet::tokens
