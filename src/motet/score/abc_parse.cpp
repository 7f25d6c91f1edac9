// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc_parse.h"

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>
#include <utility>

#include "motet/base/error.h"
#include "motet/score/abc_fields.h"
#include "motet/score/abc_text.h"
#include "motet/score/abc_voice.h"

namespace motet::abc {
namespace {

/// The line without its comment. A '%' after a backslash is text.
std::string_view without_comment(std::string_view line) {
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '%' && (i == 0 || line[i - 1] != '\\')) return line.substr(0, i);
  }
  return line;
}

bool is_field(std::string_view line) {
  return line.size() >= 2 && line[1] == ':' &&
         (std::isalpha(static_cast<unsigned char>(line[0])) != 0 || line[0] == '+');
}

bool mentions_copyright(std::string_view text) {
  std::string low(text);
  for (char& c : low) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return low.find("copyright") != std::string::npos || low.find("(c)") != std::string::npos;
}

/// Every place of `what` in `text` replaced; the result stays below a limit.
std::string replaced(std::string text, const std::string& what, const std::string& by) {
  constexpr size_t kLongestLine = 100'000;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    if (text.size() + by.size() > kLongestLine) break;
    text.replace(at, what.size(), by);
    at += by.size();
  }
  return text;
}

/// Reads one tune, line by line.
class TuneReader {
 public:
  explicit TuneReader(size_t first_line) : line_(first_line) {}

  Tune read(const std::vector<std::string_view>& lines) {
    for (const std::string_view line : lines) {
      read_line(line);
      ++line_;
    }
    if (!in_body_) {
      throw Error(ErrorCode::kInvalidFile, place() + ": expected a K: field, found the tune's end");
    }
    for (auto& voice : voices_) {
      for (const std::string& name : voice->unknown_decorations()) {
        leave_out("!" + decoded(name) + "!");
      }
      tune_.voices.push_back(std::move(voice->voice()));
    }
    return std::move(tune_);
  }

 private:
  struct Declared {
    std::string id;
    std::string properties;
    std::optional<int> program;
    bool is_drums = false;
  };

  std::string place() const { return "line " + std::to_string(line_); }
  void mend(const std::string& what) { tune_.mended.push_back(place() + ": " + what); }

  /// Tells once of each thing that a score has no place for.
  void leave_out(const std::string& what) {
    constexpr size_t kMostKinds = 1'000;  // a file of invented names must not cost their square
    if (tune_.unkept.size() >= kMostKinds) return;
    if (std::ranges::find(tune_.unkept, what) == tune_.unkept.end()) tune_.unkept.push_back(what);
  }

  void read_line(std::string_view line) {
    if (line.starts_with("%%")) return read_directive(line.substr(2));
    line = trimmed(without_comment(line));
    if (line.empty()) return;
    if (is_field(line)) return read_field(line[0], trimmed(line.substr(2)));
    if (!in_body_) return mend("left out a line that is no field, before the music");
    read_music(line);
  }

  void read_field(char name, std::string_view value) {
    if (name == '+') return read_continuation(value);
    last_field_ = name;
    if (name == 'w') return read_lyrics(value);
    if (name == 'U') return define_symbol(value);
    if (name == 'm') return define_macro(value);
    if (in_body_) return read_body_field(name, value);
    switch (name) {
      case 'X': {
        Cursor cursor{value};
        tune_.number = take_number(cursor).value_or(0);
        return;
      }
      case 'M':
        if (const auto metre = parse_metre(value))
          metre_ = *metre;
        else
          mend("left out a metre that is none");
        return;
      case 'L':
        if (const auto length = parse_unit_length(value))
          unit_length_ = *length;
        else
          mend("left out a unit length that is none");
        return;
      case 'Q':
        tempo_text_ = value;
        return;
      case 'V':
        return declare_voice(value);
      case 'P':
        tune_.order = parse_order(value);
        return;
      case 'K':
        return begin_body(value);
      default:
        return read_words_about(name, value);
    }
  }

