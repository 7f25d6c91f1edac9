// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>

#include "motet/base/error.h"
#include "motet/tokens/event_config.h"

namespace motet::tokens {
namespace {

constexpr std::array<std::string_view, 9> kNames = {
    "REMI", "TSD", "MIDILike", "Structured", "CPWord", "Octuple", "MuMIDI", "MMM", "PerTok"};

constexpr int kLastPitch = 127;
constexpr size_t kAllPrograms = 129;
constexpr int kMostBeats = 1024;
constexpr int kFinestResolution = 1024;
constexpr int kMostTempos = 10'000;
constexpr int kLargestNumerator = 255;
constexpr int kLargestDenominator = 128;
constexpr int kBendRange = 8192;
constexpr double kFastestTempo = 1e6;

class Checker {
 public:
  Checker(const EventConfig& config, const std::string& name) : config_(config), name_(name) {}

  void check() const {
    check_pitches("pitch_range", config_.pitch_range);
    check_pitches("drums_pitch_range", config_.drums_pitch_range);
    check_beats("beat_res", config_.beat_res);
    check_beats("beat_res_rest", config_.beat_res_rest);
    const auto finest = std::ranges::max_element(config_.beat_res_rest, {}, &BeatRange::resolution);
    if (config_.use_rests) {
      require_within("beat_res_rest", finest->resolution, 1, config_.positions_per_beat());
    }
    require_within("num_velocities", config_.num_velocities, 1, kLastPitch);
    require_within("max_pitch_interval", config_.max_pitch_interval, 0, kLastPitch);
    require_within("control_change_n_bins", config_.control_change_n_bins, 2, kLastPitch + 1);
    require_all("programs", config_.programs, -1, kLastPitch);
    require_all("use_note_duration_programs", config_.use_note_duration_programs, -1, kLastPitch);
    require_all("control_change_numbers", config_.control_change_numbers, 0, kLastPitch);
    check_times();
    check_bends();
    check_chords();
    check_attributes();
  }

 private:
  [[noreturn]] void refuse(const char* key, const std::string& expected) const {
    throw Error(ErrorCode::kInvalidFile, name_ + ": config." + key + ": expected " + expected);
  }

  void require_within(const char* key, int value, int low, int high) const {
    if (value >= low && value <= high) return;
    refuse(key, std::to_string(low) + " to " + std::to_string(high) + ", found " +
                    std::to_string(value));
  }

  void require_all(const char* key, const std::vector<int>& values, int low, int high) const {
    for (const int value : values) require_within(key, value, low, high);
  }

  void check_pitches(const char* key, const std::array<int, 2>& range) const {
    if (range[0] >= 0 && range[0] < range[1] && range[1] <= kLastPitch) return;
    refuse(key, "two ascending pitches in 0 to 127");
  }

  void check_beats(const char* key, const std::vector<BeatRange>& ranges) const {
    if (ranges.empty()) refuse(key, "at least one range of beats");
    for (const BeatRange& beats : ranges) {
      require_within(key, beats.begin, 0, kMostBeats);
      require_within(key, beats.end, beats.begin + 1, kMostBeats);
      require_within(key, beats.resolution, 1, kFinestResolution);
    }
  }

  void check_times() const {
    require_within("num_tempos", config_.num_tempos, 1, kMostTempos);
    for (const double tempo : config_.tempo_range) {
      if (!(tempo >= 1 && tempo <= kFastestTempo)) refuse("tempo_range", "tempos from 1 to 1e6");
    }
    if (config_.tempo_range[0] > config_.tempo_range[1]) refuse("tempo_range", "the lower first");
    const bool has_quarters =
        std::ranges::any_of(config_.time_signature_range,
                            [](const MetreRange& range) { return range.denominator == 4; });
    if (!has_quarters) refuse("time_signature_range", "a denominator of 4 among others");
    for (const MetreRange& range : config_.time_signature_range) {
      require_within("time_signature_range", range.denominator, 1, kLargestDenominator);
      if (!std::has_single_bit(static_cast<unsigned>(range.denominator))) {
        refuse("time_signature_range", "denominators that are powers of 2");
      }
      if (range.numerators.empty()) refuse("time_signature_range", "numerators");
      require_all("time_signature_range", range.numerators, 1, kLargestNumerator);
    }
    if (!(config_.default_note_duration >= 0 && config_.default_note_duration <= kMostBeats)) {
      refuse("default_note_duration", "beats from 0 to 1024");
    }
    if (!(config_.pitch_intervals_max_time_dist >= 0 &&
          config_.pitch_intervals_max_time_dist <= kMostBeats)) {
      refuse("pitch_intervals_max_time_dist", "beats from 0 to 1024");
    }
  }

