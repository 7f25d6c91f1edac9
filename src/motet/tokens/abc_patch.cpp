// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/abc_patch.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "motet/base/error.h"

namespace motet::tokens {
namespace {

constexpr size_t kMinPatch = 4;

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The length of the bar line that begins here, 0 for none.
size_t bar_line_at(std::string_view text, size_t at) {
  constexpr std::array<std::string_view, 7> kBarLines = {"|:", "::", ":|", "[|", "||", "|]", "|"};
  for (const std::string_view line : kBarLines) {
    if (text.substr(at).starts_with(line)) return line.size();
  }
  return 0;
}

/// A line that is no music: "K:G", "w:la la", "%%score", or nothing.
bool is_field(std::string_view line) {
  const bool has_name = line.size() >= 2 && (is_alpha(line[0]) || line[0] == '+') && line[1] == ':';
  return has_name || line.empty() || line[0] == '%' || line[0] == '\n' || line[0] == '\r';
}

/// The lines, each with its newline.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end == text.npos ? end : end + 1));
    text.remove_prefix(lines.back().size());
  }
  return lines;
}

/// The places of a line's bar lines, as [begin, end).
std::vector<std::pair<size_t, size_t>> bar_lines_of(std::string_view line) {
  std::vector<std::pair<size_t, size_t>> found;
  for (size_t at = 0; at < line.size();) {
    const size_t length = bar_line_at(line, at);
    if (length > 0) found.emplace_back(at, at + length);
    at += std::max<size_t>(length, 1);
  }
  return found;
}

void split_at(std::string_view line, std::span<const size_t> cuts,
              std::vector<std::string_view>& out) {
  size_t begin = 0;
  for (const size_t cut : cuts) {
    if (cut > begin && cut < line.size()) {
      out.push_back(line.substr(begin, cut - begin));
      begin = cut;
    }
  }
  out.push_back(line.substr(begin));
}

/// Bars that begin with their bar line. What follows the last one belongs to the bar before it,
/// unless it names a voice, as in NotaGen.
void split_before_bar_lines(std::string_view line, std::vector<std::string_view>& out) {
  std::vector<size_t> cuts;
  for (const auto& [begin, end] : bar_lines_of(line)) cuts.push_back(begin);
  if (cuts.size() > 1 || (cuts.size() == 1 && cuts[0] > 0)) {
    if (line.substr(cuts.back()).find('V') == line.npos) cuts.pop_back();
  }
  split_at(line, cuts, out);
}

/// Bars that end with their bar line; a bar line at the beginning belongs to the bar after it, and
/// what follows the last to the one before.
void split_after_bar_lines(std::string_view line, std::vector<std::string_view>& out) {
  std::vector<size_t> cuts;
  for (const auto& [begin, end] : bar_lines_of(line)) {
    if (begin > 0) cuts.push_back(end);
  }
  const std::string_view tail = cuts.empty() ? std::string_view() : line.substr(cuts.back());
  if (tail.find_first_not_of(" \t\r\n") == tail.npos && !cuts.empty()) cuts.pop_back();
  split_at(line, cuts, out);
}

std::string escaped(std::string_view text, int alphabet) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte > kAbcMask && byte != kAbcEscape && byte < alphabet) {
      out += c;
    } else {
      ((out += static_cast<char>(kAbcEscape)) += kDigits[byte >> 4]) += kDigits[byte & 15];
    }
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    unsigned byte = 0;
    const bool has_digits = static_cast<uint8_t>(text[at]) == kAbcEscape && at + 2 < text.size();
    const char* const digits = text.data() + at + 1;
    if (has_digits && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      out += static_cast<char>(byte);
      at += 2;
    } else {
      out += text[at];
    }
  }
  return out;
}

void add_bar(std::string_view bar, const AbcPatchConfig& config, std::vector<uint8_t>& symbols) {
  const bool framed = config.layout == AbcLayout::kFramed;
  const size_t room = config.size - (framed ? 1 : 0);
  for (size_t at = 0; at < bar.size(); at += room) {
    const std::string_view part = bar.substr(at, room);
    if (framed) symbols.push_back(kAbcBegin);
    symbols.insert(symbols.end(), part.begin(), part.end());
    if (part.size() == room) continue;
    symbols.push_back(kAbcEnd);
    symbols.insert(symbols.end(), room - part.size() - 1, kAbcPad);
  }
}

/// A patch that begins or ends a tune: it has no text, and is not just an empty bar.
bool is_special(std::span<const uint8_t> patch) {
  const auto is_begin = [](uint8_t symbol) { return symbol == kAbcBegin; };
  const auto is_end = [](uint8_t symbol) { return symbol == kAbcEnd; };
  const bool begins = std::all_of(patch.begin(), patch.end() - 1, is_begin) && is_end(patch.back());
  const bool ends = is_begin(patch[0]) && std::all_of(patch.begin() + 1, patch.end(), is_end);
  return begins || ends;
}

/// The voice of "[V:name ...]" at the beginning of a line; the rest of the line follows.
std::string_view take_voice(std::string_view& line) {
  if (!line.starts_with("[V:")) return {};
  const size_t end = line.find(']');
  if (end == line.npos) return {};
  std::string_view name = line.substr(3, end - 3);
  name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
  name = name.substr(0, name.find_first_of(" \t"));
  line.remove_prefix(end + 1);
  return name;
}

