// SPDX-License-Identifier: Apache-2.0
#include "motet/score/kern_page.h"

#include <algorithm>
#include <array>
#include <map>

namespace motet::kern {
namespace {

/// Interpretations that say how the page looks, or what is said elsewhere too.
constexpr std::array<std::string_view, 34> kLookFields = {
    "*xywh",    "*above", "*below",  "*Xabove", "*Xbelow",  "*tuplet",  "*Xtuplet",
    "*bracket", "*Xbrac", "*color",  "*head",   "*Xhead",   "*stria",   "*group",
    "*IC",      "*IG",    "*Iempty", "*I#",     "*part",    "*staff",   "*met",
    "*null",    "*ITr",   "*Tr",     "*stem",   "*Xstem",   "*beam",    "*Xbeam",
    "*lang",    "*verse", "*v:",     "*tb",     "*kcancel", "*Xkcancel"};

bool is_of_the_looks(std::string_view field) {
  if (field == "*") return true;
  // "*2\right" and "*all\right": on which side a tuplet's number stands.
  if (field.find('\\') != std::string_view::npos) return true;
  return std::ranges::any_of(kLookFields,
                             [&](std::string_view look) { return field.starts_with(look); });
}

/// "*custos:cc" is an interpretation of the kind "*custos".
std::string sort_of(std::string_view field) {
  constexpr size_t kMost = 24;
  std::string kind;
  for (const char c : field.substr(0, std::min(field.find_first_of(":\"'[(0123456789"), kMost))) {
    kind += c > ' ' && c < 0x7F ? c : '?';
  }
  return "an interpretation that the score has no place for, \"" + kind + "\"";
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// The t= of "!LO:TX:a:t=dolce"; empty where it is a remark on a problem of the source.
std::string words_of(std::string_view comment) {
  std::string words;
  for (std::string_view rest = comment; !rest.empty();) {
    const size_t end = std::min(rest.find(':'), rest.size());
    const std::string_view item = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (item.starts_with("problem")) return {};
    if (item.starts_with("t=")) words = item.substr(2);
  }
  std::string line;
  for (size_t i = 0; i < words.size(); ++i) {
    const bool is_break = words[i] == '\\' && i + 1 < words.size() && words[i + 1] == 'n';
    line += is_break ? ' ' : words[i];
    if (is_break) ++i;
  }
  return without_entities(trimmed(line));
}

/// The first event at `at` of a list that has nothing later yet.
template <typename Event>
auto first_at(std::vector<Event>& events, Ticks at) {
  return std::find_if(events.rbegin(), events.rend(),
                      [at](const Event& event) { return event.at < at; })
      .base();
}

}  // namespace

Page::Page(Score& score, const Layout& layout, Clock clock, Voices& voices, Complaints& complaints)
    : score_(score),
      layout_(layout),
      clock_(clock),
      voices_(voices),
      complaints_(complaints),
      is_moved_(layout.roles.size()),
      has_instrument_(layout.staves.size()),
      has_shift_(layout.staves.size()) {
  for (const Role& role : layout.roles) kern_count_ += role.kind == TrackKind::kKern ? 1 : 0;
}

void Page::add_record(size_t line, std::string_view record) {
  const size_t colon = record.find(':');
  if (!record.starts_with("!!!") || record.starts_with("!!!!") || colon == std::string_view::npos) {
    return;
  }
  std::string_view name = record.substr(3, colon - 3);
  const std::string text = with_entities(without_entities(trimmed(record.substr(colon + 1))), "");
  if (text.empty() || record.starts_with(kResolutionRecord)) return;
  if (name == "OMD") return waiting_.push_back({line, 0, std::string(record)});
  name = name.substr(0, name.find('@'));
  struct Field {
    std::string_view name;
    std::string Score::*place;
  };
  constexpr std::array<Field, 3> kFields = {
      {{"OTL", &Score::title}, {"COM", &Score::composer}, {"LYR", &Score::lyricist}}};
  const std::string plain = without_entities(text);
  const auto field = std::ranges::find(kFields, name, &Field::name);
  if (field != kFields.end() && (score_.*field->place).empty()) {
    score_.*field->place = plain;
  } else if (name == "YEC" || name == "YEM" || name == "YER") {
    score_.rights += (score_.rights.empty() ? "" : "; ") + plain;
  } else if (!name.starts_with("RDF")) {
    complaints_.add(line, "a reference record that the score has no place for");
  }
}

void Page::add_comment(size_t line, size_t track, std::string_view comment) {
  if (comment.starts_with("!LO:TX:")) waiting_.push_back({line, track, std::string(comment)});
}

void Page::add_interpretation(size_t line, size_t track, std::string_view field) {
  if (field == "*" || field.starts_with("**")) return;
  const Waiting waiting{line, track, std::string(field)};
  claim_at_once(waiting);
  waiting_.push_back(waiting);
}

void Page::add_barline(std::string_view field) { waiting_.push_back({0, 0, std::string(field)}); }

/// Names and transpositions hold for the whole part, wherever they stand.
void Page::claim_at_once(const Waiting& waiting) {
  if (layout_.roles[waiting.track].kind != TrackKind::kKern) return;
  Part& part = part_of(waiting.track);
  const std::string_view field = waiting.field;
  const auto name = [&](std::string& place, const char* what) {
    const std::string text = with_entities(without_entities(trimmed(field.substr(3))), "");
    const std::string plain = without_entities(text);
    if (place.empty()) place = plain;
    if (!plain.empty() && place != plain) complaints_.add(waiting.line, what);
  };
  if (field.starts_with("*I\"")) name(part.name, "a second name of a part, which was left out");
  if (field.starts_with("*I'"))
    name(part.short_name, "a second short name of a part, which was left out");
  if (const auto shift = read_shift(field)) claim_shift(waiting, *shift);
}

void Page::claim_shift(const Waiting& waiting, const Shift& shift) {
  const size_t index = layout_.roles[waiting.track].part;
  Part& part = score_.parts[index];
  const Transposition found{static_cast<int8_t>(-shift.chromatic),
                            static_cast<int8_t>(-shift.diatonic)};
  if (!has_shift_[index]) part.transposition = found;
  if (part.transposition != found) {
    complaints_.add(waiting.line, "a second transposition of a part, which keeps the first");
  }
  has_shift_[index] = true;
  is_moved_[waiting.track] = shift.was_moved && shift.chromatic != 0;
  if (shift.was_moved) {
    const int fifths = 7 * shift.chromatic - 12 * shift.diatonic;
    voices_.set_shift(waiting.track, {-shift.chromatic, -fifths});
  }
}

void Page::settle(Units at) {
  if (waiting_.empty()) return;
  const Ticks ticks = clock_.ticks(at);
  const std::vector<Waiting> waiting = std::move(waiting_);
  waiting_.clear();
  for (const Waiting& each : waiting) apply(each, ticks);
  elect_metre(ticks);
  elect_key(ticks);
}

void Page::apply(const Waiting& waiting, Ticks at) {
  const std::string_view field = waiting.field;
  if (field.starts_with('=')) return road_.add_barline(at, read_barline(field));
  if (field.starts_with('!')) return apply_words(waiting, at);
  if (field.starts_with("*>")) return apply_label(waiting, at);
  if (apply_sign(waiting, at) || apply_range(waiting, at)) return;
  const bool is_name = field.starts_with("*I\"") || field.starts_with("*I'");
  const bool is_move =
      field == "*^" || field == "*v" || field == "*x" || field == "*-" || field == "*+";
  if (!is_name && !is_move && !is_of_the_looks(field))
    complaints_.add(waiting.line, sort_of(field));
}

void Page::apply_words(const Waiting& waiting, Ticks at) {
  const std::string_view field = waiting.field;
  const bool is_heading = field.starts_with("!!!");
  const std::string words =
      is_heading ? without_entities(trimmed(field.substr(field.find(':') + 1))) : words_of(field);
  if (words.empty()) return;
  if (is_heading) {
    score_.parts[0].directions.push_back({at, DirectionKind::kWords, words, 0});
  } else {
    add_direction(waiting.track, at, DirectionKind::kWords, words);
  }
}

void Page::apply_label(const Waiting& waiting, Ticks at) {
  const std::string_view rest = std::string_view(waiting.field).substr(2);
  if (rest.starts_with('[')) return road_.add_expansion(waiting.line, rest);
  if (rest.find('[') == std::string_view::npos) road_.add_label(at, rest);
}

/// Signs with a meaning of their own: metre, key, tempo, clef, instrument.
bool Page::apply_sign(const Waiting& waiting, Ticks at) {
  const std::string_view field = waiting.field;
  const bool is_kern = layout_.roles[waiting.track].kind == TrackKind::kKern;
  if (const auto metre = read_metre(field)) {
    if (is_kern) metre_votes_.push_back({waiting.track, waiting.line, *metre});
  } else if (const auto signature = read_signature(field)) {
    if (is_kern && !is_moved_[waiting.track]) {
      signature_votes_.push_back({waiting.track, waiting.line, *signature});
    }
  } else if (const auto key = read_key(field)) {
    if (is_kern && !is_moved_[waiting.track])
      key_votes_.push_back({waiting.track, waiting.line, *key});
  } else if (const auto tempo = read_tempo(field)) {
    std::vector<TempoChange>& tempos = score_.tempos;
    if (!tempos.empty() && tempos.back().at == at) return true;
    if (tempos.empty() || tempos.back().quarters_per_minute != *tempo)
      tempos.push_back({at, *tempo});
  } else if (const auto clef = read_clef(field)) {
    if (is_kern) apply_clef(*clef, waiting, at);
  } else if (const auto code = read_instrument(field)) {
    if (is_kern) apply_instrument(*code, waiting, at);
  } else {
    return false;
  }
  return true;
}

void Page::apply_clef(Clef clef, const Waiting& waiting, Ticks at) {
  clef.at = at;
  clef.staff = layout_.roles[waiting.track].staff;
  std::vector<Clef>& clefs = part_of(waiting.track).clefs;
  const auto here = first_at(clefs, at);
  const auto said =
      std::find_if(here, clefs.end(), [&](const Clef& other) { return other.staff == clef.staff; });
  if (said != clefs.end()) clefs.erase(said);
  clefs.push_back(clef);
}

void Page::apply_instrument(const InstrumentCode& code, const Waiting& waiting, Ticks at) {
  const size_t index = layout_.roles[waiting.track].part;
  Part& part = score_.parts[index];
  if (has_instrument_[index] && code.is_class) return;
  if (!has_instrument_[index] || at.value == 0) {
    const bool is_first = !has_instrument_[index] || layout_.roles[waiting.track].staff == 0;
    if (is_first) part.program = code.instrument.program;
    if (is_first) part.is_drums = code.instrument.is_drums;
    has_instrument_[index] = has_instrument_[index] || !code.is_class;
    return;
  }
  const int16_t now = part.controls.empty() ? part.program : part.controls.back().value;
  if (now == code.instrument.program || code.instrument.is_drums) return;
  part.controls.push_back({at, ControlKind::kProgram, 0, code.instrument.program});
}

/// Signs that open and close: pedal and ottava.
bool Page::apply_range(const Waiting& waiting, Ticks at) {
  struct Range {
    std::string_view field;
    DirectionKind kind;
    std::string_view text;
  };
  constexpr std::array<Range, 10> kRanges = {{{"*ped", DirectionKind::kPedalDown, ""},
                                              {"*Xped", DirectionKind::kPedalUp, ""},
                                              {"*8va", DirectionKind::kOctaveUp, ""},
                                              {"*X8va", DirectionKind::kOctaveEnd, ""},
                                              {"*8ba", DirectionKind::kOctaveDown, ""},
                                              {"*X8ba", DirectionKind::kOctaveEnd, ""},
                                              {"*15ma", DirectionKind::kOctaveUp, "15ma"},
                                              {"*X15ma", DirectionKind::kOctaveEnd, "15ma"},
                                              {"*15ba", DirectionKind::kOctaveDown, "15ba"},
                                              {"*X15ba", DirectionKind::kOctaveEnd, "15ba"}}};
  const auto range = std::ranges::find(kRanges, std::string_view(waiting.field), &Range::field);
  if (range == kRanges.end()) return false;
  add_direction(waiting.track, at, range->kind, std::string(range->text));
  return true;
}

void Page::add_direction(size_t track, Ticks at, DirectionKind kind, std::string text) {
  Direction direction{at, kind, std::move(text), layout_.roles[track].staff};
  std::vector<Direction>& directions = part_of(track).directions;
  // The columns of a spine that is split say the same thing side by side.
  const bool is_range = kind == DirectionKind::kPedalDown || kind == DirectionKind::kPedalUp ||
                        kind >= DirectionKind::kOctaveUp;
  const auto here = first_at(directions, at);
  if (is_range && std::find(here, directions.end(), direction) != directions.end()) return;
  directions.push_back(std::move(direction));
}

/// What most spines say; nothing where only a few of them say anything.
template <typename Value>
std::optional<Value> Page::elected(const std::vector<Vote<Value>>& votes, Ticks at,
                                   const std::string& what) {
  std::map<size_t, const Vote<Value>*> by_track;
  for (const auto& vote : votes) by_track[vote.track] = &vote;
  if (by_track.empty()) return std::nullopt;
  const Vote<Value>* best = nullptr;
  size_t most = 0;
  for (const auto& [track, vote] : by_track) {
    const auto agrees = [vote = vote](const auto& other) {
      return other.second->value == vote->value;
    };
    const auto count = static_cast<size_t>(std::ranges::count_if(by_track, agrees));
    if (count > most) most = count, best = vote;
  }
  const bool is_partial = at.value > 0 && by_track.size() * 2 < kern_count_;
  if (is_partial || most < by_track.size()) {
    complaints_.add(votes.front().line, what + " of some staves only, which was left out");
  }
  return is_partial ? std::nullopt : std::optional(best->value);
}

void Page::elect_metre(Ticks at) {
  const auto metre = elected(metre_votes_, at, "a metre");
  metre_votes_.clear();
  if (!metre) return;
  std::vector<MetreChange>& metres = score_.metres;
  const MetreChange change{at, metre->numerator, metre->denominator};
  if (!metres.empty() && metres.back().at == at) metres.pop_back();
  const bool is_same = !metres.empty() && metres.back().numerator == change.numerator &&
                       metres.back().denominator == change.denominator;
  if (!is_same) metres.push_back(change);
}

void Page::elect_key(Ticks at) {
  const auto signature = elected(signature_votes_, at, "a key signature");
  struct Modes {
    size_t major = 0;
    size_t minor = 0;
  };
  Modes modes;
  for (const auto& vote : key_votes_)
    ++(vote.value.mode == Mode::kMinor ? modes.minor : modes.major);
  const std::optional<Key> key =
      key_votes_.empty() ? std::nullopt : std::optional(key_votes_.front().value);
  signature_votes_.clear();
  key_votes_.clear();
  if (!signature && !key) return;
  const int fifths = signature ? *signature : fifths_.value_or(key ? key->fifths : 0);
  if (signature) fifths_ = signature;
  KeyChange change{at, fifths, modes.minor > modes.major ? Mode::kMinor : Mode::kMajor};
  std::vector<KeyChange>& keys = score_.keys;
  if (!keys.empty() && keys.back().at == at) {
    if (!key) change.mode = keys.back().mode;
    keys.pop_back();
  }
  const bool is_same =
      !keys.empty() && keys.back().fifths == change.fifths && keys.back().mode == change.mode;
  if (!is_same) keys.push_back(change);
}

void Page::add_text(size_t track, Units at, uint8_t voice, std::string_view token) {
  Lyric lyric;
  lyric.at = clock_.ticks(at);
  lyric.verse = layout_.roles[track].verse;
  lyric.voice = voice;
  std::string_view rest = trimmed(token);
  if (rest == "|") rest = "_";
  while (rest.ends_with('_')) {
    rest.remove_suffix(1);
    lyric.is_extended = true;
  }
  const size_t size = rest.size();
  while (rest.starts_with('-')) rest.remove_prefix(1);
  const bool goes_on = rest.size() < size;
  const size_t headless = rest.size();
  while (rest.ends_with('-')) rest.remove_suffix(1);
  const bool begins = rest.size() < headless;
  rest = trimmed(rest);
  if (rest.empty()) {
    std::vector<Lyric>& lyrics = part_of(track).lyrics;
    const auto before = std::find_if(lyrics.rbegin(), lyrics.rend(), [&](const Lyric& other) {
      return other.verse == lyric.verse;
    });
    if (lyric.is_extended && before != lyrics.rend()) before->is_extended = true;
    return;
  }
  lyric.syllabic = goes_on ? (begins ? Syllabic::kMiddle : Syllabic::kEnd)
                           : (begins ? Syllabic::kBegin : Syllabic::kSingle);
  lyric.text = without_entities(rest);
  if (voices_.joins_lyric(track, lyric)) return;
  voices_.add_lyric(track, lyric);
}

void Page::add_dynamics(size_t line, size_t track, Units at, std::string_view token) {
  constexpr std::string_view kLetters = "pmfszr";
  const Ticks ticks = clock_.ticks(at);
  for (size_t i = 0; i < token.size();) {
    const size_t end = std::min(token.find_first_not_of(kLetters, i), token.size());
    if (end > i) {
      add_direction(track, ticks, DirectionKind::kDynamic, std::string(token.substr(i, end - i)));
      i = end;
      continue;
    }
    const char c = token[i++];
    if (c == '<') add_direction(track, ticks, DirectionKind::kCrescendo, "");
    if (c == '>') add_direction(track, ticks, DirectionKind::kDiminuendo, "");
    if (c == '[' || c == ']') add_direction(track, ticks, DirectionKind::kWedgeEnd, "");
    constexpr std::string_view kSilent = "<>[]() Xxy";  // the last five go on or say how it looks
    if (kSilent.find(c) == std::string_view::npos) {
      complaints_.add(line, "a sign in **dynam that the score has no place for");
    }
  }
}

void Page::add_harmony(size_t track, Units at, std::string_view token) {
  const bool is_kind = layout_.roles[track].kind == TrackKind::kMusicXmlHarmony;
  const std::string text = without_entities(trimmed(token));
  if (!text.empty())
    score_.chords.push_back({clock_.ticks(at), is_kind ? lead_sheet_chord(text) : text});
}

void Page::finish() {
  const auto rank = [](const Direction& direction) {
    switch (direction.kind) {
      case DirectionKind::kWedgeEnd:
      case DirectionKind::kPedalUp:
      case DirectionKind::kOctaveEnd:
        return 0;
      case DirectionKind::kWords:
        return 1;
      case DirectionKind::kPedalDown:
      case DirectionKind::kOctaveUp:
      case DirectionKind::kOctaveDown:
        return 2;
      default:
        return 3;
    }
  };
  for (Part& part : score_.parts) {
    std::ranges::stable_sort(part.directions, [&](const Direction& a, const Direction& b) {
      return std::make_tuple(a.at, a.staff, rank(a)) < std::make_tuple(b.at, b.staff, rank(b));
    });
  }
  std::ranges::stable_sort(score_.barlines, {}, &Barline::at);
  road_.finish(score_, complaints_);
}

}  // namespace motet::kern
