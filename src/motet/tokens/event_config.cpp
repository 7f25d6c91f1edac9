// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/event_config.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>

#include "motet/base/error.h"

namespace motet::tokens {
namespace {

constexpr int kProgramCount = 129;  // with drums, -1

std::vector<int> all_programs() {
  std::vector<int> programs(kProgramCount);
  std::iota(programs.begin(), programs.end(), -1);
  return in_python_set_order(programs);
}

/// The controllers that MidiTok names: those of General MIDI 2 but the undefined and the general
/// purpose ones. Source: miditok 3.1, TokenizerConfig's documented default.
std::vector<int> named_controllers() {
  std::vector<int> numbers;
  const auto add = [&](int first, int last) {
    for (int i = first; i <= last; ++i) numbers.push_back(i);
  };
  const std::array<std::array<int, 2>, 13> ranges = {{{0, 2},
                                                      {4, 8},
                                                      {10, 11},
                                                      {32, 34},
                                                      {36, 40},
                                                      {42, 43},
                                                      {64, 78},
                                                      {84, 84},
                                                      {88, 88},
                                                      {91, 95},
                                                      {96, 97},
                                                      {100, 101},
                                                      {120, 127}}};
  for (const auto& [first, last] : ranges) add(first, last);
  return in_python_set_order(numbers);
}

/// Calls visit(name, field) for every field of MidiTok's configuration, in its order.
template <typename Config, typename Visitor>
void visit_fields(Config& c, Visitor&& visit) {
  visit("pitch_range", c.pitch_range);
  visit("beat_res", c.beat_res);
  visit("num_velocities", c.num_velocities);
  visit("remove_duplicated_notes", c.remove_duplicated_notes);
  visit("encode_ids_split", c.encode_ids_split);
  visit("special_tokens", c.special_tokens);
  visit("use_velocities", c.use_velocities);
  visit("use_note_duration_programs", c.use_note_duration_programs);
  visit("use_chords", c.use_chords);
  visit("use_rests", c.use_rests);
  visit("use_tempos", c.use_tempos);
  visit("use_time_signatures", c.use_time_signatures);
  visit("use_key_signatures", c.use_key_signatures);
  visit("use_sustain_pedals", c.use_sustain_pedals);
  visit("use_pitch_bends", c.use_pitch_bends);
  visit("use_control_changes", c.use_control_changes);
  visit("control_change_numbers", c.control_change_numbers);
  visit("control_change_n_bins", c.control_change_n_bins);
  visit("use_programs", c.use_programs);
  visit("use_pitch_intervals", c.use_pitch_intervals);
  visit("use_pitchdrum_tokens", c.use_pitchdrum_tokens);
  visit("default_note_duration", c.default_note_duration);
  visit("programs", c.programs);
  visit("one_token_stream_for_programs", c.one_token_stream_for_programs);
  visit("program_changes", c.program_changes);
  visit("beat_res_rest", c.beat_res_rest);
  visit("chord_maps", c.chord_maps);
  visit("chord_tokens_with_root_note", c.chord_tokens_with_root_note);
  visit("chord_unknown", c.chord_unknown);
  visit("num_tempos", c.num_tempos);
  visit("tempo_range", c.tempo_range);
  visit("log_tempos", c.log_tempos);
  visit("delete_equal_successive_tempo_changes", c.delete_equal_successive_tempo_changes);
  visit("time_signature_range", c.time_signature_range);
  visit("delete_equal_successive_time_sig_changes", c.delete_equal_successive_time_sig_changes);
  visit("sustain_pedal_duration", c.sustain_pedal_duration);
  visit("pitch_bend_range", c.pitch_bend_range);
  visit("max_pitch_interval", c.max_pitch_interval);
  visit("pitch_intervals_max_time_dist", c.pitch_intervals_max_time_dist);
  visit("drums_pitch_range", c.drums_pitch_range);
  visit("ac_polyphony_track", c.ac_polyphony_track);
  visit("ac_polyphony_bar", c.ac_polyphony_bar);
  visit("ac_polyphony_min", c.ac_polyphony_min);
  visit("ac_polyphony_max", c.ac_polyphony_max);
  visit("ac_pitch_class_bar", c.ac_pitch_class_bar);
  visit("ac_note_density_track", c.ac_note_density_track);
  visit("ac_note_density_track_min", c.ac_note_density_track_min);
  visit("ac_note_density_track_max", c.ac_note_density_track_max);
  visit("ac_note_density_bar", c.ac_note_density_bar);
  visit("ac_note_density_bar_max", c.ac_note_density_bar_max);
  visit("ac_note_duration_bar", c.ac_note_duration_bar);
  visit("ac_note_duration_track", c.ac_note_duration_track);
  visit("ac_repetition_track", c.ac_repetition_track);
  visit("ac_repetition_track_num_bins", c.ac_repetition_track_num_bins);
  visit("ac_repetition_track_num_consec_bars", c.ac_repetition_track_num_consec_bars);
}

/// Reads one field; every refusal names it.
class FieldReader {
 public:
  FieldReader(const Json& json, const std::string& name) : json_(json), name_(name) {}