std::string_view without_newline(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// "V:name clef=bass" to "name".
std::string_view voice_of_field(std::string_view line) {
  line.remove_prefix(2);
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return line.substr(0, line.find_first_of(" \t\r\n"));
}

struct VoiceBars {
  std::string name;
  std::vector<std::string> bars;
};

VoiceBars& voice_named(std::vector<VoiceBars>& voices, std::string_view name) {
  for (VoiceBars& voice : voices) {
    if (voice.name == name) return voice;
  }
  return voices.emplace_back(VoiceBars{std::string(name), {}});
}

void add_bars(std::string_view line, VoiceBars& voice) {
  size_t begin = 0;
  for (const auto& [bar_line, end] : bar_lines_of(line)) {
    const std::string_view bar = line.substr(begin, end - begin);
    const bool empty = line.substr(begin, bar_line - begin).find_first_not_of(" \t") == line.npos;
    // A second bar line with nothing before it belongs to the first.
    if (empty && begin > 0 && !voice.bars.empty()) {
      voice.bars.back() += bar;
      begin = end;
    } else if (!empty) {
      voice.bars.emplace_back(bar);
      begin = end;
    }
  }
  const std::string_view tail = line.substr(begin);
  if (tail.find_first_not_of(" \t") != tail.npos) voice.bars.emplace_back(tail);
}

}  // namespace

std::vector<std::string_view> split_abc_bars(std::string_view text, AbcLayout layout) {
  std::vector<std::string_view> bars;
  for (const std::string_view line : lines_of(text)) {
    if (is_field(line)) {
      bars.push_back(line);
    } else if (layout == AbcLayout::kStream) {
      split_before_bar_lines(line, bars);
    } else {
      split_after_bar_lines(line, bars);
    }
  }
  return bars;
}

AbcPatches encode_abc(std::string_view text, const AbcPatchConfig& config) {
  if (config.size < kMinPatch) {
    throw Error(ErrorCode::kInvalidArgument,
                "ABC patches: expected a size of at least 4, found " + std::to_string(config.size));
  }
  if (config.alphabet != 128 && config.alphabet != 256) {
    throw Error(ErrorCode::kInvalidArgument,
                "ABC patches: expected an alphabet of 128 or 256, found " +
                    std::to_string(config.alphabet));
  }
  AbcPatches patches{config.size, {}};
  std::vector<uint8_t>& symbols = patches.symbols;
  if (config.specials) {
    symbols.insert(symbols.end(), config.size - 1, kAbcBegin);
    symbols.push_back(kAbcEnd);
  }
  for (const std::string_view bar : split_abc_bars(text, config.layout)) {
    add_bar(escaped(bar, config.alphabet), config, symbols);
  }
  if (config.specials) {
    symbols.push_back(kAbcBegin);
    symbols.insert(symbols.end(), config.size - 1, kAbcEnd);
  }
  return patches;
}

std::string decode_abc(const AbcPatches& patches) {
  std::string text;
  for (size_t i = 0; i < patches.count(); ++i) {
    const std::span<const uint8_t> patch = patches.patch(i);
    if (is_special(patch)) continue;
    for (const uint8_t symbol : patch) {
      if (symbol == kAbcEnd) break;
      if (symbol > kAbcMask) text += static_cast<char>(symbol);
    }
  }
  return unescaped(text);
}

InterleavedAbc interleave_abc(std::string_view tune) {
  InterleavedAbc result;
  std::vector<VoiceBars> voices;
  std::string current = "1";
  bool in_music = false;
  for (const std::string_view line : lines_of(tune)) {
    std::string_view music = without_newline(line);
    const bool names_voice = music.starts_with("V:");
    if (names_voice) current = voice_of_field(music);
    if (is_field(line)) {
      if (!in_music) {
        (result.text += music) += '\n';
      } else if (!names_voice && !music.empty()) {
        ++result.lines_left_out;
      }
      continue;
    }
    in_music = true;
    if (const std::string_view name = take_voice(music); !name.empty()) current = name;
    add_bars(music, voice_named(voices, current));
  }
  size_t most = 0;
  for (const VoiceBars& voice : voices) most = std::max(most, voice.bars.size());
  for (size_t bar = 0; bar < most; ++bar) {
    for (const VoiceBars& voice : voices) {
      if (bar < voice.bars.size()) result.text += "[V:" + voice.name + "]" + voice.bars[bar];
    }
    result.text += '\n';
  }
  return result;
}

std::string number_abc_lines(std::string_view interleaved) {
  const std::vector<std::string_view> lines = lines_of(interleaved);
  const auto first = static_cast<size_t>(
      std::find_if(lines.begin(), lines.end(),
                   [](std::string_view line) { return line.starts_with("[V:"); }) -
      lines.begin());
  std::string text;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i >= first) {
      text += "[r:" + std::to_string(i - first) + "/" + std::to_string(lines.size() - 1 - i) + "]";
    }
    text += lines[i];
  }
  return text;
}

std::string without_abc_line_numbers(std::string_view numbered) {
  std::string text;
  for (std::string_view line : lines_of(numbered)) {
    if (line.starts_with("[r:")) {
      const size_t end = line.find_first_not_of("0123456789/", 3);
      if (end != line.npos && line[end] == ']') line.remove_prefix(end + 1);
    }
    text += line;
  }
  return text;
}

}  // namespace motet::tokens
