// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "motet/base/json.h"

namespace motet::tokens {

/// Which rules turn notes into event tokens. The names are MidiTok's.
enum class Tokenization : uint8_t {
  kRemi,        ///< "REMI": Huang & Yang 2020, arXiv 2002.00212; with programs, REMI+ of FIGARO
  kTsd,         ///< "TSD": time shift, duration; Fradet et al. 2023, arXiv 2301.11975
  kMidiLike,    ///< "MIDILike": Oore et al. 2018, arXiv 1808.03715
  kStructured,  ///< "Structured": Hadjeres & Crestel 2021, arXiv 2107.05944
  kCpWord,      ///< "CPWord": Hsiao et al. 2021, arXiv 2101.02402
  kOctuple,     ///< "Octuple": Zeng et al. 2021 (MusicBERT), arXiv 2106.05630
  kMuMidi,      ///< "MuMIDI": Ren et al. 2020 (PopMAG), arXiv 2008.07703
  kMmm,         ///< "MMM": Ens & Pasquier 2020, arXiv 2008.06048
  kPerTok,      ///< "PerTok": Lenz & Mani 2024, arXiv 2410.02060
};

std::string_view name_of(Tokenization tokenization);
/// Throws Error(kInvalidArgument) that names those there are.
Tokenization find_tokenization(std::string_view name);

/// Beats begin .. end-1 are cut into `resolution` positions.
struct BeatRange {
  int begin = 0;
  int end = 0;
  int resolution = 0;
};

struct ChordMap {
  std::string name;        ///< "maj"
  std::vector<int> tones;  ///< semitones above the lowest, ascending, 0 first
};

struct MetreRange {
  int denominator = 4;
  std::vector<int> numerators;
};

/// The configuration of an event tokenizer: field for field what MidiTok 3.1 writes under "config"
/// of a tokenizer.json, with its names, meanings and defaults (miditok.TokenizerConfig).
struct EventConfig {
  std::array<int, 2> pitch_range = {21, 109};  ///< both ends are in the vocabulary
  std::vector<BeatRange> beat_res = {{0, 4, 8}, {4, 12, 4}};
  int num_velocities = 32;  ///< 1..127
  bool remove_duplicated_notes = false;
  std::string encode_ids_split = "bar";  ///< bar, beat or no: for a trained model
  std::vector<std::string> special_tokens = {"PAD_None", "BOS_None", "EOS_None", "MASK_None"};
  bool use_velocities = true;
  std::vector<int> use_note_duration_programs;  ///< -1..127, -1 is drums; default: all
  bool use_chords = false;
  bool use_rests = false;
  bool use_tempos = false;
  bool use_time_signatures = true;
  bool use_key_signatures = false;
  bool use_sustain_pedals = false;
  bool use_pitch_bends = false;
  bool use_control_changes = false;
  std::vector<int> control_change_numbers;  ///< 0..127
  int control_change_n_bins = 32;           ///< 2..128
  bool use_programs = false;
  bool use_pitch_intervals = false;
  bool use_pitchdrum_tokens = true;
  double default_note_duration = 0.5;  ///< beats, where durations are not tokens
  std::vector<int> programs;           ///< -1..127; default: all
  bool one_token_stream_for_programs = true;
  bool program_changes = false;
  std::vector<BeatRange> beat_res_rest = {{0, 1, 8}, {1, 2, 4}, {2, 12, 2}};
  std::vector<ChordMap> chord_maps;
  bool chord_tokens_with_root_note = false;
  std::optional<std::array<int, 2>> chord_unknown;  ///< numbers of notes: first .. last-1
  int num_tempos = 32;
  std::array<double, 2> tempo_range = {40, 250};
  bool log_tempos = false;
  bool delete_equal_successive_tempo_changes = false;
  std::vector<MetreRange> time_signature_range = {{8, {3, 12, 6}}, {4, {5, 6, 3, 2, 1, 4}}};
  bool delete_equal_successive_time_sig_changes = false;
  bool sustain_pedal_duration = false;
  std::array<int, 3> pitch_bend_range = {-8192, 8191, 32};  ///< lowest, highest, how many
  int max_pitch_interval = 16;
  double pitch_intervals_max_time_dist = 1;  ///< beats
  std::array<int, 2> drums_pitch_range = {27, 88};
  bool ac_polyphony_track = false;
  bool ac_polyphony_bar = false;
  int ac_polyphony_min = 1;
  int ac_polyphony_max = 6;
  bool ac_pitch_class_bar = false;
  bool ac_note_density_track = false;
  int ac_note_density_track_min = 0;
  int ac_note_density_track_max = 18;
  bool ac_note_density_bar = false;
  int ac_note_density_bar_max = 18;
  bool ac_note_duration_bar = false;
  bool ac_note_duration_track = false;
  bool ac_repetition_track = false;
  int ac_repetition_track_num_bins = 10;
  int ac_repetition_track_num_consec_bars = 4;
  Json additional_params = Json::object();  ///< what one tokenization alone knows

  EventConfig();

  bool uses_durations() const { return !use_note_duration_programs.empty(); }
  int positions_per_beat() const;  ///< the finest of beat_res
  std::optional<int> max_bar_embedding() const;
  /// A parameter of additional_params; the fallback where it is absent.
  bool additional_flag(const char* name, bool fallback) const;
  /// Throws Error(kInvalidFile) when it is not a number from low to high.
  double additional_number(const char* name, double low, double high) const;
};

/// Reads the "config" object of a tokenizer.json; what is absent has its default, what is unknown
/// goes to additional_params. `name` stands in messages.
/// Throws Error(kInvalidFile) naming the field when a value has the wrong type or range.
EventConfig read_event_config(const Json& json, const std::string& name);
Json to_json(const EventConfig& config);

/// Tidies a configuration as MidiTok does: special tokens get a value ("PAD" becomes "PAD_None"),
/// program changes need programs, rests need durations. Throws Error(kInvalidFile) naming the
/// field when a value is out of range, so that whatever passes makes a tokenizer of bounded size.
void settle(EventConfig& config, const std::string& name);

/// Switches off what the tokenization does not know, and adds its own parameters, as MidiTok does
/// when it makes a tokenizer. Throws Error(kInvalidFile) when a parameter that it needs is absent.
void adapt(EventConfig& config, Tokenization tokenization);

/// The order in which CPython 3.11 walks set(numbers): MidiTok numbers Program tokens so. Numbers
/// keep their order mostly, but not where the hash table wraps: -1 comes last.
std::vector<int> in_python_set_order(const std::vector<int>& numbers);

}  // namespace motet::tokens