  template <typename Field>
  void operator()(const char* key, Field& field) {
    const auto found = json_.find(key);
    if (found == json_.end()) return;
    key_ = key;
    read(*found, field);
  }

 private:
  [[noreturn]] void refuse(const char* expected, const Json& found) const {
    std::string text = found.dump(-1, ' ', true, Json::error_handler_t::replace);
    constexpr size_t kShown = 40;
    if (text.size() > kShown) text = text.substr(0, kShown) + "...";
    throw Error(ErrorCode::kInvalidFile,
                name_ + ": config." + key_ + ": expected " + expected + ", found " + text);
  }

  void read(const Json& json, bool& field) const {
    if (!json.is_boolean()) refuse("true or false", json);
    field = json.get<bool>();
  }
  void read(const Json& json, int& field) const {
    constexpr double kLargest = 1e9;
    if (!json.is_number()) refuse("a number", json);
    const double number = json.get<double>();
    if (!(std::abs(number) <= kLargest) || number != std::floor(number)) {
      refuse("a whole number", json);
    }
    field = static_cast<int>(number);
  }
  void read(const Json& json, double& field) const {
    if (!json.is_number()) refuse("a number", json);
    field = json.get<double>();
    if (!std::isfinite(field)) refuse("a finite number", json);
  }
  void read(const Json& json, std::string& field) const {
    if (!json.is_string()) refuse("a string", json);
    field = json.get<std::string>();
  }
  template <typename T, size_t N>
  void read(const Json& json, std::array<T, N>& field) const {
    if (!json.is_array() || json.size() != N) refuse("a list of numbers", json);
    for (size_t i = 0; i < N; ++i) read(json[i], field[i]);
  }
  template <typename T>
  void read(const Json& json, std::optional<T>& field) const {
    field.reset();
    if (!json.is_null()) read(json, field.emplace());
  }
  template <typename T>
  void read(const Json& json, std::vector<T>& field) const {
    if (!json.is_array()) refuse("a list", json);
    field.clear();
    for (const Json& item : json) read(item, field.emplace_back());
  }
  void read(const Json& json, std::vector<BeatRange>& field) const {
    if (!json.is_object() || json.empty()) refuse("an object such as {\"0_4\": 8}", json);
    field.clear();
    for (const auto& [range, resolution] : json.items()) {
      BeatRange& beats = field.emplace_back();
      const char* const end = range.data() + range.size();
      const auto first = std::from_chars(range.data(), end, beats.begin);
      if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '_') {
        refuse("beats such as \"0_4\"", json);
      }
      const auto second = std::from_chars(first.ptr + 1, end, beats.end);
      if (second.ec != std::errc{} || second.ptr != end) refuse("beats such as \"0_4\"", json);
      read(resolution, beats.resolution);
    }
  }
  void read(const Json& json, std::vector<ChordMap>& field) const {
    if (!json.is_object()) refuse("an object such as {\"maj\": [0, 4, 7]}", json);
    field.clear();
    for (const auto& [quality, tones] : json.items()) {
      ChordMap& chord = field.emplace_back();
      chord.name = quality;
      read(tones, chord.tones);
    }
  }
  void read(const Json& json, std::vector<MetreRange>& field) const {
    if (!json.is_object() || json.empty()) refuse("an object such as {\"4\": [3, 4]}", json);
    field.clear();
    for (const auto& [denominator, numerators] : json.items()) {
      MetreRange& range = field.emplace_back();
      const char* const end = denominator.data() + denominator.size();
      const auto read_end = std::from_chars(denominator.data(), end, range.denominator);
      if (read_end.ec != std::errc{} || read_end.ptr != end) refuse("denominators", json);
      read(numerators, range.numerators);
    }
  }

  const Json& json_;
  const std::string& name_;
  const char* key_ = "";
};

/// Writes one field as MidiTok does.
class FieldWriter {
 public:
  explicit FieldWriter(Json& json) : json_(json) {}

  template <typename Field>
  void operator()(const char* key, const Field& field) {
    json_[key] = written(field);
  }

