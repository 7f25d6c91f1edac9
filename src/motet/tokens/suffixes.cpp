// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/suffixes.h"

#include <algorithm>

#include "motet/base/error.h"

namespace motet::tokens {
namespace {

constexpr char32_t kWordEnd = 0xffffffff;

struct Run {
  uint32_t begin = 0;  ///< of the suffix that shows the substring
  uint32_t length = 0;
  uint64_t count = 0;
  uint64_t weight() const { return count * length; }
};

class Suffixes {
 public:
  Suffixes(std::span<const CountedWord> words, size_t max_length) : depth_(max_length) {
    for (const CountedWord& word : words) {
      text_.insert(text_.end(), word.word.begin(), word.word.end());
      text_.push_back(kWordEnd);
    }
    if (text_.size() >= 0xffffffff) {
      throw Error(ErrorCode::kInvalidArgument,
                  "Unigram: a corpus of " + std::to_string(text_.size()) +
                      " symbols in distinct words is too large; train on a sample");
    }
    for (uint32_t at = 0; at < text_.size(); ++at) {
      if (text_[at] != kWordEnd) order_.push_back(at);
    }
    std::sort(order_.begin(), order_.end(), [this](uint32_t a, uint32_t b) {
      const size_t same = shared(a, b);
      if (same == depth_) return a < b;
      if (text_[a + same] != text_[b + same]) return text_[a + same] < text_[b + same];
      return a < b;  // both words end here
    });
  }

  /// The intervals of the array whose suffixes share 2 symbols or more.
  std::vector<Run> runs() const {
    struct Open {
      uint32_t length = 0;
      size_t first = 0;
    };
    std::vector<Run> found;
    std::vector<Open> open;
    for (size_t i = 1; i <= order_.size(); ++i) {
      const auto same =
          i < order_.size() ? static_cast<uint32_t>(shared(order_[i - 1], order_[i])) : 0;
      size_t first = i - 1;
      while (!open.empty() && open.back().length > same) {
        first = open.back().first;
        if (open.back().length >= 2)
          found.push_back({order_[first], open.back().length, i - first});
        open.pop_back();
      }
      if (same > 0 && (open.empty() || open.back().length < same)) open.push_back({same, first});
    }
    return found;
  }

  SymbolView text(const Run& run) const { return SymbolView(text_).substr(run.begin, run.length); }

 private:
  /// How many symbols two suffixes share, to the depth, within their words.
  size_t shared(uint32_t a, uint32_t b) const {
    size_t same = 0;
    while (same < depth_ && text_[a + same] == text_[b + same] && text_[a + same] != kWordEnd) {
      ++same;
    }
    return same;
  }

  size_t depth_;
  Symbols text_;
  std::vector<uint32_t> order_;
};

}  // namespace

std::vector<Substring> frequent_substrings(std::span<const CountedWord> words, size_t max_length,
                                           size_t limit) {
  const Suffixes suffixes(words, max_length);
  std::vector<Run> runs = suffixes.runs();
  std::sort(runs.begin(), runs.end(), [&](const Run& a, const Run& b) {
    if (a.weight() != b.weight()) return a.weight() > b.weight();
    return suffixes.text(a) > suffixes.text(b);
  });
  runs.resize(std::min(runs.size(), limit));
  std::vector<Substring> substrings;
  for (const Run& run : runs) substrings.push_back({Symbols(suffixes.text(run)), run.count});
  return substrings;
}

}  // namespace motet::tokens