  void check_bends() const {
    const auto& [low, high, count] = config_.pitch_bend_range;
    require_within("pitch_bend_range", low, -kBendRange, kBendRange);
    require_within("pitch_bend_range", high, low, kBendRange);
    require_within("pitch_bend_range", count, 1, 2 * kBendRange);
  }

  void check_chords() const {
    if (config_.chord_unknown) {
      constexpr int kMostNotes = 100;
      require_within("chord_unknown", (*config_.chord_unknown)[0], 0, kMostNotes);
      require_within("chord_unknown", (*config_.chord_unknown)[1], 0, kMostNotes);
    }
    for (const ChordMap& chord : config_.chord_maps) {
      require_all("chord_maps", chord.tones, -kLastPitch, kLastPitch);
    }
  }

  void check_attributes() const {
    constexpr int kMost = 10'000;
    require_within("ac_polyphony_min", config_.ac_polyphony_min, 0, kMost);
    require_within("ac_polyphony_max", config_.ac_polyphony_max, 0, kMost);
    require_within("ac_note_density_track_min", config_.ac_note_density_track_min, 0, kMost);
    require_within("ac_note_density_track_max", config_.ac_note_density_track_max, 0, kMost);
    require_within("ac_note_density_bar_max", config_.ac_note_density_bar_max, 0, kMost);
    require_within("ac_repetition_track_num_bins", config_.ac_repetition_track_num_bins, 1, kMost);
  }

  const EventConfig& config_;
  const std::string& name_;
};

/// "PAD" becomes "PAD_None", "a_b_c" becomes "a-b_c".
std::string special_token(std::string token) {
  const size_t last = token.rfind('_');
  if (last == std::string::npos) return token + "_None";
  std::replace(token.begin(), token.begin() + static_cast<std::ptrdiff_t>(last), '_', '-');
  return token;
}

void add_once(std::vector<std::string>& list, const std::string& item) {
  if (std::ranges::find(list, item) == list.end()) list.push_back(item);
}

bool has_durations_for(const EventConfig& config, const std::vector<int>& programs) {
  return std::ranges::all_of(programs, [&](int program) {
    return std::ranges::find(config.use_note_duration_programs, program) !=
           config.use_note_duration_programs.end();
  });
}

/// Compound tokens have a duration for all programs or for none.
void settle_durations(EventConfig& config) {
  if (!config.uses_durations() || has_durations_for(config, config.programs)) return;
  config.use_note_duration_programs = config.programs;
}

void use_no_attributes(EventConfig& config) {
  config.ac_polyphony_track = config.ac_polyphony_bar = config.ac_pitch_class_bar = false;
  config.ac_note_density_track = config.ac_note_density_bar = false;
  config.ac_note_duration_bar = config.ac_note_duration_track = false;
  config.ac_repetition_track = false;
}

/// What no compound or structured token can carry.
void use_notes_only(EventConfig& config) {
  config.use_sustain_pedals = config.use_pitch_bends = config.use_control_changes = false;
  config.use_key_signatures = config.program_changes = false;
  use_no_attributes(config);
}

void add_default(EventConfig& config, const char* key, const Json& value) {
  if (!config.additional_params.contains(key)) config.additional_params[key] = value;
}

void adapt_octuple(EventConfig& config) {
  use_notes_only(config);
  config.use_chords = config.use_rests = config.use_pitch_intervals = false;
  config.delete_equal_successive_tempo_changes = true;
  settle_durations(config);
  add_default(config, "max_bar_embedding", 60);
}

void adapt_mumidi(EventConfig& config) {
  use_notes_only(config);
  config.use_rests = config.use_time_signatures = false;
  config.use_programs = config.use_pitch_intervals = true;
  config.one_token_stream_for_programs = true;
  settle_durations(config);
  add_default(config, "max_bar_embedding", 60);
}

void adapt_mmm(EventConfig& config) {
  config.use_control_changes = false;
  config.use_programs = config.program_changes = true;
  config.one_token_stream_for_programs = false;
  const auto base = config.additional_params.find("base_tokenizer");
  const bool has_base = base != config.additional_params.end() && base->is_string();
  const std::string name = has_base ? base->get<std::string>() : "";
  if (name != "REMI" && name != "TSD" && name != "MIDILike") {
    throw Error(ErrorCode::kInvalidFile,
                "tokenizer: MMM needs config.additional_params.base_tokenizer: REMI, TSD or "
                "MIDILike; found \"" +
                    name + "\"");
  }
  add_once(config.special_tokens, "Track_Start");
  add_once(config.special_tokens, "Track_End");
}

void adapt_pertok(EventConfig& config) {
  constexpr double kFinest = 10'000;
  config.additional_number("ticks_per_quarter", 1, kFinest);
  if (!config.additional_params.contains("use_microtiming")) {
    throw Error(ErrorCode::kInvalidFile,
                "tokenizer: PerTok needs config.additional_params.use_microtiming: true or false");
  }
  config.additional_number("max_microtiming_shift", 0, kMostBeats);
  if (config.additional_flag("use_microtiming", false)) {
    config.additional_number("num_microtiming_bins", 1, kFinest);
  }
}

}  // namespace

std::string_view name_of(Tokenization tokenization) {
  return kNames[static_cast<size_t>(tokenization)];
}

Tokenization find_tokenization(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Tokenization>(i);
  }
  std::string known;
  for (const std::string_view each : kNames)
    known += (known.empty() ? "" : ", ") + std::string(each);
  throw Error(ErrorCode::kInvalidArgument,
              "unknown tokenization \"" + std::string(name) + "\"; there are " + known);
}

