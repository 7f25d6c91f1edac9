// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "motet/base/json.h"
#include "motet/score/instruments.h"
#include "motet/theory/features.h"
#include "motet/theory/key.h"
#include "motet/tokens/vocabulary.h"

namespace motet::tasks {

/// What is wished of a piece. A field that is absent is left to resolve() or to the model.
///
/// The same request, as JSON, is the contract of program, server, studio, agent and provenance
/// record. Ranges are those of each_field below.
struct Request {
  std::optional<std::string> title;
  std::optional<std::string> style;  ///< one of style_names()
  std::optional<Key> key;
  std::optional<tokens::Metre> metre;
  std::optional<double> tempo;  ///< quarters a minute
  std::optional<int> bars;
  std::vector<Instrument> instruments;  ///< one a part, in the order of the score
  std::optional<int> density;           ///< 0 very sparse .. 7 very dense
  std::optional<Mood> mood;
  std::optional<uint64_t> seed;
  std::optional<double> temperature;  ///< 0 takes the likeliest token always
  std::optional<int> top_k;           ///< 0 switches it off
  std::optional<double> top_p;        ///< 1 switches it off
  std::optional<double> min_p;        ///< 0 switches it off
  // What only models of other makers can be asked for; see public_request.h.
  std::optional<std::string> prompt;  ///< a text that the model reads
  std::optional<double> seconds;      ///< at most
  std::optional<int> tokens;          ///< to draw, at most
  bool operator==(const Request&) const = default;
};

inline constexpr size_t kMostInstruments = 32;

/// A field's name in JSON and flags, its help, and the range of a number; of a text, the most
/// bytes.
struct FieldInfo {
  const char* name;
  const char* help;
  double low = 0.0;
  double high = 0.0;
};

/// Calls visit(info, field) for every field: JSON, flags, --help and merging go through here.
template <typename AnyRequest, typename Visit>
void each_field(AnyRequest& request, Visit&& visit) {
  visit(FieldInfo{"title", "a title", 0, 200}, request.title);
  visit(FieldInfo{"style", "a kind of music, such as waltz, hymn or string-quartet"},
        request.style);
  visit(FieldInfo{"key", "such as \"A minor\" or Bb"}, request.key);
  visit(FieldInfo{"metre", "such as 3/4"}, request.metre);
  visit(FieldInfo{"tempo", "quarters a minute", 20, 300}, request.tempo);
  visit(FieldInfo{"bars", "how many bars", 1, 1024}, request.bars);
  visit(FieldInfo{"instruments", "such as \"piano, 2 violins\""}, request.instruments);
  visit(FieldInfo{"density", "0 (very sparse) to 7 (very dense)", 0, 7}, request.density);
  visit(FieldInfo{"mood", "calm, happy, sad or tense"}, request.mood);
  visit(FieldInfo{"seed", "the same request and seed give the same piece"}, request.seed);
  visit(FieldInfo{"temperature", "how daring: 0 takes the likeliest always", 0, 5},
        request.temperature);
  visit(FieldInfo{"top_k", "choose among the k likeliest; 0 is off", 0, 100'000}, request.top_k);
  visit(FieldInfo{"top_p", "choose among the likeliest that share p; 1 is off", 0, 1},
        request.top_p);
  visit(FieldInfo{"min_p", "leave out what is below p times the likeliest; 0 is off", 0, 1},
        request.min_p);
  visit(FieldInfo{"prompt", "a text for public models that read one", 0, 8000}, request.prompt);
  visit(FieldInfo{"seconds", "the length at most, for public models", 1, 3600}, request.seconds);
  visit(FieldInfo{"tokens", "how many to draw at most, for public models", 1, 1'000'000},
        request.tokens);
}

/// The styles that the vocabulary knows, and up to `count` of them nearest to a misspelt one.
std::vector<std::string> style_names();
std::vector<std::string> nearest_styles(std::string_view text, size_t count);

/// The fields that are present, in the order of each_field.
Json to_json(const Request& request);

/// Reads what to_json writes; null is absent.
///
/// name    how messages call the text, usually the path
/// throws  Error(kInvalidArgument) "<name>: bars: expected a whole number from 1 to 1024, found
/// -3";
///         an unknown field, key, style or instrument comes with the nearest known ones
Request request_from(const Json& json, const std::string& name);

/// Sets one field from a text, as a flag has it. Throws as request_from does.
void set_field(Request& request, std::string_view field, std::string_view text,
               const std::string& name);

/// What `over` says, and where it is silent, what `base` says.
Request merged(const Request& base, const Request& over);

/// Fills what composing with a bundle of Motet must know: bars, metre, tempo, instruments, title,
/// seed and the sampling settings, by style and mood; a key by mood and seed. Style, mood and
/// density stay absent: the model chooses them. resolve(resolve(x)) is resolve(x).
Request resolve(const Request& request);

}  // namespace motet::tasks
