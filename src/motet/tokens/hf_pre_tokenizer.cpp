// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/hf_pre_tokenizer.h"

#include <algorithm>

#include "motet/tokens/byte_level.h"
#include "motet/tokens/hf_pattern.h"
#include "motet/tokens/unicode.h"

namespace motet::tokens {
namespace {

using Text = std::u32string;
using Range = std::pair<size_t, size_t>;  ///< [begin, end)
using Finder = std::function<std::vector<Range>(const Text&)>;

/// What becomes of a delimiter that was found.
enum class Behavior { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

Behavior read_behavior(const HfPlace& place, const char* otherwise) {
  const std::string name = place.text("behavior", otherwise);
  if (name == "Removed") return Behavior::kRemoved;
  if (name == "Isolated") return Behavior::kIsolated;
  if (name == "MergedWithPrevious") return Behavior::kMergedWithPrevious;
  if (name == "MergedWithNext") return Behavior::kMergedWithNext;
  if (name == "Contiguous") return Behavior::kContiguous;
  place.refuse_kind("behavior " + name);
}

/// A stretch of the text that is a delimiter, or lies between two.
struct Stretch {
  size_t begin = 0;
  size_t end = 0;
  bool delimiter = false;
};

std::vector<Stretch> stretches_of(const Text& text, const std::vector<Range>& delimiters) {
  std::vector<Stretch> stretches;
  size_t at = 0;
  for (const auto& [begin, end] : delimiters) {
    if (at < begin) stretches.push_back({at, begin, false});
    stretches.push_back({begin, end, true});
    at = end;
  }
  if (at < text.size()) stretches.push_back({at, text.size(), false});
  return stretches;
}

/// A delimiter joins the stretch at `to` (the one before it, or after it when the list is reversed)
/// unless it follows another delimiter.
template <typename Join>
std::vector<Stretch> merged(const std::vector<Stretch>& stretches, const Join& join) {
  std::vector<Stretch> out;
  bool after_delimiter = false;
  for (const Stretch& stretch : stretches) {
    if (stretch.delimiter && !after_delimiter && !out.empty()) {
      join(out.back(), stretch);
    } else {
      out.push_back(stretch);
    }
    after_delimiter = stretch.delimiter;
  }
  return out;
}

std::vector<Stretch> arranged(std::vector<Stretch> stretches, Behavior behavior) {
  switch (behavior) {
    case Behavior::kIsolated:
      break;
    case Behavior::kRemoved:
      std::erase_if(stretches, [](const Stretch& stretch) { return stretch.delimiter; });
      break;
    case Behavior::kContiguous: {
      std::vector<Stretch> out;
      for (const Stretch& stretch : stretches) {
        if (!out.empty() && out.back().delimiter == stretch.delimiter) {
          out.back().end = stretch.end;
        } else {
          out.push_back(stretch);
        }
      }
      return out;
    }
    case Behavior::kMergedWithPrevious:
      return merged(stretches, [](Stretch& to, const Stretch& from) { to.end = from.end; });
    case Behavior::kMergedWithNext:
      std::reverse(stretches.begin(), stretches.end());
      stretches =
          merged(stretches, [](Stretch& to, const Stretch& from) { to.begin = from.begin; });
      std::reverse(stretches.begin(), stretches.end());
      break;
  }
  return stretches;
}

void split_part(const HfPart& part, const std::vector<Stretch>& stretches,
                std::vector<HfPart>& out) {
  for (const Stretch& stretch : stretches) {
    if (stretch.begin == stretch.end) continue;
    out.push_back({part.text.substr(stretch.begin, stretch.end - stretch.begin),
                   part.at_start && stretch.begin == 0});
  }
}

HfPreTokenizer splitter(Finder finder, Behavior behavior, bool invert = false) {
  return [=](std::vector<HfPart>& parts) {
    std::vector<HfPart> out;
    for (const HfPart& part : parts) {
      std::vector<Stretch> stretches = stretches_of(part.text, finder(part.text));
      if (invert) {
        for (Stretch& stretch : stretches) stretch.delimiter = !stretch.delimiter;
      }
      split_part(part, arranged(std::move(stretches), behavior), out);
    }
    parts = std::move(out);
  };
}

/// Each character of a kind is a delimiter of its own.
template <typename Predicate>
Finder each(Predicate predicate) {
  return [predicate](const Text& text) {
    std::vector<Range> found;
    for (size_t i = 0; i < text.size(); ++i) {
      if (predicate(text[i])) found.emplace_back(i, i + 1);
    }
    return found;
  };
}

/// \w+|[^\w\s]+
std::vector<Range> words_and_signs(const Text& text) {
  enum class Class { kBlank, kWord, kSign };
  const auto class_of = [](char32_t c) {
    if (is_word_character(c)) return Class::kWord;
    return is_white_space(c) ? Class::kBlank : Class::kSign;
  };
  std::vector<Range> found;
  for (size_t at = 0; at < text.size();) {
    const Class wanted = class_of(text[at]);
    size_t end = at + 1;
    while (end < text.size() && class_of(text[end]) == wanted) ++end;
    if (wanted != Class::kBlank) found.emplace_back(at, end);
    at = end;
  }
  return found;
}

HfPreTokenizer read_byte_level(const HfPlace& place) {
  const bool add_space = place.flag("add_prefix_space", true);
  const bool use_regex = place.flag("use_regex", true);
  return [=](std::vector<HfPart>& parts) {
    std::vector<HfPart> out;
    for (HfPart& part : parts) {
      if (add_space && !part.text.starts_with(U' ')) part.text.insert(0, 1, U' ');
      size_t begin = 0;
      const std::vector<size_t> ends =
          use_regex ? gpt2_word_ends(part.text) : std::vector{part.text.size()};
      for (const size_t end : ends) {
        const std::u32string_view word = std::u32string_view(part.text).substr(begin, end - begin);
        out.push_back({to_byte_level(word), part.at_start && begin == 0});
        begin = end;
      }
    }
    parts = std::move(out);
  };
}

char32_t one_character(const HfPlace& place) {
  const Text text = from_utf8(place.text());
  if (text.size() != 1) place.refuse("expected one character");
  return text[0];
}

HfPreTokenizer read_metaspace(const HfPlace& place) {
  const char32_t mark = one_character(place.at("replacement"));
  std::string scheme = place.text("prepend_scheme", "always");
  if (!place.flag("add_prefix_space", true)) scheme = "never";
  if (scheme != "always" && scheme != "first" && scheme != "never") {
    place.refuse_kind("prepend_scheme " + scheme);
  }
  const bool split = place.flag("split", true);
  const HfPreTokenizer cut =
      splitter(each([mark](char32_t c) { return c == mark; }), Behavior::kMergedWithNext);
  return [=](std::vector<HfPart>& parts) {
    for (HfPart& part : parts) {
      std::replace(part.text.begin(), part.text.end(), U' ', mark);
      const bool prepend = scheme == "always" || (scheme == "first" && part.at_start);
      if (prepend && !part.text.starts_with(mark)) part.text.insert(0, 1, mark);
    }
    if (split) cut(parts);
  };
}

HfPreTokenizer read_split(const HfPlace& place) {
  const Pattern pattern = read_hf_pattern(place);
  return splitter([pattern](const Text& text) { return pattern.matches(text); },
                  read_behavior(place, "Isolated"), place.flag("invert", false));
}

HfPreTokenizer read_fixed_length(const HfPlace& place) {
  constexpr size_t kDefault = 5;
  const size_t length = place.has("length") ? place.at("length").number(1U << 20) : kDefault;
  if (length == 0) place.refuse("expected a length of at least 1");
  const auto cut = [length](const Text& text) {
    std::vector<Range> found;
    for (size_t at = 0; at < text.size(); at += length) {
      found.emplace_back(at, std::min(text.size(), at + length));
    }
    return found;
  };
  return splitter(cut, Behavior::kIsolated);
}

size_t size_of(const std::vector<HfPart>& parts) {
  size_t size = 0;
  for (const HfPart& part : parts) size += part.text.size();
  return size;
}

HfPreTokenizer in_turn(std::vector<HfPreTokenizer> steps) {
  return [steps = std::move(steps)](std::vector<HfPart>& parts) {
    const size_t before = size_of(parts);
    for (const HfPreTokenizer& step : steps) {
      step(parts);
      require_growth(before, size_of(parts));
    }
  };
}

HfPreTokenizer read_sequence(const HfPlace& place, int depth) {
  const HfPlace list = place.at("pretokenizers");
  std::vector<HfPreTokenizer> steps;
  for (size_t i = 0; i < list.size(); ++i) {
    steps.push_back(read_hf_pre_tokenizer(list.at(i), depth + 1));
  }
  return in_turn(std::move(steps));
}

}  // namespace

HfPreTokenizer read_hf_pre_tokenizer(const HfPlace& place, int depth) {
  if (depth > kHfMaxDepth) place.refuse("a Sequence is nested too deep");
  const std::string type = place.type();
  if (type == "Sequence") return read_sequence(place, depth);
  if (type == "ByteLevel") return read_byte_level(place);
  if (type == "Metaspace") return read_metaspace(place);
  if (type == "Split") return read_split(place);
  if (type == "FixedLength") return read_fixed_length(place);
  if (type == "Whitespace") return splitter(words_and_signs, Behavior::kRemoved, true);
  const HfPreTokenizer at_blanks = splitter(each(is_white_space), Behavior::kRemoved);
  if (type == "WhitespaceSplit") return at_blanks;
  if (type == "BertPreTokenizer") {
    return in_turn({at_blanks, splitter(each(is_bert_punctuation), Behavior::kIsolated)});
  }
  if (type == "Punctuation") {
    return splitter(each(is_bert_punctuation), read_behavior(place, "Isolated"));
  }
  if (type == "Digits") {
    const bool single = place.flag("individual_digits", false);
    return splitter(each(is_number), single ? Behavior::kIsolated : Behavior::kContiguous);
  }
  if (type == "CharDelimiterSplit") {
    const char32_t delimiter = one_character(place.at("delimiter"));
    return splitter(each([delimiter](char32_t c) { return c == delimiter; }), Behavior::kRemoved);
  }
  place.refuse_kind(type);
}

}  // namespace motet::tokens
