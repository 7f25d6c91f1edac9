// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/tokens/subword.h"
#include "motet/tokens/unicode.h"

/// Learns and applies a subword model to words of base tokens, one word a line, a base token a
/// character (tools/bench_bpe.py writes the lines and runs `tokenizers` on the same):
///
///     bpe_bench WORDS bpe|unigram|wordpiece SIZE THREADS MODEL_OUT IDS_OUT
///
/// Prints "count S train S apply S tokens N symbols N words N", S being seconds of the processor;
/// the ids go to IDS_OUT, a word a line, so that they can be compared.
namespace {

using motet::tokens::Symbols;
using motet::tokens::TokenId;

/// Of the processor, all threads together: what else the machine does changes little of it.
double seconds_since(std::clock_t start) {
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

std::vector<std::vector<TokenId>> read_words(const std::string& path) {
  std::vector<std::vector<TokenId>> words;
  const std::string text = motet::read_text(path);
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    std::vector<TokenId>& word = words.emplace_back();
    for (const char32_t symbol : motet::tokens::from_utf8(line)) {
      word.push_back(static_cast<TokenId>(symbol - motet::tokens::kFirstBaseSymbol));
    }
  }
  return words;
}

void write_ids(const std::string& path, const std::vector<std::vector<TokenId>>& all) {
  std::string text;
  for (const std::vector<TokenId>& ids : all) {
    for (const TokenId id : ids) (text += std::to_string(id)) += ' ';
    text += '\n';
  }
  motet::write_file(path, std::string_view(text));
}

int run(char** argv) {
  const std::vector<std::vector<TokenId>> words = read_words(argv[1]);
  TokenId base_tokens = 0;
  size_t symbols = 0;
  for (const auto& word : words) {
    symbols += word.size();
    for (const TokenId id : word) base_tokens = std::max(base_tokens, id + 1);
  }
  motet::ThreadPool pool(std::strtoul(argv[4], nullptr, 10));

  std::clock_t start = std::clock();
  motet::tokens::SubwordTrainer trainer(base_tokens);
  for (const auto& word : words) trainer.add(word);
  const double count = seconds_since(start);

  start = std::clock();
  const motet::tokens::Subword subword = trainer.train(motet::tokens::subword_type_of(argv[2]),
                                                       std::strtoul(argv[3], nullptr, 10), pool);
  const double train = seconds_since(start);

  std::vector<std::vector<TokenId>> ids(words.size());
  start = std::clock();
  pool.run(words.size(), [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) ids[i] = subword.encode(words[i]);
  });
  const double apply = seconds_since(start);

  size_t tokens = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    tokens += ids[i].size();
    if (subword.decode(ids[i]) != words[i]) {
      throw motet::Error(motet::ErrorCode::kInvalidFile, "bpe_bench: decode does not undo encode");
    }
  }
  motet::write_file(argv[5], std::string_view(subword.to_text()));
  write_ids(argv[6], ids);
  std::printf("count %.3f train %.3f apply %.3f tokens %zu symbols %zu words %zu\n", count, train,
              apply, tokens, symbols, words.size());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "bpe_bench WORDS bpe|unigram|wordpiece SIZE THREADS MODEL_OUT IDS_OUT\n");
    return 2;
  }
  try {
    return run(argv);
  } catch (const motet::Error& error) {
    std::fprintf(stderr, "bpe_bench: %s\n", error.what());
    return 1;
  }
}
