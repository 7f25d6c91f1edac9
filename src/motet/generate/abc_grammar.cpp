// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/abc_grammar.h"

#include <algorithm>
#include <array>
#include <utility>

namespace motet::generate {
namespace {

constexpr int kLongestBar = 256;      // characters of a voice
constexpr size_t kLongestName = 24;   // of a player
constexpr size_t kLongestScore = 60;  // of %%score
constexpr int kMostSlurs = 4;         // open at once
constexpr int kMostLength = 48;       // a number of a length
constexpr int kMostStroke = 64;       // a number behind its stroke
constexpr int kSlowestTempo = 20;
constexpr int kFastestTempo = 300;
constexpr std::string_view kLetters = "ABCDEFGabcdefg";
constexpr std::string_view kAccidentals = "^_=";
constexpr std::string_view kMarks = ".~HTuv";  // decorations of one character

bool is_one_of(char c, std::string_view set) { return set.find(c) != set.npos; }
bool is_digit_of_abc(char c) { return c >= '0' && c <= '9'; }

std::vector<std::string> ended_by(std::string_view end, std::vector<std::string> values) {
  for (std::string& value : values) value += end;
  return values;
}

std::vector<std::string> abc_keys(std::string_view end) {
  return ended_by(end, {"C",  "G",  "D",  "A",  "E",   "B",   "F#",  "C#",  "F",   "Bb",  "Eb",
                        "Ab", "Db", "Gb", "Cb", "Am",  "Em",  "Bm",  "F#m", "C#m", "G#m", "D#m",
                        "Dm", "Gm", "Cm", "Fm", "Bbm", "Ebm", "Abm", "A#m", "none"});
}

std::vector<std::string> abc_metres(std::string_view end) {
  return ended_by(end, {"4/4", "3/4", "2/4", "2/2", "3/2", "4/2", "6/4", "5/4", "1/4", "3/8", "4/8",
                        "5/8", "6/8", "7/8", "9/8", "12/8", "6/16", "9/16", "12/16"});
}

std::vector<std::string> abc_decorations() {
  return ended_by("!", {"trill", "fermata",  "p",     "pp",      "ppp",   "f",  "ff", "fff",
                        "mf",    "mp",       "sf",    "sfz",     "fp",    ">",  "^",  "tenuto",
                        "wedge", "arpeggio", "turn",  "mordent", "<(",    "<)", ">(", ">)",
                        "upbow", "downbow",  "slide", "ped",     "ped-up"});
}

}  // namespace

AbcGrammar::AbcGrammar(const AbcPlan& plan)
    : plan_(plan), in_header_(plan.header.empty()), voices_(plan.voices), line_(plan.first_line) {
  header_ = plan.header;
  last_line_ = plan.first_line + plan.most_lines - 1;
  if (in_header_) {
    begin_header_line();
  } else {
    begin_music_line();
  }
}

// What may come next, by slots.

void AbcGrammar::choose(Slot slot, std::vector<std::string> choices) {
  mode_ = Mode::kChoice;
  slot_ = slot;
  choices_ = std::move(choices);
  typed_.clear();
}

void AbcGrammar::expect_text(Slot slot, char end, size_t most) {
  mode_ = Mode::kText;
  slot_ = slot;
  end_ = end;
  most_ = most;
  typed_.clear();
}

void AbcGrammar::expect_number(Slot slot, int least, int most, char end) {
  mode_ = Mode::kNumber;
  slot_ = slot;
  end_ = end;
  least_ = static_cast<size_t>(least);
  most_ = static_cast<size_t>(most);
  typed_.clear();
}

void AbcGrammar::begin_header_line() {
  header_line_.clear();
  const bool is_short = closing_ || header_is_full_;
  std::vector<std::string> choices;
  if (!is_one_of('K', seen_fields_)) choices.emplace_back("K:");
  for (const char field : {'L', 'M', 'Q'}) {
    if (!is_short && !is_one_of(field, seen_fields_))
      choices.push_back(std::string(1, field) + ":");
  }
  if (!is_short && seen_fields_.empty()) choices.emplace_back("%%score ");
  const bool has_key = is_one_of('K', seen_fields_);
  if (has_key && (voices_ == 0 || (!is_short && voices_ < plan_.most_voices))) {
    choices.push_back("V:" + std::to_string(voices_ + 1) + " ");
  }
  if (has_key && voices_ > 0) choices.emplace_back("[r:0/");
  choose(Slot::kLineStart, std::move(choices));
}

void AbcGrammar::begin_music_line() {
  music_line_.clear();
  voice_ = 0;
  const std::string numbers =
      "[r:" + std::to_string(line_) + "/" + std::to_string(last_line_ - line_) + "]";
  choose(Slot::kNumbers, {numbers});
}

void AbcGrammar::begin_voice_or_end() {
  std::vector<std::string> choices;
  if (voice_ > 0) choices.emplace_back("\n");
  for (int next = voice_ + 1; next <= voices_ && (voice_ == 0 || !closing_); ++next) {
    choices.push_back("[V:" + std::to_string(next) + "]");
  }
  choose(Slot::kVoiceOrEnd, std::move(choices));
}

void AbcGrammar::begin_bar() {
  mode_ = Mode::kBar;
  slot_ = Slot::kInBar;
  bar_ = Bar::kElement;
  group_ = Group::kNone;
  bar_characters_ = 0;
  bar_has_content_ = false;
  must_draw_line_ = false;
  expects_note_ = false;
}

void AbcGrammar::allow(std::vector<int32_t>& characters) const {
  std::string out;
  switch (mode_) {
    case Mode::kChoice:
      for (const std::string& choice : choices_) {
        if (choice.starts_with(typed_)) out += choice[typed_.size()];
      }
      break;
    case Mode::kText:
      out += end_;
      if (typed_.size() >= most_ || closing_) break;
      if (slot_ == Slot::kField) {
        out += "0123456789 ()[]{}|";
      } else {
        out += " .-'#";
        for (char c = '0'; c <= '9'; ++c) out += c;
        for (char c = 'A'; c <= 'Z'; ++c) (out += c) += static_cast<char>(c - 'A' + 'a');
      }
      break;
    case Mode::kNumber: {
      const size_t value = typed_.empty() ? 0 : std::stoul(typed_);
      if (!typed_.empty() && value >= least_) out += end_;
      for (char c = '0'; c <= '9' && typed_ != "0"; ++c) {
        const size_t longer = value * 10 + static_cast<size_t>(c - '0');
        if (longer > most_ || (c == '0' && typed_.empty() && least_ > 0)) continue;
        out += c;
      }
      break;
    }
    case Mode::kBar:
      allow_bar(out);
      break;
  }
  characters.assign(out.begin(), out.end());
  std::ranges::sort(characters);
  characters.erase(std::unique(characters.begin(), characters.end()), characters.end());
}

void AbcGrammar::accept(char c) {
  (in_header_ ? header_line_ : music_line_) += c;
  switch (mode_) {
    case Mode::kChoice:
      typed_ += c;
      if (std::ranges::find(choices_, typed_) != choices_.end()) finish_choice();
      break;
    case Mode::kText:
      if (c == end_) return finish_text();
      typed_ += c;
      break;
    case Mode::kNumber:
      if (c == end_) return finish_number();
      typed_ += c;
      break;
    case Mode::kBar:
      accept_bar(c);
      break;
  }
}

void AbcGrammar::enter_field(const std::string& field) {
  seen_fields_ += field[0];
  if (field == "%%score ") return expect_text(Slot::kField, '\n', kLongestScore);
  if (field == "L:") {
    return choose(Slot::kField, ended_by("\n", {"1/8", "1/16", "1/4", "1/2", "1/32"}));
  }
  if (field == "M:") return choose(Slot::kField, abc_metres("\n"));
  if (field == "K:") return choose(Slot::kField, abc_keys("\n"));
  if (field == "Q:") {
    return choose(Slot::kTempo, {"1/4=", "1/8=", "1/2=", "3/8=", "3/4=", "1/16="});
  }
  if (field.starts_with("V:")) {
    ++voices_;
    std::vector<std::string> choices;
    for (const char* clef : {"treble", "bass", "alto", "tenor", "treble-8", "bass-8", "perc"}) {
      choices.push_back(std::string(clef) + "\n");
      choices.push_back(std::string(clef) + " nm=\"");
    }
    return choose(Slot::kVoice, std::move(choices));
  }
  in_header_ = false;  // "[r:0/"
  music_line_.clear();
  const int most = plan_.most_lines - 1;
  if (plan_.is_exact) return choose(Slot::kExactCount, {std::to_string(most) + "]"});
  expect_number(Slot::kCount, 0, closing_ ? 0 : most, ']');
}

void AbcGrammar::finish_choice() {
  const std::string chosen = typed_;
  switch (slot_) {
    case Slot::kLineStart:
      return enter_field(chosen);
    case Slot::kTempo:
      return expect_number(Slot::kField, kSlowestTempo, kFastestTempo, '\n');
    case Slot::kVoice:
      if (chosen.back() == '\n') return finish_line();
      return expect_text(Slot::kName, '"', kLongestName);
    case Slot::kAfterName:
      if (chosen == "\n") return finish_line();
      return expect_text(Slot::kShortName, '"', kLongestName);
    case Slot::kExactCount:
      last_line_ = plan_.most_lines - 1;
      [[fallthrough]];
    case Slot::kNumbers:
      music_line_.clear();  // the numbers are no music
      return begin_voice_or_end();
    case Slot::kVoiceOrEnd:
      if (chosen == "\n") return finish_line();
      voice_ = std::stoi(chosen.substr(3));
      return begin_bar();
    case Slot::kInBar:
      mode_ = Mode::kBar;
      bar_ = Bar::kElement;
      return;
    default:
      return finish_line();
  }
}

void AbcGrammar::finish_text() {
  if (slot_ == Slot::kName) return choose(Slot::kAfterName, {"\n", " snm=\""});
  if (slot_ == Slot::kShortName) return choose(Slot::kAfterName, {"\n"});
  if (slot_ == Slot::kInBar) {
    mode_ = Mode::kBar;
    bar_ = Bar::kElement;
    return;
  }
  finish_line();
}

void AbcGrammar::finish_number() {
  if (slot_ != Slot::kCount) return finish_line();
  last_line_ = std::stoi(typed_);
  music_line_.clear();
  begin_voice_or_end();
}

void AbcGrammar::finish_line() {
  line_is_over_ = true;
  if (in_header_) {
    header_ += header_line_;
    return begin_header_line();
  }
  lines_.push_back(music_line_);
  ++line_;
  ended_ = closing_ || line_ > last_line_;
  if (!ended_) begin_music_line();
}

bool AbcGrammar::may_end_patch() const {
  return mode_ == Mode::kBar && may_close_bar() && !must_draw_line_;
}

void AbcGrammar::end_patch() { line_is_over_ = false; }

void AbcGrammar::end_patch_early() {
  if (!line_is_over_) must_draw_line_ = true;
  line_is_over_ = false;
}

// Within a bar.

int& AbcGrammar::slurs() {
  const auto voice = static_cast<size_t>(voice_);
  if (slurs_.size() <= voice) slurs_.resize(voice + 1, 0);
  return slurs_[voice];
}

bool AbcGrammar::may_close_slur() const {
  const auto voice = static_cast<size_t>(voice_);
  return voice < slurs_.size() && slurs_[voice] > 0;
}

bool AbcGrammar::may_open_slur() const {
  const auto voice = static_cast<size_t>(voice_);
  return voice >= slurs_.size() || slurs_[voice] < kMostSlurs;
}

bool AbcGrammar::is_over_long() const {
  return closing_ || must_draw_line_ || bar_characters_ >= kLongestBar;
}

bool AbcGrammar::may_close_bar() const {
  const bool is_whole = bar_ != Bar::kLetter && bar_ != Bar::kBracket && bar_ != Bar::kSlur;
  return group_ == Group::kNone && is_whole && bar_ != Bar::kLine && bar_has_content_ &&
         has_note_ && !expects_note_;
}

void AbcGrammar::allow_element(std::string& out) const {
  const bool over = is_over_long();
  if (group_ != Group::kNone) {
    if (group_notes_ > 0) out += group_ == Group::kChord ? ']' : '}';
    if (!over || group_notes_ == 0) out += kLetters;
    if (!over) out += kAccidentals;
    return;
  }
  if (may_close_bar()) out += "|:";
  if (over && !out.empty()) return;
  out += kLetters;
  if (over) return;
  out += kAccidentals;
  out += kMarks;
  out += "zx[{!\" ";
  if (may_open_slur()) out += '(';
  if (may_close_slur()) out += ')';
}

void AbcGrammar::allow_length(std::string& out) const {
  if (is_over_long()) return;
  out += '-';
  if (group_ == Group::kNone) out += "><";
}

void AbcGrammar::allow_bar(std::string& out) const {
  const bool over = is_over_long();
  switch (bar_) {
    case Bar::kLine:
      return allow_line(out);
    case Bar::kLetter:
      out += kLetters;
      if (!over && !is_double_ && pitch_ != '=') out += pitch_;  // a double sharp or flat
      return;
    case Bar::kBracket:
      out += kLetters;
      if (!over) (out += kAccidentals) += "KM";
      return;
    case Bar::kSlur:
      out += kLetters;
      if (!over) (out += kAccidentals) += "23456789zx[";
      return;
    case Bar::kPitch:
      if (!over && !is_rest_ && octaves_ < 2 && pitch_ != ']') {
        out += pitch_ >= 'a' ? '\'' : ',';
      }
      if (!over) out += "123456789/";
      break;
    case Bar::kDigits:
      for (char c = '0'; c <= '9' && !over; ++c) {
        const int most = strokes_ > 0 ? kMostStroke : kMostLength;
        if (number_ * 10 + c - '0' <= most) out += c;
      }
      if (!over && strokes_ == 0) out += '/';
      break;
    case Bar::kSlash:
      if (!over) out += strokes_ < 2 ? "123456789/" : "";
      break;
    case Bar::kElement:
      return allow_element(out);
  }
  if (!is_rest_ && group_ != Group::kGrace) allow_length(out);
  allow_element(out);
}

void AbcGrammar::accept_bar(char c) {
  ++bar_characters_;
  switch (bar_) {
    case Bar::kLine:
      return accept_line(c);
    case Bar::kLetter:
      if (c == pitch_) {
        is_double_ = true;
        return;
      }
      break;
    case Bar::kBracket:
      if (c == 'K' || c == 'M') {
        group_ = Group::kNone;
        std::vector<std::string> values = c == 'K' ? abc_keys("]") : abc_metres("]");
        for (std::string& value : values) value.insert(0, ":");
        return choose(Slot::kInBar, std::move(values));
      }
      break;
    case Bar::kSlur:
      if (is_digit_of_abc(c)) {
        --slurs();  // a tuplet
        expects_note_ = true;
        bar_ = Bar::kElement;
        return;
      }
      break;
    case Bar::kPitch:
      if (c == '\'' || c == ',') {
        ++octaves_;
        return;
      }
      [[fallthrough]];
    case Bar::kSlash:
      if (is_digit_of_abc(c)) {
        number_ = c - '0';
        bar_ = Bar::kDigits;
        return;
      }
      if (c == '/') {
        ++strokes_;
        bar_ = Bar::kSlash;
        return;
      }
      break;
    case Bar::kDigits:
      if (is_digit_of_abc(c)) {
        number_ = number_ * 10 + c - '0';
        return;
      }
      if (c == '/') {
        ++strokes_;
        bar_ = Bar::kSlash;
        return;
      }
      break;
    case Bar::kElement:
      break;
  }
  accept_element(c);
}

void AbcGrammar::accept_element(char c) {
  const auto pitch = [&](char marked, bool is_rest) {
    bar_ = Bar::kPitch;
    pitch_ = marked;
    is_rest_ = is_rest;
    octaves_ = 0;
    strokes_ = 0;
    number_ = 0;
  };
  if (is_one_of(c, kLetters) || c == 'z' || c == 'x') expects_note_ = false;
  if (c == '>' || c == '<') expects_note_ = true;
  if (is_one_of(c, kLetters)) {
    pitch(c, false);
    ++group_notes_;
    if (group_ != Group::kGrace) bar_has_content_ = has_note_ = true;
  } else if (is_one_of(c, kAccidentals)) {
    bar_ = Bar::kLetter;
    pitch_ = c;
    is_double_ = false;
  } else if (c == 'z' || c == 'x') {
    pitch(c, true);
    bar_has_content_ = true;
  } else if (c == '[') {
    group_ = Group::kChord;
    group_notes_ = 0;
    bar_ = Bar::kBracket;
  } else if (c == '{') {
    group_ = Group::kGrace;
    group_notes_ = 0;
    bar_ = Bar::kElement;
  } else if (c == ']' || c == '}') {
    group_ = Group::kNone;
    bar_ = Bar::kElement;
    if (c == ']') pitch(c, false);
  } else if (c == '(') {
    ++slurs();
    bar_ = Bar::kSlur;
  } else if (c == ')') {
    --slurs();
    bar_ = Bar::kElement;
  } else if (c == '!') {
    choose(Slot::kInBar, abc_decorations());
  } else if (c == '"') {
    expect_text(Slot::kInBar, '"', kLongestName);
  } else if (c == '|' || c == ':') {
    bar_ = Bar::kLine;
    typed_ = c;
  } else {
    bar_ = Bar::kElement;  // a tie, a broken rhythm, a mark, a blank
  }
}

/// "|", "||", "|]", "|:", ":|", "::", and the number of an ending behind it.
void AbcGrammar::allow_line(std::string& out) const {
  if (typed_ == ":") {
    out += "|:";
    return;
  }
  if (typed_ == "|" && !closing_) out += "|]:";
  if ((typed_ == "|" || typed_ == ":|") && !closing_) out += "12";
  if (voice_ < voices_ && !closing_) out += '[';
  out += '\n';
}

void AbcGrammar::accept_line(char c) {
  if (c == '[' || c == '\n') {
    begin_voice_or_end();
    typed_ = c;
    if (c == '\n') finish_line();
    return;
  }
  typed_ += c;
}

}  // namespace motet::generate
