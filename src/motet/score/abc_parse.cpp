// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc_parse.h"

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>
#include <utility>

#include "motet/base/error.h"
#include "motet/score/abc_fields.h"
#include "motet/score/abc_macros.h"
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

bool mentions_copyright(std::string_view text) {
  std::string low(text);
  for (char& c : low) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return low.find("copyright") != std::string::npos || low.find("(c)") != std::string::npos;
}

/// Reads one tune, line by line.
class TuneReader {
 public:
  Tune read(const TuneLines& header, const TuneLines& lines) {
    read_header(header);
    line_ = lines.first_line;
    for (const std::string_view line : lines.lines) {
      read_line(line);
      ++line_;
    }
    if (tune_.composer.empty()) tune_.composer = inherited_.composer;
    if (tune_.lyricist.empty()) tune_.lyricist = inherited_.lyricist;
    if (tune_.rights.empty()) tune_.rights = inherited_.rights;
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

  /// What the head of the file says holds for each tune, until the tune says otherwise.
  void read_header(const TuneLines& header) {
    constexpr std::string_view kOfTunesOnly = "KPTVWXsw+";
    line_ = header.first_line;
    for (const std::string_view line : header.lines) {
      if (!is_field(line) || kOfTunesOnly.find(line[0]) == std::string_view::npos) read_line(line);
      ++line_;
    }
    inherited_ = std::exchange(tune_, {});
    tune_.mended = inherited_.mended;
    tune_.unkept = inherited_.unkept;
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
    if (name == 'I') return read_directive(value);
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
    } else if (name == 'r') {
      return;  // a remark
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
    customs_.symbols[letter[0]] = is_nothing ? std::string() : std::string(meaning);
  }

  void define_macro(std::string_view value) {
    if (!macros_.define(value)) mend("left out a macro that defines nothing");
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
                                                      *unit_length_, customs_));
      found = std::prev(voices_.end());
      (*found)->voice().program = program_;
      (*found)->voice().is_drums = is_drums_;
      (*found)->set_sound_shift(sound_shift_);
      begin_music(**found);
      set_properties(**found, key_text_);
    }
    set_properties(**found, properties);
    return **found;
  }

  void set_properties(VoiceReader& voice, std::string_view properties) {
    for (const char* name : {"shift", "score", "sound", "instrument"}) {
      if (parse_property(properties, name)) leave_out(std::string("property ") + name + "=");
    }
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
    } else if (name == 'I') {
      read_directive(value);
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
      expanded = macros_.expanded(line);
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

  /// What a player must know; all else is layout.
  void read_directive(std::string_view text) {
    text = trimmed(without_comment(text));
    const std::string_view name = text.substr(0, text.find_first_of(" \t="));
    const std::string_view value = trimmed(text.substr(std::min(name.size() + 1, text.size())));
    if (name == "MIDI") return read_midi_directive(value);
    if (name == "percmap") return leave_out("%%percmap");
    if (name != "propagate-accidentals") return;
    customs_.accidentals = value.starts_with("not")      ? Propagation::kNot
                           : value.starts_with("octave") ? Propagation::kOctave
                                                         : Propagation::kPitch;
  }

  /// "program 1 40", "channel 10", "transpose -12", as abc2midi has them.
  void read_midi_directive(std::string_view text) {
    const std::string_view name = text.substr(0, text.find_first_of(" \t"));
    Cursor cursor{trimmed(text.substr(name.size()))};
    const bool is_below = cursor.take('-');
    const auto first = take_number(cursor);
    cursor.skip_blanks();
    const auto second = take_number(cursor);
    constexpr int kDrumChannel = 10;
    if (name == "channel" && first) return set_drums(*first == kDrumChannel);
    if (name == "program" && first) return set_program(*first, second);
    if ((name != "transpose" && name != "rtranspose") || !first) {
      return leave_out("%%MIDI " + decoded(name.substr(0, 20)));
    }
    constexpr int kMost = 60;
    const int shift = std::clamp(is_below ? -*first : *first, -kMost, kMost);
    const bool is_relative = name == "rtranspose";
    if (in_body_) return current().set_sound_shift(shift, is_relative);
    sound_shift_ = std::clamp(is_relative ? sound_shift_ + shift : shift, -kMost, kMost);
  }

  /// In the header, of the voice declared last or else of all; in the music, of the voice there.
  void set_program(int first, std::optional<int> second) {
    const int program = std::clamp(second.value_or(first), 0, 127);
    if (second && (first < 1 || static_cast<size_t>(first) > voices_.size())) {
      return leave_out("%%MIDI program of a channel");
    }
    if (second) return voices_[static_cast<size_t>(first) - 1]->set_program(program);
    if (in_body_) {
      current().set_program(program);
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

  size_t line_ = 1;
  Tune tune_;
  Tune inherited_;  ///< of the head of the file
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
  Customs customs_;
  int sound_shift_ = 0;
  Macros macros_;
  std::vector<std::unique_ptr<VoiceReader>> voices_;
  size_t current_ = 0;
};

}  // namespace

bool is_field(std::string_view line) {
  return line.size() >= 2 && line[1] == ':' &&
         (std::isalpha(static_cast<unsigned char>(line[0])) != 0 || line[0] == '+');
}

Tune parse_tune(const TuneLines& header, const TuneLines& lines) {
  return TuneReader().read(header, lines);
}

}  // namespace motet::abc
