// SPDX-License-Identifier: Apache-2.0
#include "motet/score/kern_layout.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "motet/base/error.h"
#include "motet/score/kern_signs.h"
#include "motet/score/kern_spines.h"
#include "motet/score/kern_token.h"
#include "motet/score/kern_values.h"

namespace motet::kern {
namespace {

constexpr int64_t kMostUnits = int64_t{1} << 44;
constexpr size_t kMostStaves = 4;

/// What the interpretations say of a track before its first note.
struct Claims {
  std::string part;
  int staff = 0;
  std::string instrument;
};

TrackKind track_kind_of(std::string_view name) {
  if (name == "**kern") return TrackKind::kKern;
  if (name == "**text" || name == "**silbe") return TrackKind::kText;
  if (name == "**dynam") return TrackKind::kDynamics;
  if (name == "**harm" || name == "**cdata") return TrackKind::kHarmony;
  if (name == "**mxhm") return TrackKind::kMusicXmlHarmony;
  return name == "**recip" ? TrackKind::kRecip : TrackKind::kOther;
}

int number_in(std::string_view digits) {
  int number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

class Scan {
 public:
  Layout run(std::string_view text) {
    Spines spines(text);
    while (spines.next()) {
      claims_.resize(spines.tracks().size());
      if (spines.kind() == LineKind::kGlobal) {
        look_at_record(spines.fields()[0]);  // its only field
        continue;
      }
      for (size_t i = 0; i < spines.columns().size(); ++i) look(spines, i);
    }
    for (const Track& track : spines.tracks()) layout_.roles.push_back({track_kind_of(track.kind)});
    if (kern_tracks().empty()) {
      throw Error(ErrorCode::kInvalidFile,
                  "kern: expected a **kern spine, found " +
                      (layout_.roles.empty() ? std::string("none") : spines.tracks()[0].kind));
    }
    group();
    attach();
    return std::move(layout_);
  }

 private:
  void look_at_record(std::string_view record) {
    if (!record.starts_with(kResolutionRecord)) return;
    record.remove_prefix(kResolutionRecord.size());
    while (record.starts_with(' ')) record.remove_prefix(1);
    layout_.resolution = number_in(record.substr(0, 6));
  }

  void look(const Spines& spines, size_t i) {
    const size_t track = spines.columns()[i].track;
    const std::string_view field = spines.fields()[i];
    if (spines.kind() == LineKind::kInterpretation) {
      claim(claims_[track], field);
    } else if (spines.kind() == LineKind::kData && field != ".") {
      const TrackKind kind = track_kind_of(spines.tracks()[track].kind);
      if (kind == TrackKind::kKern || kind == TrackKind::kRecip) measure(spines.line(), i, field);
    }
  }

  static void claim(Claims& claims, std::string_view field) {
    if (field.starts_with("*part") && claims.part.empty()) claims.part = field.substr(5);
    if (field.starts_with("*staff") && claims.staff == 0) claims.staff = number_in(field.substr(6));
    const bool is_code = field.starts_with("*I") && read_instrument(field);
    if (is_code && claims.instrument.empty()) claims.instrument = field;
  }

  /// As the reader of notes has it: digits can mean other things, too (a tremolo's).
  static std::optional<Recip> length_of(std::string_view field) {
    try {
      const Token token = read_token(field);
      return token.is_grace ? std::nullopt : token.recip;
    } catch (const Error&) {
      return std::nullopt;  // refused with its place when the note is read
    }
  }

  void measure(size_t line, size_t i, std::string_view field) {
    const std::optional<Recip> recip = length_of(field);
    if (!recip) return;
    const int64_t den = recip->length.den;
    const int64_t factor = den / std::gcd(den, layout_.units);
    if (layout_.units > kMostUnits / factor) {
      throw Error(ErrorCode::kInvalidFile,
                  "kern: line " + std::to_string(line) + ": field " + std::to_string(i + 1) +
                      ": expected durations with a common measure, found 1/" + std::to_string(den));
    }
    layout_.units *= factor;
  }

  std::vector<size_t> kern_tracks() const {
    std::vector<size_t> tracks;
    for (size_t t = 0; t < layout_.roles.size(); ++t) {
      if (layout_.roles[t].kind == TrackKind::kKern) tracks.push_back(t);
    }
    return tracks;
  }

  bool are_two_hands(size_t left, size_t right) const {
    const Claims& a = claims_[left];
    const Claims& b = claims_[right];
    if (!a.part.empty() || !b.part.empty() || a.instrument.empty()) return false;
    const auto code = read_instrument(a.instrument);
    return a.instrument == b.instrument && code && is_keyboard(code->instrument);
  }

  /// Gathers the kern tracks into parts, from the right.
  void group() {
    std::vector<size_t> left = kern_tracks();
    while (!left.empty()) {
      const size_t last = left.back();
      std::vector<size_t> members;
      for (const size_t track : left) {
        if (track == last ||
            (!claims_[last].part.empty() && claims_[track].part == claims_[last].part)) {
          members.push_back(track);
        }
      }
      if (members.size() > kMostStaves) members = {last};
      if (members.size() == 1 && left.size() > 1 && are_two_hands(left[left.size() - 2], last)) {
        members.insert(members.begin(), left[left.size() - 2]);
      }
      add_part(members);
      std::erase_if(left, [&](size_t track) { return std::ranges::count(members, track) > 0; });
    }
  }

  /// Staves go by `*staff` where every one has its own, else from the right.
  void add_part(std::vector<size_t> members) {
    std::ranges::reverse(members);
    std::vector<int> numbers;
    for (const size_t track : members) numbers.push_back(claims_[track].staff);
    std::ranges::sort(numbers);
    const bool is_clear = numbers[0] > 0 && std::ranges::adjacent_find(numbers) == numbers.end();
    if (is_clear) {
      std::ranges::sort(members, {}, [&](size_t track) { return claims_[track].staff; });
    }
    for (size_t staff = 0; staff < members.size(); ++staff) {
      Role& role = layout_.roles[members[staff]];
      role.part = layout_.staves.size();
      role.staff = static_cast<uint8_t>(staff);
      role.kern = members[staff];
    }
    layout_.staves.push_back(static_cast<uint8_t>(members.size()));
  }

  /// Words and dynamics belong to the kern spine at their left.
  void attach() {
    size_t kern = kern_tracks().front();
    constexpr uint8_t kMostVerses = 255;
    uint8_t verse = 0;
    for (size_t t = 0; t < layout_.roles.size(); ++t) {
      Role& role = layout_.roles[t];
      if (role.kind == TrackKind::kKern) {
        kern = t;
        verse = 0;
        continue;
      }
      const Role& owner = layout_.roles[kern];
      role.part = owner.part;
      role.staff = owner.staff;
      role.kern = kern;
      if (role.kind == TrackKind::kText && verse < kMostVerses) ++verse;
      role.verse = std::max<uint8_t>(verse, 1);
    }
  }

  Layout layout_;
  std::vector<Claims> claims_;
};

}  // namespace

void Complaints::add(size_t line, const std::string& what) {
  constexpr size_t kMostKinds = 200;
  const std::string kind =
      by_name_.contains(what) || kinds_.size() < kMostKinds ? what : "other things";
  const auto [place, is_new] = by_name_.try_emplace(kind, kinds_.size());
  if (is_new) kinds_.push_back({kind, line, 0});
  ++kinds_[place->second].count;
}

std::vector<std::string> Complaints::sentences() const {
  std::vector<std::string> result;
  for (const Kind& kind : kinds_) {
    result.push_back(
        "kern: line " + std::to_string(kind.first_line) + ": " + kind.what +
        (kind.count == 1 ? std::string() : ", " + std::to_string(kind.count) + " times"));
  }
  return result;
}

Layout layout_of(std::string_view text) { return Scan().run(text); }

int resolution_of(int64_t units) {
  constexpr int64_t kUsual = 480;
  constexpr int64_t kFinestScore = 32'767;
  constexpr int kRounding = 30'240;  // 2^5 3^3 5 7
  const int64_t needed = units / std::gcd(units, int64_t{4});
  if (needed > kFinestScore) return kRounding;
  const int64_t roomy = std::lcm(kUsual, needed);
  return static_cast<int>(roomy <= kFinestScore ? roomy : needed);
}

}  // namespace motet::kern