  /// Fields that say what the tune is.
  void read_words_about(char name, std::string_view value) {
    if (name == 'T') {
      if (tune_.title.empty()) {
        tune_.title = decoded(value);
        return;
      }
    } else if (name == 'C' || name == 'Z' || name == 'S') {
      if (mentions_copyright(value) && tune_.rights.empty()) {
        tune_.rights = decoded(value);
        return;
      }
      if (name == 'C' && tune_.composer.empty()) {
        tune_.composer = decoded(value);
        return;
      }
    } else if (name == 'A' && tune_.lyricist.empty()) {
      tune_.lyricist = decoded(value);
      return;
    } else if (name == 'r' || name == 'I') {
      return;  // remarks and instructions to programs
    }
    leave_out(std::string("field ") + name + ":");
  }

  void read_continuation(std::string_view value) {
    if (last_field_ == 'w' && in_body_) {
      const size_t homeless = current().continue_lyrics(decoded(value));
      if (homeless > 0) mend("left out " + std::to_string(homeless) + " syllables without a note");
    } else if (last_field_ == 'T' && !in_body_) {
      tune_.title += " " + decoded(value);
    }
  }

  /// "U: T = !trill!"
  void define_symbol(std::string_view value) {
    const size_t equals = value.find('=');
    const std::string_view letter = trimmed(value.substr(0, equals));
    std::string_view meaning =
        equals == std::string_view::npos ? std::string_view() : trimmed(value.substr(equals + 1));
    const bool is_quoted = meaning.size() >= 2 && (meaning[0] == '!' || meaning[0] == '+') &&
                           meaning.back() == meaning[0];
    if (letter.size() != 1 || !is_quoted) return mend("left out a U: field that defines nothing");
    meaning = meaning.substr(1, meaning.size() - 2);
    const bool is_nothing = meaning == "nil" || meaning == "none";
    symbols_[letter[0]] = is_nothing ? std::string() : std::string(meaning);
  }

  /// "m: ~g2 = {/a}g2". A macro with an 'n' stands for every pitch.
  void define_macro(std::string_view value) {
    const size_t equals = value.find('=');
    const std::string name(trimmed(value.substr(0, equals)));
    constexpr size_t kMostMacros = 100;
    if (equals == std::string_view::npos || name.empty() || macros_.size() == kMostMacros) {
      return mend("left out a macro that defines nothing");
    }
    if (name.find('n') != std::string::npos) return mend("left out a transposing macro");
    macros_.emplace_back(name, std::string(trimmed(value.substr(equals + 1))));
  }

  /// Without L:, the unit is a sixteenth in metres shorter than three quarters, else an eighth.
  int64_t default_unit() const {
    const bool is_short = metre_ && !metre_->is_free && 4 * metre_->length() < 3 * kWhole;
    return is_short ? kWhole / 16 : kWhole / 8;
  }

  void begin_body(std::string_view value) {
    in_body_ = true;
    const auto key = take_key(value);
    key_ = key.value_or(Key{});
    has_key_ = key.has_value() && !value.empty() && !value.starts_with("none");
    key_text_ = value;
    if (!unit_length_) unit_length_ = default_unit();
    for (const Declared& declared : declared_) {
      VoiceReader& voice = begin_voice(declared.id, declared.properties);
      if (declared.program) voice.voice().program = *declared.program;
      voice.voice().is_drums = voice.voice().is_drums || declared.is_drums;
    }
  }

  std::optional<Key> take_key(std::string_view value) {
    const auto key = parse_key(value);
    if (!key) mend("left out a key that is none");
    if (key && !is_plain(*key))
      mend("of a key with accidentals of its own, only the notes are kept");
    return key;
  }

  static std::string id_of(std::string_view value) {
    return std::string(value.substr(0, value.find_first_of(" \t")));
  }

  void declare_voice(std::string_view value) {
    const std::string id = id_of(value);
    if (id.empty() || id == "*") return;
    declared_.push_back({id, std::string(value.substr(id.size())), std::nullopt, false});
  }

