// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/request.h"

#include <charconv>
#include <cmath>
#include <type_traits>

#include "motet/base/error.h"
#include "motet/tasks/nearest.h"

namespace motet::tasks {
namespace {

constexpr size_t kSuggestions = 3;

[[noreturn]] void refuse(const std::string& where, const std::string& expected,
                         const std::string& found) {
  throw Error(ErrorCode::kInvalidArgument, where + ": expected " + expected + ", found " + found);
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

bool is_utf8(std::string_view text) {
  try {
    static_cast<void>(Json(text).dump());
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

/// 300 rather than 300.0; 0.5 stays 0.5.
Json plain_json(double number) {
  const bool is_whole = std::trunc(number) == number && std::abs(number) < 9.0e15;
  return is_whole ? Json(static_cast<int64_t>(number)) : Json(number);
}
std::string plain(double number) { return plain_json(number).dump(); }
std::string plain(int number) { return std::to_string(number); }

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

template <typename T>
T in_range(T value, const FieldInfo& info, const std::string& where, const std::string& found) {
  if (value >= static_cast<T>(info.low) && value <= static_cast<T>(info.high)) return value;
  const char* kind = std::is_integral_v<T> ? "a whole number from " : "a number from ";
  refuse(where, kind + plain(static_cast<T>(info.low)) + " to " + plain(static_cast<T>(info.high)),
         found);
}

// Each overload of `read` takes a field from a text (a flag, or a JSON string).

void read(std::optional<std::string>& field, const FieldInfo& info, std::string_view text,
          const std::string& where) {
  const bool is_style = std::string_view(info.name) == "style";
  if (is_style && !tokens::find_style(text)) {
    refuse(where, "a style such as " + joined_by_or(nearest_styles(text, kSuggestions)),
           quoted(text));
  }
  if (!is_style && static_cast<double>(text.size()) > info.high) {
    refuse(where, "at most " + plain(info.high) + " bytes", std::to_string(text.size()));
  }
  if (!is_utf8(text)) refuse(where, "a text in UTF-8", "other bytes");
  field = text;
}

void read(std::optional<Key>& field, const FieldInfo& /*info*/, std::string_view text,
          const std::string& where) {
  field = parse_key(text);
  if (field) return;
  refuse(where, "a key such as " + joined_by_or(nearest_keys(text, kSuggestions)), quoted(text));
}

void read(std::optional<tokens::Metre>& field, const FieldInfo& /*info*/, std::string_view text,
          const std::string& where) {
  int numerator = 0;
  int denominator = 0;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, numerator);
  const bool has_slash = first.ec == std::errc{} && first.ptr != end && *first.ptr == '/';
  const auto second = std::from_chars(has_slash ? first.ptr + 1 : end, end, denominator);
  const bool is_metre = has_slash && second.ec == std::errc{} && second.ptr == end;
  if (!is_metre || !tokens::find_metre(numerator, denominator)) {
    refuse(where, "a metre such as 4/4, 3/4 or 6/8, at most twelve quarters long", quoted(text));
  }
  field = tokens::Metre{numerator, denominator};
}

void read(std::optional<Mood>& field, const FieldInfo& /*info*/, std::string_view text,
          const std::string& where) {
  for (int i = 0; i < kMoods; ++i) {
    if (name_of(static_cast<Mood>(i)) == text) field = static_cast<Mood>(i);
  }
  if (!field || name_of(*field) != text) refuse(where, "calm, happy, sad or tense", quoted(text));
}

Instrument read_instrument(std::string_view text, const std::string& where) {
  if (const auto found = find_instrument(text)) return *found;
  refuse(where, "an instrument such as " + joined_by_or(nearest_instruments(text, kSuggestions)),
         quoted(text));
}

/// Appends "violin", "2 violins" or "2 x violin".
void append_instruments(std::vector<Instrument>& field, std::string_view text,
                        const std::string& where) {
  int times = 1;
  const char* end = text.data() + text.size();
  const auto number = std::from_chars(text.data(), end, times);
  std::string_view name = text;
  if (number.ec == std::errc{} && number.ptr != end) {
    name = trimmed(std::string_view(number.ptr, static_cast<size_t>(end - number.ptr)));
    if (name.starts_with("x ")) name = trimmed(name.substr(2));
  } else {
    times = 1;  // a lone number is a General MIDI program
  }
  const Instrument instrument = read_instrument(name, where);
  if (times < 1 || field.size() + static_cast<size_t>(times) > kMostInstruments) {
    refuse(where, "at most 32 instruments", quoted(text));
  }
  field.insert(field.end(), static_cast<size_t>(times), instrument);
}

void read(std::vector<Instrument>& field, const FieldInfo& /*info*/, std::string_view text,
          const std::string& where) {
  field.clear();
  while (!text.empty()) {
    const size_t comma = std::min(text.find_first_of(",+;"), text.size());
    append_instruments(field, trimmed(text.substr(0, comma)), where);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  if (field.empty()) refuse(where, "one instrument at least", "none");
}

template <typename Number>
requires std::is_arithmetic_v<Number>
void read(std::optional<Number>& field, const FieldInfo& info, std::string_view text,
          const std::string& where) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  const bool is_number = result.ec == std::errc{} && result.ptr == end;
  if constexpr (std::is_same_v<Number, uint64_t>) {
    if (!is_number)
      refuse(where, "a whole number from 0 to 18446744073709551615", std::string(text));
    field = value;
  } else {
    if (!is_number || !std::isfinite(static_cast<double>(value))) {
      value = static_cast<Number>(info.low) - 1;  // no number is out of range too
    }
    field = in_range(value, info, where, std::string(text));
  }
}

// Each overload of `read_json` takes a field from JSON.

template <typename Field>
void read_json(Field& field, const FieldInfo& info, const Json& json, const std::string& where) {
  if (!json.is_string()) refuse(where, "a text", json.dump());
  read(field, info, json.get_ref<const std::string&>(), where);
}

template <typename Number>
requires std::is_arithmetic_v<Number>
void read_json(std::optional<Number>& field, const FieldInfo& info, const Json& json,
               const std::string& where) {
  // The text of a JSON number is read as a flag's is: one range check, one message. A whole number
  // may be written with a point (16.0), as some languages do.
  if (!json.is_number()) return read(field, info, json.dump(), where);
  const double value = json.get<double>();
  const bool is_whole =
      json.is_number_float() && std::trunc(value) == value && std::abs(value) < 9.0e15;
  const bool to_whole = std::is_integral_v<Number> && is_whole;
  read(field, info, to_whole ? std::to_string(static_cast<int64_t>(value)) : json.dump(), where);
}

void read_json(std::vector<Instrument>& field, const FieldInfo& info, const Json& json,
               const std::string& where) {
  if (json.is_string()) return read(field, info, json.get_ref<const std::string&>(), where);
  if (!json.is_array() || json.empty()) refuse(where, "a list of instruments", json.dump());
  field.clear();
  for (const Json& entry : json) {
    if (!entry.is_string()) refuse(where, "an instrument's name", entry.dump());
    append_instruments(field, entry.get_ref<const std::string&>(), where);
  }
}

// Each overload of `written` gives a field as JSON.

template <typename T>
Json written(const T& value) {
  return value;
}
Json written(double number) { return plain_json(number); }
Json written(Key key) { return name_of(key); }
Json written(Mood mood) { return name_of(mood); }
Json written(tokens::Metre metre) {
  return std::to_string(metre.numerator) + "/" + std::to_string(metre.denominator);
}

template <typename T>
void write(Json& json, const char* name, const std::optional<T>& field) {
  if (field) json[name] = written(*field);
}
void write(Json& json, const char* name, const std::vector<Instrument>& field) {
  for (const Instrument instrument : field) json[name].push_back(name_of(instrument));
}

template <typename T>
bool is_absent(const std::optional<T>& field) {
  return !field.has_value();
}
bool is_absent(const std::vector<Instrument>& field) { return field.empty(); }

[[noreturn]] void refuse_unknown(std::string_view field, const std::string& name) {
  std::vector<std::string> names;
  Request any;
  each_field(any, [&](const FieldInfo& info, auto&) { names.emplace_back(info.name); });
  refuse(name, "a field such as " + joined_by_or(nearest(field, names, kSuggestions)),
         quoted(field));
}

/// Calls read_or_set(info, field) for the field of that name; throws when there is none.
template <typename Visit>
void with_field(Request& request, std::string_view field, const std::string& name, Visit&& visit) {
  bool found = false;
  each_field(request, [&](const FieldInfo& info, auto& value) {
    if (field != info.name) return;
    found = true;
    visit(info, value);
  });
  if (!found) refuse_unknown(field, name);
}

}  // namespace

std::vector<std::string> style_names() { return tokens::styles(); }

std::vector<std::string> nearest_styles(std::string_view text, size_t count) {
  return nearest(text, style_names(), count);
}

Json to_json(const Request& request) {
  Json json = Json::object();
  each_field(request,
             [&](const FieldInfo& info, const auto& field) { write(json, info.name, field); });
  return json;
}

Request request_from(const Json& json, const std::string& name) {
  if (!json.is_object()) refuse(name, "an object with the fields of a request", json.dump());
  Request request;
  for (const auto& [field, value] : json.items()) {
    if (value.is_null()) continue;
    with_field(request, field, name, [&, &from = value](const FieldInfo& info, auto& into) {
      read_json(into, info, from, name + ": " + info.name);
    });
  }
  return request;
}

void set_field(Request& request, std::string_view field, std::string_view text,
               const std::string& name) {
  with_field(request, field, name,
             [&](const FieldInfo& info, auto& into) { read(into, info, trimmed(text), name); });
}

Request merged(const Request& base, const Request& over) {
  Request result = over;
  each_field(base, [&](const FieldInfo& info, const auto& from) {
    each_field(result, [&](const FieldInfo& other, auto& into) {
      if constexpr (std::is_same_v<std::remove_cvref_t<decltype(from)>,
                                   std::remove_cvref_t<decltype(into)>>) {
        if (std::string_view(info.name) == other.name && is_absent(into)) into = from;
      }
    });
  });
  return result;
}

}  // namespace motet::tasks
