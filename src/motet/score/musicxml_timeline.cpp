// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml_timeline.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>

#include "motet/base/error.h"
#include "motet/score/metre_line.h"
#include "motet/score/musicxml_tree.h"

namespace motet::musicxml {
namespace {

constexpr double kWholeQuarters = 4;
constexpr double kMostQuarters = kMostBeats * kWholeQuarters;
constexpr int64_t kMostTicks = 32767;
/// Where no resolution holds every place: 2^5 3^3 5 7, so that most tuplets still fall on a tick.
constexpr int kManyTicks = 30240;

std::optional<double> value_length(pugi::xml_node note) {
  const auto value = value_of_type(note.child_value("type"));
  if (!value) return std::nullopt;
  double length = kWholeQuarters * std::pow(2.0, -*value);
  double dot = length / 2;
  for (pugi::xml_node node = note.child("dot"); node; node = node.next_sibling("dot")) {
    length += dot;
    dot /= 2;
  }
  const pugi::xml_node tuplet = note.child("time-modification");
  const auto actual = integer_of(tuplet.child("actual-notes"));
  const auto normal = integer_of(tuplet.child("normal-notes"));
  if (actual && normal && *actual > 0 && *normal > 0) length *= double(*normal) / *actual;
  return length;
}

/// The finest parts of a quarter that the file needs.
class Resolution {
 public:
  void add_divisions(double divisions) {
    const bool is_usable = divisions == std::floor(divisions) && divisions <= kMostTicks;
    divisions_.insert(is_usable ? static_cast<int64_t>(divisions) : kMostTicks + 1);
  }

  void add_length(double duration, double divisions) {
    constexpr double kMostExact = 9e15;
    if (duration != std::floor(duration) || divisions != std::floor(divisions) ||
        duration > kMostExact || divisions > kMostExact) {
      is_uneven_ = true;
      return;
    }
    const auto whole = static_cast<int64_t>(divisions);
    denominators_.insert(whole / std::gcd(static_cast<int64_t>(duration), whole));
  }

  void add_beat(int beat_type) { beats_.insert(beat_type); }

  int ticks_per_quarter() const {
    auto ticks = common(divisions_);
    if (!ticks && !is_uneven_) ticks = common(denominators_);
    if (!ticks) return kManyTicks;
    for (const int beat : beats_) {
      const int64_t times = beat / std::gcd(4 * *ticks, int64_t{beat});
      if (*ticks * times <= kMostTicks) *ticks *= times;
    }
    return static_cast<int>(*ticks);
  }

 private:
  static std::optional<int64_t> common(const std::set<int64_t>& numbers) {
    int64_t multiple = 1;
    for (const int64_t number : numbers) {
      if (number <= 0 || number > kMostTicks) return std::nullopt;
      multiple = std::lcm(multiple, number);
      if (multiple > kMostTicks) return std::nullopt;
    }
    return multiple;
  }

  std::set<int64_t> divisions_;
  std::set<int64_t> denominators_;
  bool is_uneven_ = false;  ///< a length is no whole number of divisions
  std::set<int> beats_;
};

/// "3+2" is 5, as several signs in one are their sum.
std::optional<int> sum_of(std::string_view text) {
  int sum = 0;
  while (true) {
    const size_t plus = text.find('+');
    const auto number = integer_of(text.substr(0, plus));
    if (!number || *number < 1 || *number > kMostBeats) return std::nullopt;
    sum += *number;
    if (plus == std::string_view::npos) return sum;
    text.remove_prefix(plus + 1);
  }
}

bool is_beat(int denominator) {
  return denominator >= 1 && denominator <= kFinestBeat && (denominator & (denominator - 1)) == 0;
}

/// How far the parts reach in a measure, in quarters; those that are empty do not count.
struct Extent {
  double longest = 0;
  bool is_same_in_all = true;
  bool is_implicit = false;

  void add(double length) {
    constexpr double kTolerance = 1e-6;
    if (length <= 0) return;
    if (longest > 0 && std::abs(length - longest) > kTolerance) is_same_in_all = false;
    longest = std::max(longest, length);
  }
};

/// Of a partwise measure, or of the measure around a timewise part.
bool says_implicit(pugi::xml_node measure) {
  return std::string_view(measure.attribute("implicit").value()) == "yes" ||
         std::string_view(measure.parent().attribute("implicit").value()) == "yes";
}

/// What is read of all measures before their places are known.
class Survey {
 public:
  Survey(const std::vector<PartNodes>& parts, Remarks& remarks) : parts_(parts), remarks_(remarks) {
    for (const PartNodes& part : parts) count_ = std::max(count_, part.measures.size());
    extents_.resize(count_);
    signs_.resize(count_);
    for (const PartNodes& part : parts) walk(part);
  }

  Timeline timeline() const {
    Timeline line;
    line.ticks_per_quarter = resolution_.ticks_per_quarter();
    MetreLine metres(line.ticks_per_quarter);
    const auto append = [&](const std::vector<MetreChange>& changes) {
      line.metres.insert(line.metres.end(), changes.begin(), changes.end());
    };
    Ticks at;
    for (size_t i = 0; i < count_; ++i) {
      line.begins.push_back(at);
      Ticks length = line.ticks(extents_[i].longest);
      const Ticks bar = metres.bar_of(signs_[i].value_or(metres.nominal()));
      const bool is_short_in_all = extents_[i].is_implicit || extents_[i].is_same_in_all;
      const bool is_rounded = std::abs((length - bar).value) <= line.rounding().value;
      if (length.value <= 0 || is_rounded || (length < bar && !is_short_in_all)) length = bar;
      if (length > metres.longest()) refuse(i);
      append(metres.place(at, length, signs_[i]));
      at += length;
    }
    line.begins.push_back(at);
    append(metres.finish(at));
    return line;
  }

