// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motet::tasks {

struct Word {
  std::string text;          ///< as it was written
  std::string lower;         ///< the same in lower-case ASCII
  bool after_break = false;  ///< a comma, a full stop or the like stands before it
  bool is_quoted = false;    ///< a whole quotation; it is a name and means nothing else
  bool is_claimed = false;   ///< some rule has understood it
};

/// An English sentence as words. Hyphens part words ("string-quartet" is two), '&' is "and", sharp
/// and flat signs are '#' and 'b'; "3/4", "92.5" and "f#" stay whole.
///
/// Rules look at words from any place, and claim those that they have understood, so that no word
/// is understood twice.
class Sentence {
 public:
  explicit Sentence(std::string_view text);

  size_t size() const noexcept { return words_.size(); }
  const Word& at(size_t i) const { return words_[i]; }

  /// Whether word i is there, free, and one of the given lower-case words.
  bool is(size_t i, std::initializer_list<std::string_view> options) const;
  /// Whether word i is there and free.
  bool is_free(size_t i) const;
  /// How many words from i on are this lower-case phrase ("string quartet"), free and without a
  /// break between them; 0 when they are not.
  size_t match(size_t i, std::string_view phrase) const;
  /// The free words i .. i+count-1 in lower case, a space between them; nothing when a break, a
  /// claimed word or the end comes before.
  std::optional<std::string> phrase(size_t i, size_t count) const;

  struct Number {
    double value = 0.0;
    size_t words = 0;
  };
  /// A number that begins at word i: "16", "92.5", "sixteen", "thirty two", "a dozen",
  /// "one hundred and twenty".
  std::optional<Number> number_at(size_t i) const;
  /// A number whose last word is i - 1.
  std::optional<Number> number_before(size_t i) const;

  void claim(size_t i, size_t count);
  /// The words as they were written.
  std::string text_of(size_t i, size_t count) const;

 private:
  std::vector<Word> words_;
};

}  // namespace motet::tasks
