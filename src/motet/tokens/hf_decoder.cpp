// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/hf_decoder.h"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "motet/tokens/byte_level.h"
#include "motet/tokens/hf_pattern.h"
#include "motet/tokens/unicode.h"

namespace motet::tokens {
namespace {

using Tokens = std::vector<std::string>;

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  if (from.empty()) return std::string(text);
  std::string out;
  for (size_t at = text.find(from); at != text.npos; at = text.find(from)) {
    out.append(text, 0, at).append(to);
    text.remove_prefix(at + from.size());
  }
  return out.append(text);
}

void decode_byte_level(Tokens& tokens) {
  std::string bytes;
  for (const std::string& token : tokens) {
    std::string own;
    for (const char32_t c : from_utf8_lossy(token)) {
      const std::optional<uint8_t> byte = byte_of_char(c);
      if (!byte) {
        own = token;  // not written in this alphabet: an added token
        break;
      }
      own += static_cast<char>(*byte);
    }
    bytes += own;
  }
  tokens = {to_utf8(from_utf8_lossy(bytes))};
}

/// The byte of "<0x0A>".
std::optional<char> byte_of_piece(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || !token.ends_with('>')) return std::nullopt;
  unsigned byte = 0;
  const char* const end = token.data() + 5;
  if (std::from_chars(token.data() + 3, end, byte, 16).ptr != end) return std::nullopt;
  return static_cast<char>(byte);
}

void decode_byte_fallback(Tokens& tokens) {
  Tokens out;
  std::string bytes;
  const auto flush = [&] {
    if (bytes.empty()) return;
    const std::string whole = to_utf8(from_utf8_lossy(bytes));
    // Bytes that are no text are shown one by one.
    const size_t shown = whole == bytes ? 1 : bytes.size();
    for (size_t i = 0; i < shown; ++i) out.push_back(whole == bytes ? whole : "\uFFFD");
    bytes.clear();
  };
  for (std::string& token : tokens) {
    if (const std::optional<char> byte = byte_of_piece(token)) {
      bytes += *byte;
    } else {
      flush();
      out.push_back(std::move(token));
    }
  }
  flush();
  tokens = std::move(out);
}

std::string clean_up(std::string text) {
  constexpr std::array<std::pair<const char*, const char*>, 11> kRules = {{{" .", "."},
                                                                           {" ?", "?"},
                                                                           {" !", "!"},
                                                                           {" ,", ","},
                                                                           {" ' ", "'"},
                                                                           {" n't", "n't"},
                                                                           {" 'm", "'m"},
                                                                           {" do not", " don't"},
                                                                           {" 's", "'s"},
                                                                           {" 've", "'ve"},
                                                                           {" 're", "'re"}}};
  for (const auto& [from, to] : kRules) text = replace_all(text, from, to);
  return text;
}

HfDecoder wordpiece_decoder(const HfPlace& place) {
  return
      [prefix = place.text("prefix", "##"), cleanup = place.flag("cleanup", true)](Tokens& tokens) {
        for (size_t i = 0; i < tokens.size(); ++i) {
          std::string& token = tokens[i];
          if (i > 0) token = token.starts_with(prefix) ? token.substr(prefix.size()) : " " + token;
          if (cleanup) token = clean_up(std::move(token));
        }
      };
}

HfDecoder metaspace_decoder(const HfPlace& place) {
  const std::string mark = place.text("replacement", "\u2581");
  const bool prepended =
      place.text("prepend_scheme", "always") != "never" && place.flag("add_prefix_space", true);
  return [mark, prepended](Tokens& tokens) {
    for (size_t i = 0; i < tokens.size(); ++i) {
      tokens[i] = replace_all(tokens[i], mark, i == 0 && prepended ? "" : " ");
    }
  };
}

HfDecoder bpe_decoder(const HfPlace& place) {
  return [suffix = place.text("suffix", "</w>")](Tokens& tokens) {
    for (size_t i = 0; i < tokens.size(); ++i) {
      tokens[i] = replace_all(tokens[i], suffix, i + 1 == tokens.size() ? "" : " ");
    }
  };
}

HfDecoder strip_decoder(const HfPlace& place) {
  constexpr size_t kMost = 1U << 20;
  const std::u32string content = from_utf8(place.text("content"));
  if (content.size() != 1) place.refuse("expected one character as content");
  const size_t start = place.at("start").number(kMost);
  const size_t stop = place.at("stop").number(kMost);
  return [=](Tokens& tokens) {
    for (std::string& token : tokens) {
      std::u32string_view text;
      const std::u32string whole = from_utf8_lossy(token);
      text = whole;
      for (size_t i = 0; i < start && text.starts_with(content); ++i) text.remove_prefix(1);
      for (size_t i = 0; i < stop && text.ends_with(content); ++i) text.remove_suffix(1);
      token = to_utf8(text);
    }
  };
}

HfDecoder replace_decoder(const HfPlace& place) {
  return [pattern = read_hf_pattern(place),
          content = from_utf8(place.text("content"))](Tokens& tokens) {
    for (std::string& token : tokens) {
      const std::u32string text = from_utf8_lossy(token);
      const auto matches = pattern.matches(text);
      require_growth(text.size(), text.size() + matches.size() * content.size());
      std::u32string replaced;
      size_t at = 0;
      for (const auto& [begin, end] : matches) {
        replaced.append(text, at, begin - at).append(content);
        at = end;
      }
      token = to_utf8(replaced.append(text, at));
    }
  };
}

void fuse(Tokens& tokens) {
  std::string all;
  for (const std::string& token : tokens) all += token;
  tokens = {std::move(all)};
}

size_t size_of(const Tokens& tokens) {
  size_t size = 0;
  for (const std::string& token : tokens) size += token.size();
  return size;
}

HfDecoder sequence_decoder(const HfPlace& place, int depth) {
  const HfPlace list = place.at("decoders");
  std::vector<HfDecoder> steps;
  for (size_t i = 0; i < list.size(); ++i) {
    steps.push_back(read_hf_decoder(list.at(i), depth + 1));
  }
  return [steps = std::move(steps)](Tokens& tokens) {
    const size_t before = size_of(tokens);
    for (const HfDecoder& step : steps) {
      step(tokens);
      require_growth(before, size_of(tokens));
    }
  };
}

}  // namespace

HfDecoder read_hf_decoder(const HfPlace& place, int depth) {
  if (depth > kHfMaxDepth) place.refuse("a Sequence is nested too deep");
  const std::string type = place.type();
  if (type == "Sequence") return sequence_decoder(place, depth);
  if (type == "ByteLevel") return decode_byte_level;
  if (type == "ByteFallback") return decode_byte_fallback;
  if (type == "Fuse") return fuse;
  if (type == "WordPiece") return wordpiece_decoder(place);
  if (type == "Metaspace") return metaspace_decoder(place);
  if (type == "BPEDecoder") return bpe_decoder(place);
  if (type == "Strip") return strip_decoder(place);
  if (type == "Replace") return replace_decoder(place);
  place.refuse_kind(type);
}

}  // namespace motet::tokens