 private:
  void walk(const PartNodes& part) {
    Clock clock;
    for (size_t i = 0; i < part.measures.size(); ++i) {
      clock.restart();
      for (const pugi::xml_node child : part.measures[i].children()) {
        const std::string_view name = child.name();
        if (name == "attributes") {
          for (const pugi::xml_node time : child.children("time")) {
            read_metre(time, part, clock.at() > 0 ? i + 1 : i);
          }
        }
        clock.pass(child);
        resolution_.add_divisions(clock.divisions());
        if (const auto duration = number_of(child.child("duration"))) {
          resolution_.add_length(*duration, clock.divisions());
        }
      }
      extents_[i].add(clock.furthest());
      if (says_implicit(part.measures[i])) extents_[i].is_implicit = true;
    }
  }

  void read_metre(pugi::xml_node time, const PartNodes& part, size_t measure) {
    const std::string place = place_of(part, std::min(measure, count_ - 1));
    if (measure >= count_) return remarks_.add("a metre after the last note was left out", place);
    if (time.child("senza-misura")) {
      return remarks_.add("\"without metre\" was left out; the bars have the length of their notes",
                          place);
    }
    const auto metre = parse_metre(time, place);
    if (!metre) return remarks_.add("a time signature that is none was left out", place);
    if (!signs_[measure]) {
      signs_[measure] = metre;
      resolution_.add_beat(metre->denominator);
    } else if (signs_[measure]->numerator != metre->numerator ||
               signs_[measure]->denominator != metre->denominator) {
      remarks_.add("a second metre at the same time was left out", place);
    }
  }

  std::optional<MetreSign> parse_metre(pugi::xml_node time, const std::string& place) {
    MetreSign metre{0, 1, std::string_view(time.attribute("print-object").value()) == "no"};
    int signs = 0;
    for (pugi::xml_node beats = time.child("beats"); beats; beats = beats.next_sibling("beats")) {
      const auto count = sum_of(beats.child_value());
      const auto type = integer_of(beats.next_sibling("beat-type"));
      if (!count || !type || !is_beat(*type)) return std::nullopt;
      const int common = std::max(metre.denominator, *type);
      metre.numerator = metre.numerator * (common / metre.denominator) + *count * (common / *type);
      metre.denominator = common;
      if (metre.numerator > kMostBeats) return std::nullopt;
      if (std::string_view(beats.child_value()).find('+') != std::string_view::npos) ++signs;
      ++signs;
    }
    if (signs == 0) return std::nullopt;
    if (signs > 1) remarks_.add("a metre made of several became their sum", place);
    if (time.attribute("symbol"))
      remarks_.add("a sign for common or cut time became figures", place);
    if (time.child("interchangeable")) remarks_.add("the other of two metres was left out", place);
    return metre;
  }

  [[noreturn]] void refuse(size_t i) const {
    throw Error(ErrorCode::kInvalidFile, "MusicXML: " + place_of(parts_.front(), i) +
                                             ": expected at most 255 whole notes, found more");
  }

  const std::vector<PartNodes>& parts_;
  Remarks& remarks_;
  size_t count_ = 0;
  std::vector<Extent> extents_;
  std::vector<std::optional<MetreSign>> signs_;
  Resolution resolution_;
};

}  // namespace

std::string place_of(const PartNodes& part, size_t measure) {
  std::string number;
  if (measure < part.measures.size()) {
    const pugi::xml_node node = part.measures[measure];
    number = node.attribute("number").value();
    if (number.empty()) number = node.parent().attribute("number").value();
  }
  if (number.empty()) number = std::to_string(measure + 1);
  return "measure " + number + " of part " + part.id;
}

bool Clock::has_sound_duration(pugi::xml_node element) const {
  const auto duration = number_of(element.child("duration"));
  return duration && *duration > 0 && *duration / divisions_ <= kMostQuarters;
}

double Clock::length_of(pugi::xml_node note) const {
  if (note.child("grace")) return 0;
  if (has_sound_duration(note)) return *number_of(note.child("duration")) / divisions_;
  return value_length(note).value_or(0);
}

void Clock::pass(pugi::xml_node child) {
  const std::string_view name = child.name();
  if (name == "attributes") {
    const auto divisions = number_of(child.child("divisions"));
    if (divisions && *divisions > 0) divisions_ = *divisions;
  } else if (name == "note") {
    if (child.child("chord")) {
      furthest_ = std::max(furthest_, last_ + length_of(child));
      return;
    }
    last_ = at_;
    at_ += length_of(child);
  } else if ((name == "backup" || name == "forward") && has_sound_duration(child)) {
    const double length = *number_of(child.child("duration")) / divisions_;
    at_ = name == "forward" ? at_ + length : std::max(0.0, at_ - length);
    last_ = at_;
  }
  furthest_ = std::max(furthest_, at_);
}

std::optional<int> value_of_type(std::string_view type) {
  constexpr std::string_view kTypes[] = {"maxima",  "long",   "breve", "whole", "half",
                                         "quarter", "eighth", "16th",  "32nd",  "64th",
                                         "128th",   "256th",  "512th", "1024th"};
  constexpr int kFirst = -3;
  const auto* const found = std::ranges::find(kTypes, type);
  if (found == std::ranges::end(kTypes)) return std::nullopt;
  return static_cast<int>(found - std::ranges::begin(kTypes)) + kFirst;
}

Ticks Timeline::ticks(double quarters) const {
  return {std::llround(quarters * ticks_per_quarter)};
}

Timeline make_timeline(const std::vector<PartNodes>& parts, Remarks& remarks) {
  return Survey(parts, remarks).timeline();
}

}  // namespace motet::musicxml
