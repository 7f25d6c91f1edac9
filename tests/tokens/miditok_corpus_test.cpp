// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/tokens/event_tokenizer.h"
#include "motet/trust/hash.h"
#include "tests/support/data_dir.h"
#include "tests/tokens/miditok_golden.h"

namespace motet::tokens {
namespace {

namespace fs = std::filesystem;

constexpr size_t kDigits = 12;  ///< of a hash in the golden files

std::string digest(const Json& value) {
  return trust::sha256(std::string_view(value.dump())).substr(0, kDigits);
}

class MidiTokCorpus : public ::testing::TestWithParam<std::string> {};

TEST_P(MidiTokCorpus, IdsEqualMidiToksOwn) {
  const fs::path folder = test::data_dir() / "midi";
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is absent; see CONTRIBUTING.md";
  const Json record = golden(GetParam());
  const auto tokenizer = read_event_tokenizer(record["tokenizer"], GetParam());
  const Json files = golden("files");
  ASSERT_EQ(files.size(), record["ids"].size());
  size_t compared = 0;
  size_t different = 0;
  std::string first;
  for (size_t i = 0; i < files.size(); ++i) {
    const auto expected = record["ids"][i].get<std::string>();
    if (expected == "-") continue;  // MidiTok raised
    const auto file = files[i].get<std::string>();
    ++compared;
    std::string found;
    try {
      const auto ids = tokenizer->encode_midi(read_file(folder / file));
      found = digest(tokens_to_json(*tokenizer, ids)["ids"]);
    } catch (const Error& error) {
      found = error.what();
    }
    if (found == expected) continue;
    ++different;
    if (first.empty()) first = file + ": " + found;
  }
  RecordProperty("compared", static_cast<int>(compared));
  EXPECT_EQ(different, 0U) << "of " << compared << "; the first: " << first;
}

TEST_P(MidiTokCorpus, NotesDecodeAsMidiToks) {
  const fs::path folder = test::data_dir() / "midi";
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is absent; see CONTRIBUTING.md";
  constexpr size_t kEvery = 10;
  const Json record = golden(GetParam());
  const auto tokenizer = read_event_tokenizer(record["tokenizer"], GetParam());
  const Json files = golden("files");
  ASSERT_GT(record["notes"].size(), 0U);
  for (size_t i = 0; i < record["notes"].size(); ++i) {
    const auto expected = record["notes"][i].get<std::string>();
    if (expected == "-") continue;  // MidiTok raised
    const auto file = files[kEvery * i].get<std::string>();
    const auto ids = tokenizer->encode_midi(read_file(folder / file));
    EXPECT_EQ(digest(notes_of(tokenizer->decode_tracks(ids))), expected) << file;
  }
}

INSTANTIATE_TEST_SUITE_P(Every, MidiTokCorpus,
                         ::testing::ValuesIn(configurations_in(kMidiTokGolden)),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace motet::tokens
