// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <memory>
#include <string>

#include "fuzz/require.h"
#include "motet/base/error.h"
#include "motet/score/midi.h"
#include "motet/tokens/event_tokenizer.h"

namespace {

using motet::tokens::EventSequence;
using motet::tokens::EventTokenizer;
using motet::tokens::TokenId;

/// The bytes as ids of the tokenizer, two a number.
EventSequence ids_of(const EventTokenizer& tokenizer, const uint8_t* data, size_t size) {
  EventSequence ids;
  for (size_t i = 0; i + 2 * tokenizer.width() <= size; i += 2 * tokenizer.width()) {
    for (size_t place = 0; place < tokenizer.width(); ++place) {
      const size_t number = data[i + 2 * place] | data[i + 2 * place + 1] << 8;
      ids.push_back(static_cast<TokenId>(number % tokenizer.vocabulary(place).size()));
    }
  }
  return ids;
}

/// The tokenizer of a line of JSON. Making its vocabulary takes longer than all the rest, and the
/// fuzzer changes the ids more often than the line, so the last few are kept.
const EventTokenizer& tokenizer_of(std::string_view line) {
  constexpr size_t kMost = 64;
  static std::map<std::string, std::unique_ptr<EventTokenizer>, std::less<>> kept;
  const auto known = kept.find(line);
  if (known != kept.end()) return *known->second;
  auto made = motet::tokens::read_event_tokenizer(motet::parse_json(line, "fuzz"), "fuzz");
  if (kept.size() == kMost) kept.clear();
  return *kept.emplace(line, std::move(made)).first->second;
}

}  // namespace

/// A line of JSON is a tokenizer or an Error; whatever follows it, as ids, decodes to a score that
/// can be written and tokenized again, and the same JSON written and read is the same tokenizer.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = motet::fuzz::text_of(data, size);
  const size_t line = std::min(text.find('\n'), size);
  try {
    const EventTokenizer& tokenizer = tokenizer_of(text.substr(0, line));
    const size_t begin = std::min(line + 1, size);
    const EventSequence ids = ids_of(tokenizer, data + begin, size - begin);
    const motet::Score score = tokenizer.decode({ids});
    if (!motet::fuzz::is_whole_law_due(data, size)) return 0;
    motet::fuzz::require(!motet::write_midi(score).empty());
    tokenizer.encode(score);
    const auto again = motet::tokens::read_event_tokenizer(tokenizer.to_json(), "again");
    motet::fuzz::require(again->vocabulary().names() == tokenizer.vocabulary().names());
  } catch (const motet::Error&) {
  }
  return 0;
}