 private:
  static Json written(bool field) { return field; }
  static Json written(int field) { return field; }
  static Json written(const std::string& field) { return field; }
  static Json written(double field) {
    constexpr double kExact = 1e15;
    if (field == std::floor(field) && std::abs(field) < kExact) return static_cast<int64_t>(field);
    return field;
  }
  template <typename T, size_t N>
  static Json written(const std::array<T, N>& field) {
    Json list = Json::array();
    for (const T& item : field) list.push_back(written(item));
    return list;
  }
  template <typename T>
  static Json written(const std::optional<T>& field) {
    return field ? written(*field) : Json(nullptr);
  }
  template <typename T>
  static Json written(const std::vector<T>& field) {
    Json list = Json::array();
    for (const T& item : field) list.push_back(written(item));
    return list;
  }
  static Json written(const std::vector<BeatRange>& field) {
    Json object = Json::object();
    for (const BeatRange& beats : field) {
      object[std::to_string(beats.begin) + "_" + std::to_string(beats.end)] = beats.resolution;
    }
    return object;
  }
  static Json written(const std::vector<ChordMap>& field) {
    Json object = Json::object();
    for (const ChordMap& chord : field) object[chord.name] = chord.tones;
    return object;
  }
  static Json written(const std::vector<MetreRange>& field) {
    Json object = Json::object();
    for (const MetreRange& range : field) {
      object[std::to_string(range.denominator)] = range.numerators;
    }
    return object;
  }

  Json& json_;
};

}  // namespace

EventConfig::EventConfig()
    : use_note_duration_programs(all_programs()),
      control_change_numbers(named_controllers()),
      programs(all_programs()),
      chord_maps({{"min", {0, 3, 7}},
                  {"maj", {0, 4, 7}},
                  {"dim", {0, 3, 6}},
                  {"aug", {0, 4, 8}},
                  {"sus2", {0, 2, 7}},
                  {"sus4", {0, 5, 7}},
                  {"7dom", {0, 4, 7, 10}},
                  {"7min", {0, 3, 7, 10}},
                  {"7maj", {0, 4, 7, 11}},
                  {"7halfdim", {0, 3, 6, 10}},
                  {"7dim", {0, 3, 6, 9}},
                  {"7aug", {0, 4, 8, 11}},
                  {"9maj", {0, 4, 7, 10, 14}},
                  {"9min", {0, 4, 7, 10, 13}}}) {}

int EventConfig::positions_per_beat() const {
  return std::ranges::max_element(beat_res, {}, &BeatRange::resolution)->resolution;
}

std::optional<int> EventConfig::max_bar_embedding() const {
  const auto found = additional_params.find("max_bar_embedding");
  if (found == additional_params.end() || found->is_null()) return std::nullopt;
  constexpr double kMostBars = 100'000;
  return static_cast<int>(additional_number("max_bar_embedding", 1, kMostBars));
}

bool EventConfig::additional_flag(const char* name, bool fallback) const {
  const auto found = additional_params.find(name);
  return found != additional_params.end() && found->is_boolean() ? found->get<bool>() : fallback;
}

double EventConfig::additional_number(const char* name, double low, double high) const {
  const auto found = additional_params.find(name);
  const bool is_number = found != additional_params.end() && found->is_number();
  const double number = is_number ? found->get<double>() : low - 1;
  if (is_number && number >= low && number <= high) return number;
  throw Error(ErrorCode::kInvalidFile,
              "tokenizer: config.additional_params." + std::string(name) +
                  ": expected a number from " + std::to_string(low) + " to " +
                  std::to_string(high) + ", found " +
                  (found == additional_params.end() ? "none; add it" : "something else"));
}

Json to_json(const EventConfig& config) {
  Json json = Json::object();
  visit_fields(config, FieldWriter(json));
  json["additional_params"] = config.additional_params;
  return json;
}

EventConfig read_event_config(const Json& json, const std::string& name) {
  if (!json.is_object()) {
    throw Error(ErrorCode::kInvalidFile, name + ": config: expected an object");
  }
  EventConfig config;
  FieldReader reader(json, name);
  visit_fields(config, reader);
  const Json known = to_json(config);
  for (const auto& [key, value] : json.items()) {
    const bool is_version = key.ends_with("_version");
    if (!known.contains(key) && !is_version) config.additional_params[key] = value;
  }
  const auto additional = json.find("additional_params");
  if (additional != json.end() && additional->is_object()) {
    for (const auto& [key, value] : additional->items()) config.additional_params[key] = value;
  }
  config.programs = in_python_set_order(config.programs);
  config.use_note_duration_programs = in_python_set_order(config.use_note_duration_programs);
  config.control_change_numbers = in_python_set_order(config.control_change_numbers);
  settle(config, name);
  return config;
}

}  // namespace motet::tokens