  VoiceReader& begin_voice(const std::string& id, std::string_view properties) {
    constexpr size_t kMostVoices = 256;
    auto found =
        std::ranges::find_if(voices_, [&](const auto& voice) { return voice->voice().id == id; });
    const bool is_new = found == voices_.end();
    if (is_new) {
      if (voices_.size() == kMostVoices) {
        throw Error(ErrorCode::kInvalidFile, place() + ": expected at most 256 voices");
      }
      voices_.push_back(std::make_unique<VoiceReader>(id, key_, metre_.value_or(Metre{}),
                                                      *unit_length_, symbols_));
      found = std::prev(voices_.end());
      (*found)->voice().program = program_;
      (*found)->voice().is_drums = is_drums_;
      begin_music(**found);
      set_properties(**found, key_text_);
    }
    set_properties(**found, properties);
    return **found;
  }

  static void set_properties(VoiceReader& voice, std::string_view properties) {
    for (const char* name : {"name", "nm"}) {
      const auto printed = parse_property(properties, name);
      if (printed && !printed->empty()) voice.voice().name = decoded(*printed);
    }
    for (const char* name : {"subname", "snm", "sname"}) {
      const auto printed = parse_property(properties, name);
      if (printed && !printed->empty()) voice.voice().short_name = decoded(*printed);
    }
    if (const auto clef = parse_clef(properties)) {
      voice.set_clef(*clef);
      if (clef->sign == 'P') voice.voice().is_drums = true;
    }
    if (parse_property(properties, "octave")) voice.set_octave(parse_octave(properties));
    if (parse_property(properties, "transpose")) {
      voice.set_transposition(parse_transposition(properties));
    }
  }

  /// What the header says comes first in the first voice, for all.
  void begin_music(VoiceReader& voice) {
    if (voices_.size() > 1) return;
    if (metre_) voice.set_metre(*metre_);
    if (has_key_) voice.set_key(key_);
    if (!tempo_text_.empty()) set_tempo(voice, tempo_text_);
  }

  void set_tempo(VoiceReader& voice, std::string_view value) {
    const auto tempo = parse_tempo(value, voice.unit_length());
    const std::string words = decoded(parse_tempo_words(value));
    if (!tempo && words.empty()) return mend("left out a tempo that is none");
    voice.set_tempo(tempo.value_or(0.0), words);
  }

  VoiceReader& current() {
    if (voices_.empty()) begin_voice("1", "");
    return *voices_[std::min(current_, voices_.size() - 1)];
  }

  void change_voice(std::string_view value) {
    const std::string id = id_of(value);
    if (id.empty() || id == "*") return;
    begin_voice(id, value.substr(id.size()));
    const auto found =
        std::ranges::find_if(voices_, [&](const auto& voice) { return voice->voice().id == id; });
    current_ = static_cast<size_t>(found - voices_.begin());
  }

  void read_body_field(char name, std::string_view value) {
    switch (name) {
      case 'V':
        return change_voice(value);
      case 'K':
        if (names_key(value)) {
          if (const auto key = take_key(value)) current().set_key(*key);
        }
        return set_properties(current(), value);
      case 'M':
        if (const auto metre = parse_metre(value))
          current().set_metre(*metre);
        else
          mend("left out a metre that is none");
        return;
      case 'L':
        if (const auto length = parse_unit_length(value))
          current().set_unit_length(*length);
        else
          mend("left out a unit length that is none");
        return;
      case 'Q':
        return set_tempo(current(), value);
      case 'P':
        return current().begin_section(decoded(value));
      case 's':
        return mend("left out a line of symbols");
      default:
        return read_words_about(name, value);
    }
  }

  void read_lyrics(std::string_view value) {
    if (!in_body_) return mend("left out words before the music");
    const size_t homeless = current().add_lyrics(decoded(value));
    if (homeless > 0) mend("left out " + std::to_string(homeless) + " syllables without a note");
  }

