// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc_parse.h"

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>
#include <utility>

#include "motet/base/error.h"
#include "motet/score/abc_fields.h"
#include "motet/score/abc_voice.h"
#include "motet/score/utf8.h"

namespace motet::abc {
namespace {

std::string utf8(std::string_view text) {
  return to_utf8({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

/// The line without its comment. A '%' after a backslash is text.
std::string_view without_comment(std::string_view line) {
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '%' && (i == 0 || line[i - 1] != '\\')) return line.substr(0, i);
  }
  return line;
}

bool is_field(std::string_view line) {
  return line.size() >= 2 && line[1] == ':' &&
         (std::isalpha(static_cast<unsigned char>(line[0])) != 0 || line[0] == '+') &&
         line[0] != '|';
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
    for (auto& voice : voices_) tune_.voices.push_back(std::move(voice->voice()));
    return std::move(tune_);
  }

 private:
  std::string place() const { return "line " + std::to_string(line_); }
  void mend(const std::string& what) { tune_.mended.push_back(place() + ": " + what); }

  void read_line(std::string_view line) {
    if (line.starts_with("%%")) return read_directive(line.substr(2));
    line = trimmed(without_comment(line));
    if (line.empty()) return;
    if (is_field(line)) return read_field(line[0], trimmed(line.substr(2)));
    if (!in_body_) return mend("left out a line that is no field, before the music");
    read_music(line);
  }

  void read_field(char name, std::string_view value) {
    if (name == 'w') return read_lyrics(value);
    if (in_body_) return read_body_field(name, value);
    switch (name) {
      case 'X': {
        Cursor cursor{value};
        tune_.number = take_number(cursor).value_or(0);
        return;
      }
      case 'T':
        if (tune_.title.empty()) tune_.title = utf8(value);
        return;
      case 'C':
        if (tune_.composer.empty()) tune_.composer = utf8(value);
        return;
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
        declare_voice(value);
        return;
      case 'P':
        if (!value.empty()) mend("left out the order of parts; they are played as written");
        return;
      case 'K':
        begin_body(value);
        return;
      default:
        return;  // about the tune, not in it
    }
  }

  /// Without L:, the unit is a sixteenth in metres shorter than three quarters, else an eighth.
  int64_t default_unit() const {
    const bool is_short = metre_ && !metre_->is_free && 4 * metre_->length() < 3 * kWhole;
    return is_short ? kWhole / 16 : kWhole / 8;
  }

  void begin_body(std::string_view value) {
    in_body_ = true;
    const auto key = parse_key(value);
    if (!key) mend("left out a key that is none");
    key_ = key.value_or(Key{});
    has_key_ = key.has_value() && !value.empty() && !value.starts_with("none");
    key_transposition_ = parse_transposition(value);
    if (!unit_length_) unit_length_ = default_unit();
    for (const auto& [id, property] : declared_) begin_voice(id, property);
  }

  struct Declared {
    std::string id;
    std::string properties;
  };

  void declare_voice(std::string_view value) {
    const std::string id(value.substr(0, value.find_first_of(" \t")));
    if (id.empty() || id == "*") return;
    declared_.push_back({id, std::string(value.substr(id.size()))});
  }

  VoiceReader& begin_voice(const std::string& id, std::string_view properties) {
    constexpr size_t kMostVoices = 256;
    auto found =
        std::ranges::find_if(voices_, [&](const auto& voice) { return voice->voice().id == id; });
    if (found == voices_.end()) {
      if (voices_.size() == kMostVoices) {
        throw Error(ErrorCode::kInvalidFile, place() + ": expected at most 256 voices");
      }
      voices_.push_back(
          std::make_unique<VoiceReader>(id, key_, metre_.value_or(Metre{}), *unit_length_));
      found = std::prev(voices_.end());
      (*found)->set_transposition(key_transposition_);
      begin_music(**found);
    }
    VoiceReader& voice = **found;
    for (const char* name : {"name", "nm"}) {
      const auto printed = parse_property(properties, name);
      if (printed && !printed->empty()) voice.voice().name = utf8(*printed);
    }
    if (const int moved = parse_transposition(properties); moved != 0) {
      voice.set_transposition(key_transposition_ + moved);
    }
    return voice;
  }

  /// What the header says comes first in the first voice, for all.
  void begin_music(VoiceReader& voice) {
    if (voices_.size() > 1) return;
    if (metre_) voice.set_metre(*metre_);
    if (has_key_) voice.set_key(key_);
    if (tempo_text_.empty()) return;
    if (const auto tempo = parse_tempo(tempo_text_, *unit_length_)) voice.set_tempo(*tempo);
  }

  VoiceReader& current() {
    if (voices_.empty()) begin_voice("1", "");
    return *voices_[std::min(current_, voices_.size() - 1)];
  }

  void change_voice(std::string_view value) {
    const std::string id(value.substr(0, value.find_first_of(" \t")));
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
        if (const auto key = parse_key(value))
          current().set_key(*key);
        else
          mend("left out a key that is none");
        return;
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
        if (const auto tempo = parse_tempo(value, current().unit_length())) {
          current().set_tempo(*tempo);
        } else {
          mend("left out a tempo that is none");
        }
        return;
      default:
        return;
    }
  }

  void read_lyrics(std::string_view value) {
    if (in_body_) current().add_lyrics(utf8(value));
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
    read_body_field(name, trimmed(cursor.text.substr(begin, end - begin)));
    return true;
  }

  void read_music(std::string_view line) {
    const bool goes_on = std::exchange(line_goes_on_, line.ends_with('\\'));
    current();
    for (auto& voice : voices_) voice->begin_line(goes_on);
    Cursor cursor{line};
    while (!cursor.done()) {
      if (read_inline_field(cursor)) continue;
      if (current().read(cursor, place() + ", column " + std::to_string(cursor.at + 1))) continue;
      mend("left out " + std::string("\"") + printable(cursor.next()) + "\"");
    }
  }

  static std::string printable(char c) {
    return c >= ' ' && c < 0x7F ? std::string(1, c) : "byte " + std::to_string(c & 0xFF);
  }

  /// "%%MIDI program 1 40", "%%MIDI channel 10": what a player must know. All else is layout.
  void read_directive(std::string_view text) {
    constexpr std::string_view kMidi = "MIDI ";
    if (!text.starts_with(kMidi) || !in_body_) return;
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
    Voice& voice = current().voice();
    if (is_channel) {
      voice.is_drums = *first == kDrumChannel;
    } else if (!second) {
      voice.program = std::clamp(*first, 0, 127);
    } else if (*first >= 1 && static_cast<size_t>(*first) <= voices_.size()) {
      voices_[static_cast<size_t>(*first) - 1]->voice().program = std::clamp(*second, 0, 127);
    }
  }

  size_t line_;
  Tune tune_;
  bool in_body_ = false;
  bool line_goes_on_ = false;
  std::optional<Metre> metre_;
  std::optional<int64_t> unit_length_;
  std::string tempo_text_;
  Key key_;
  bool has_key_ = false;
  int key_transposition_ = 0;
  std::vector<Declared> declared_;
  std::vector<std::unique_ptr<VoiceReader>> voices_;
  size_t current_ = 0;
};

}  // namespace

Tune parse_tune(const std::vector<std::string_view>& lines, size_t first_line) {
  return TuneReader(first_line).read(lines);
}

}  // namespace motet::abc
