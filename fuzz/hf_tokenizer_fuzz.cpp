// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "fuzz/require.h"
#include "motet/base/error.h"
#include "motet/tokens/hf_tokenizer.h"
#include "motet/tokens/subword.h"
#include "motet/tokens/unicode.h"

namespace {

/// The fuzzer invents JSON slowly; these give it tokenizers that work, so that texts are tried too.
const motet::tokens::HfTokenizer& given(size_t which) {
  static const motet::tokens::HfTokenizer kByteLevel(std::string_view(R"({
      "added_tokens":[{"id":9,"content":"<s>","lstrip":true,"special":true}],
      "pre_tokenizer":{"type":"ByteLevel"},"decoder":{"type":"ByteLevel"},
      "model":{"type":"BPE","unk_token":"?","vocab":{"?":0,"a":1,"b":2,"ab":3,"Ġ":4,"Ġa":5},
               "merges":["a b","Ġ a"]}})"));
  static const motet::tokens::HfTokenizer kUnigram(std::string_view(R"({
      "normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"BertNormalizer"}]},
      "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Metaspace","replacement":"▁"},
          {"type":"Punctuation"},{"type":"Split","pattern":{"Regex":"\\s+(?!\\S)|\\w{1,3}"},
          "behavior":"MergedWithPrevious","invert":true}]},
      "decoder":{"type":"Metaspace","replacement":"▁"},
      "model":{"type":"Unigram","unk_id":0,"vocab":[["?",0],["▁",-1],["a",-2],["▁a",-2.5]]}})"));
  return which % 2 == 0 ? kByteLevel : kUnigram;
}

/// Any text becomes ids, and these a text that becomes ids again.
void try_text(const motet::tokens::HfTokenizer& tokenizer, std::string_view text) {
  const auto ids = tokenizer.encode(text);
  const std::string back = tokenizer.decode(ids, motet::tokens::HfTokenizer::Specials::kAdd);
  motet::tokens::from_utf8(back);  // throws unless it is UTF-8
  tokenizer.encode(back);
}

/// JSON is a tokenizer that survives being written and read.
void try_tokenizer(std::string_view text, bool is_whole_law_due) {
  try {
    const motet::tokens::HfTokenizer tokenizer(text);
    try_text(tokenizer, text.substr(0, 40));
    if (!is_whole_law_due) return;
    const std::string once = motet::to_text(tokenizer.json());
    const motet::tokens::HfTokenizer again{std::string_view(once)};
    motet::fuzz::require(motet::to_text(again.json()) == once);
    try_text(tokenizer, text.substr(0, 200));
    try_text(tokenizer, "a waltz in A minor");
  } catch (const motet::Error&) {
  }
}

void try_model(std::string_view text) {
  try {
    const motet::tokens::Subword subword(text);
    const std::vector<motet::tokens::TokenId> ids = {subword.size() - 1, 0};
    subword.encode(subword.decode(ids));
  } catch (const motet::Error&) {
  }
}

}  // namespace

/// Any JSON is a tokenizer, or a model of Motet's own, or an Error; any other text is encoded and
/// decoded, or an Error.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = motet::fuzz::text_of(data, size);
  const bool is_whole_law_due = motet::fuzz::is_whole_law_due(data, size);
  const bool is_json = text.starts_with('{');
  if (is_json) try_tokenizer(text, is_whole_law_due);
  if (is_json && is_whole_law_due) try_model(text);
  if (is_json && !is_whole_law_due) return 0;
  try {
    try_text(given(size), text.substr(0, 400));
  } catch (const motet::Error&) {
  }
  return 0;
}