  /// "[K:G]" at the cursor.
  bool read_inline_field(Cursor& cursor) {
    const bool is_inline = cursor.peek() == '[' && cursor.peek(2) == ':' &&
                           std::isalpha(static_cast<unsigned char>(cursor.peek(1))) != 0;
    if (!is_inline) return false;
    const size_t end = std::min(cursor.text.find(']', cursor.at), cursor.text.size());
    const char name = cursor.peek(1);
    const size_t begin = std::min(cursor.at + 3, end);
    cursor.at = std::min(end + 1, cursor.text.size());
    const std::string_view value = trimmed(cursor.text.substr(begin, end - begin));
    if (name == 'U') {
      define_symbol(value);
    } else if (name != 'w') {
      read_body_field(name, value);
    }
    return true;
  }

  void read_music(std::string_view line) {
    const bool goes_on = std::exchange(line_goes_on_, line.ends_with('\\'));
    current();
    for (auto& voice : voices_) voice->begin_line(goes_on);
    std::string expanded;
    if (!macros_.empty()) {
      expanded = line;
      for (const auto& [name, music] : macros_) expanded = replaced(expanded, name, music);
      line = expanded;
    }
    Cursor cursor{line};
    while (!cursor.done()) {
      if (read_inline_field(cursor)) continue;
      const Place column{line_, cursor.at + 1};
      constexpr size_t kMostTokens = 400'000;
      if (++tokens_ > kMostTokens) {
        throw Error(ErrorCode::kInvalidFile, column.text() + ": expected at most " +
                                                 std::to_string(kMostTokens) +
                                                 " notes and signs in a tune, found more");
      }
      if (current().read(cursor, column)) continue;
      tune_.mended.push_back(column.text() + ": left out \"" + printable(cursor.next()) + "\"");
    }
  }

  static std::string printable(char c) {
    return c >= ' ' && c < 0x7F ? std::string(1, c) : "byte " + std::to_string(c & 0xFF);
  }

  /// "%%MIDI program 1 40", "%%MIDI channel 10": what a player must know. All else is layout.
  void read_directive(std::string_view text) {
    constexpr std::string_view kMidi = "MIDI ";
    if (!text.starts_with(kMidi)) return;
    Cursor cursor{trimmed(without_comment(text.substr(kMidi.size())))};
    const bool is_program = cursor.text.starts_with("program");
    const bool is_channel = cursor.text.starts_with("channel");
    if (!is_program && !is_channel) return;
    cursor.at = std::string_view("program").size();
    cursor.skip_blanks();
    const auto first = take_number(cursor);
    cursor.skip_blanks();
    const auto second = take_number(cursor);
    if (!first) return;
    constexpr int kDrumChannel = 10;
    if (is_channel) return set_drums(*first == kDrumChannel);
    const int program = std::clamp(second.value_or(*first), 0, 127);
    if (!second) return set_program(program);
    if (*first >= 1 && static_cast<size_t>(*first) <= voices_.size()) {
      voices_[static_cast<size_t>(*first) - 1]->voice().program = program;
    }
  }

  /// In the header, of the voice declared last or else of all; in the music, of the voice there.
  void set_program(int program) {
    if (in_body_) {
      current().voice().program = program;
    } else if (!declared_.empty()) {
      declared_.back().program = program;
    } else {
      program_ = program;
    }
  }

  void set_drums(bool is_drums) {
    if (in_body_) {
      current().voice().is_drums = is_drums;
    } else if (!declared_.empty()) {
      declared_.back().is_drums = is_drums;
    } else {
      is_drums_ = is_drums;
    }
  }

  size_t line_;
  Tune tune_;
  bool in_body_ = false;
  bool line_goes_on_ = false;
  size_t tokens_ = 0;  ///< of music, in all voices
  char last_field_ = ' ';
  std::optional<Metre> metre_;
  std::optional<int64_t> unit_length_;
  std::string tempo_text_;
  Key key_;
  std::string key_text_;
  bool has_key_ = false;
  int program_ = 0;
  bool is_drums_ = false;
  std::vector<Declared> declared_;
  UserSymbols symbols_;
  std::vector<std::pair<std::string, std::string>> macros_;
  std::vector<std::unique_ptr<VoiceReader>> voices_;
  size_t current_ = 0;
};

}  // namespace

Tune parse_tune(const std::vector<std::string_view>& lines, size_t first_line) {
  return TuneReader(first_line).read(lines);
}

}  // namespace motet::abc
