// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/abc_patch.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/random.h"
#include "tests/support/data_dir.h"

namespace motet::tokens {
namespace {

constexpr AbcPatchConfig kStream16{.layout = AbcLayout::kStream, .size = 16};
constexpr AbcPatchConfig kFramed64{.layout = AbcLayout::kFramed, .size = 64};

std::vector<AbcPatchConfig> all_configs() {
  std::vector<AbcPatchConfig> configs;
  for (const AbcLayout layout : {AbcLayout::kStream, AbcLayout::kFramed}) {
    for (const size_t size : {4, 16, 64}) {
      for (const int alphabet : {128, 256}) {
        for (const bool specials : {true, false}) {
          configs.push_back({layout, size, alphabet, specials});
        }
      }
    }
  }
  return configs;
}

/// Patches as text: '_' pad, '<' begin, '>' end.
std::vector<std::string> shown(const AbcPatches& patches) {
  std::vector<std::string> all;
  for (size_t i = 0; i < patches.count(); ++i) {
    std::string& text = all.emplace_back();
    for (const uint8_t symbol : patches.patch(i)) {
      text += symbol < 3 ? "_<>"[symbol] : static_cast<char>(symbol);
    }
  }
  return all;
}

TEST(AbcPatch, StreamsBarsAsNotaGenDoes) {
  EXPECT_EQ(shown(encode_abc("L:1/8\n[V:1]A2 B2 c2 d2|[V:2]A8|\n", kStream16)),
            (std::vector<std::string>{"<<<<<<<<<<<<<<<>", "L:1/8\n>_________", "[V:1]A2 B2 c2 d2",
                                      "|[V:2]A8|\n>_____", "<>>>>>>>>>>>>>>>"}));
}

TEST(AbcPatch, FramesBarsAsClampDoes) {
  EXPECT_EQ(shown(encode_abc("K:C\n|:abc|def:|\n",
                             {.layout = AbcLayout::kFramed, .size = 8, .specials = false})),
            (std::vector<std::string>{"<K:C\n>__", "<|:abc|>", "<def:|\n>"}));
}

TEST(AbcPatch, AnyBytesSurvive) {
  const Random random(11, 0);
  uint64_t at = 0;
  constexpr std::string_view kCommon = "|:[]Vabc \nK%w\x1b\x02";
  for (const AbcPatchConfig& config : all_configs()) {
    for (int round = 0; round < 60; ++round) {
      std::string text;
      for (uint64_t length = random.below(120, at++); length > 0; --length) {
        const bool common = random.uniform(at++) < 0.7;
        text += common ? kCommon[random.below(kCommon.size(), at++)]
                       : static_cast<char>(random.below(256, at++));
      }
      const AbcPatches patches = encode_abc(text, config);
      EXPECT_EQ(decode_abc(patches), text);
      EXPECT_EQ(patches.symbols.size() % config.size, 0U);
      for (const uint8_t symbol : patches.symbols) EXPECT_LT(symbol, config.alphabet);
    }
  }
}

TEST(AbcPatch, EveryTuneOfTheHymnalSurvives) {
  const auto path = test::data_dir() / "abc" / "OpenHymnal.abc";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const std::string book = read_text(path);
  size_t tunes = 0;
  for (size_t begin = book.find("\nX:"); begin != book.npos; ++tunes) {
    const size_t end = book.find("\nX:", begin + 1);
    const std::string tune = book.substr(begin + 1, end == book.npos ? end : end - begin);
    for (const AbcPatchConfig& config : {kStream16, kFramed64}) {
      ASSERT_EQ(decode_abc(encode_abc(tune, config)), tune);
    }
    const InterleavedAbc interleaved = interleave_abc(tune);
    const std::string numbered = number_abc_lines(interleaved.text);
    ASSERT_EQ(without_abc_line_numbers(numbered), interleaved.text);
    ASSERT_EQ(decode_abc(encode_abc(numbered, kStream16)), numbered);
    begin = end;
  }
  EXPECT_GT(tunes, 200U);
}

TEST(AbcPatch, DecodesWhateverAModelWrites) {
  const Random random(12, 0);
  uint64_t at = 0;
  for (int round = 0; round < 200; ++round) {
    AbcPatches patches{16, std::vector<uint8_t>(16 * random.below(6, at++))};
    for (uint8_t& symbol : patches.symbols) symbol = static_cast<uint8_t>(random.below(256, at++));
    const std::string text = decode_abc(patches);
    EXPECT_LE(text.size(), patches.symbols.size());
  }
}

TEST(AbcPatch, InterleavesTheVoicesBarByBar) {
  const InterleavedAbc result = interleave_abc(
      "X:1\nV:1\nV:2 clef=bass\nK:C\n[V:1] CDEF|GABc|]\nw: la la\n[V:2] C4|\n[V:2] C4|]\n");
  EXPECT_EQ(result.text,
            "X:1\nV:1\nV:2 clef=bass\nK:C\n[V:1] CDEF|[V:2] C4|\n[V:1]GABc|][V:2] C4|]\n");
  EXPECT_EQ(result.lines_left_out, 1U);
  EXPECT_EQ(interleave_abc("K:C\nV:a\nc|d|\nV:b\nC|D|\n").text,
            "K:C\nV:a\n[V:a]c|[V:b]C|\n[V:a]d|[V:b]D|\n");
}

TEST(AbcPatch, NumbersTheLinesOfTheMusic) {
  EXPECT_EQ(number_abc_lines("K:C\n[V:1]c|\n[V:1]d|\n"), "K:C\n[r:0/1][V:1]c|\n[r:1/0][V:1]d|\n");
  EXPECT_EQ(number_abc_lines("K:C\nc|\n"), "K:C\nc|\n");
}

TEST(AbcPatch, RefusesPatchesThatHoldNothing) {
  EXPECT_THROW(encode_abc("c", {.size = 3}), Error);
  EXPECT_THROW(encode_abc("c", {.alphabet = 200}), Error);
}

}  // namespace
}  // namespace motet::tokens
