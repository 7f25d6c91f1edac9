// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/hf_normalizer.h"

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "motet/tokens/byte_level.h"
#include "motet/tokens/charsmap.h"
#include "motet/tokens/hf_pattern.h"
#include "motet/tokens/unicode.h"

namespace motet::tokens {
namespace {

using Text = std::u32string;

template <typename Predicate>
void remove_if(Text& text, const Predicate& predicate) {
  text.erase(std::remove_if(text.begin(), text.end(), predicate), text.end());
}

HfNormalizer to_form(Normalization form) {
  return [form](Text& text) { text = normalize(text, form); };
}

void strip_left(Text& text) {
  const auto kept = std::find_if_not(text.begin(), text.end(), is_white_space);
  text.erase(text.begin(), kept);
}

void strip_right(Text& text) {
  while (!text.empty() && is_white_space(text.back())) text.pop_back();
}

HfNormalizer strip_normalizer(const HfPlace& place) {
  const bool left = place.flag("strip_left", true);
  const bool right = place.flag("strip_right", true);
  return [left, right](Text& text) {
    if (left) strip_left(text);
    if (right) strip_right(text);
  };
}

/// The control characters and blanks of SentencePiece's "nmt" rules.
void normalize_nmt(Text& text) {
  remove_if(text, [](char32_t c) {
    return (c >= 1 && c <= 8) || c == 0xb || (c >= 0xe && c <= 0x1f) || c == 0x7f || c == 0x8f ||
           c == 0x9f;
  });
  constexpr std::u32string_view kBlanks = U"\t\n\f\r\u1680\u2028\u2029\u2581\ufeff\ufffd";
  for (char32_t& c : text) {
    if (kBlanks.find(c) != kBlanks.npos || (c >= 0x200b && c <= 0x200f)) c = U' ';
  }
}

bool is_chinese(char32_t c) {
  return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) ||
         (c >= 0x20000 && c <= 0x2a6df) || (c >= 0x2a700 && c <= 0x2b73f) ||
         (c >= 0x2b740 && c <= 0x2b81f) || (c >= 0x2b920 && c <= 0x2ceaf) ||
         (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f);
}

void clean_for_bert(Text& text) {
  const auto is_blank = [](char32_t c) { return c == U'\t' || c == U'\n' || c == U'\r'; };
  remove_if(text, [&](char32_t c) {
    return c == 0 || c == 0xfffd || (!is_blank(c) && is_bert_control(c));
  });
  for (char32_t& c : text) {
    if (is_blank(c) || is_white_space(c)) c = U' ';
  }
}

void space_chinese(Text& text) {
  Text spaced;
  for (const char32_t c : text) {
    if (is_chinese(c)) {
      (((spaced += U' ') += c) += U' ');
    } else {
      spaced += c;
    }
  }
  text = std::move(spaced);
}

HfNormalizer bert_normalizer(const HfPlace& place) {
  const bool clean = place.flag("clean_text", true);
  const bool chinese = place.flag("handle_chinese_chars", true);
  const bool lower = place.flag("lowercase", true);
  const bool strip = place.flag("strip_accents", lower);
  return [=](Text& text) {
    if (clean) clean_for_bert(text);
    if (chinese) space_chinese(text);
    if (strip) {
      text = normalize(text, Normalization::kNfd);
      remove_if(text, is_bert_nonspacing_mark);
    }
    if (lower) text = to_lower(text);
  };
}

HfNormalizer prepend_normalizer(const HfPlace& place) {
  return [prefix = from_utf8(place.text("prepend"))](Text& text) {
    if (!text.empty()) text.insert(0, prefix);
  };
}

HfNormalizer replace_normalizer(const HfPlace& place) {
  return
      [pattern = read_hf_pattern(place), content = from_utf8(place.text("content"))](Text& text) {
        Text replaced;
        size_t at = 0;
        for (const auto& [begin, end] : pattern.matches(text)) {
          replaced.append(text, at, begin - at).append(content);
          at = end;
        }
        text = replaced.append(text, at);
      };
}

HfNormalizer precompiled_normalizer(const HfPlace& place) {
  return [map = std::make_shared<const Charsmap>(place.text("precompiled_charsmap"))](Text& text) {
    text = map->apply(text);
  };
}

HfNormalizer sequence_normalizer(const HfPlace& place, int depth) {
  const HfPlace list = place.at("normalizers");
  std::vector<HfNormalizer> steps;
  for (size_t i = 0; i < list.size(); ++i) {
    steps.push_back(read_hf_normalizer(list.at(i), depth + 1));
  }
  return [steps = std::move(steps)](Text& text) {
    const size_t before = text.size();
    for (const HfNormalizer& step : steps) {
      step(text);
      require_growth(before, text.size());
    }
  };
}

}  // namespace

HfNormalizer read_hf_normalizer(const HfPlace& place, int depth) {
  if (depth > kHfMaxDepth) place.refuse("a Sequence is nested too deep");
  const std::string type = place.type();
  if (type == "Sequence") return sequence_normalizer(place, depth);
  if (type == "NFC") return to_form(Normalization::kNfc);
  if (type == "NFD") return to_form(Normalization::kNfd);
  if (type == "NFKC") return to_form(Normalization::kNfkc);
  if (type == "NFKD") return to_form(Normalization::kNfkd);
  if (type == "Lowercase") return [](Text& text) { text = to_lower(text); };
  if (type == "StripAccents") return [](Text& text) { remove_if(text, is_mark); };
  if (type == "Nmt") return normalize_nmt;
  if (type == "ByteLevel") return [](Text& text) { text = to_byte_level(text); };
  if (type == "Strip") return strip_normalizer(place);
  if (type == "BertNormalizer") return bert_normalizer(place);
  if (type == "Prepend") return prepend_normalizer(place);
  if (type == "Replace") return replace_normalizer(place);
  if (type == "Precompiled") return precompiled_normalizer(place);
  place.refuse_kind(type);
}

}  // namespace motet::tokens