void settle(EventConfig& config, const std::string& name) {
  std::vector<std::string> special;
  for (const std::string& token : config.special_tokens) add_once(special, special_token(token));
  add_once(special, "PAD_None");
  config.special_tokens = std::move(special);
  config.one_token_stream_for_programs &= config.use_programs;
  config.program_changes &= config.use_programs;
  config.sustain_pedal_duration &= config.use_sustain_pedals;
  const bool all_durations = config.use_note_duration_programs.size() >= kAllPrograms;
  if (config.use_rests && !all_durations) {
    config.use_rests = config.use_programs && has_durations_for(config, config.programs);
  }
  Checker(config, name).check();
}

void adapt(EventConfig& config, Tokenization tokenization) {
  switch (tokenization) {
    case Tokenization::kRemi:
      add_default(config, "max_bar_embedding", nullptr);
      add_default(config, "use_bar_end_tokens", false);
      add_default(config, "add_trailing_bars", false);
      break;
    case Tokenization::kTsd:
    case Tokenization::kMidiLike:
      break;
    case Tokenization::kStructured:
      use_notes_only(config);
      config.use_chords = config.use_rests = config.use_tempos = false;
      config.use_time_signatures = config.use_pitch_intervals = false;
      break;
    case Tokenization::kCpWord:
      settle_durations(config);
      use_notes_only(config);
      config.use_pitch_intervals = false;
      break;
    case Tokenization::kOctuple:
      adapt_octuple(config);
      break;
    case Tokenization::kMuMidi:
      adapt_mumidi(config);
      break;
    case Tokenization::kMmm:
      adapt_mmm(config);
      break;
    case Tokenization::kPerTok:
      adapt_pertok(config);
      break;
  }
  constexpr int kSustain = 64;
  const auto& numbers = config.control_change_numbers;
  if (config.use_control_changes && config.use_sustain_pedals &&
      std::ranges::find(numbers, kSustain) != numbers.end()) {
    config.use_sustain_pedals = config.sustain_pedal_duration = false;
  }
}

}  // namespace motet::tokens
