// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace motet::tokens {

/// How the characters of a bar lie in its patches.
enum class AbcLayout {
  /// NotaGen (Wang et al. 2025), size 16: a bar begins with its bar line and takes as many patches
  /// as it needs; the last is ended by kAbcEnd and filled by kAbcPad when it is not full.
  kStream,
  /// CLaMP 2 (Wu et al. 2024) and MelodyT5, size 64: a bar ends with its bar line; kAbcBegin, the
  /// characters, then kAbcEnd and kAbcPad if there is room. Those models cut what a patch cannot
  /// hold; here it goes on in a further patch, so that no text is lost.
  kFramed,
};

inline constexpr uint8_t kAbcPad = 0;
inline constexpr uint8_t kAbcBegin = 1;
inline constexpr uint8_t kAbcEnd = 2;
inline constexpr uint8_t kAbcMask = 3;  ///< never written by encode_abc
/// Before two hexadecimal digits: a byte that the alphabet lacks.
inline constexpr uint8_t kAbcEscape = 0x1b;

struct AbcPatchConfig {
  AbcLayout layout = AbcLayout::kStream;
  size_t size = 16;      ///< symbols a patch; 4 or more
  int alphabet = 128;    ///< 128: ASCII, as those models have it; 256: any byte stands for itself
  bool specials = true;  ///< a patch that begins the tune, and one that ends it
};

/// Patches end to end: [count, size] symbols. A symbol is a byte of the text or one of the above.
struct AbcPatches {
  size_t size = 0;
  std::vector<uint8_t> symbols;

  size_t count() const { return size == 0 ? 0 : symbols.size() / size; }
  std::span<const uint8_t> patch(size_t i) const {
    return std::span(symbols).subspan(i * size, size);
  }
};

/// Cuts ABC into lines, and lines of music at their bar lines, and puts each into patches. The law,
/// for any bytes at all: decode_abc(encode_abc(text, config)) == text.
///
/// throws  Error(kInvalidArgument) for a size below 4, or an alphabet that is not 128 or 256
AbcPatches encode_abc(std::string_view text, const AbcPatchConfig& config);

/// Makes the best of any symbols. patches.symbols.size() is a multiple of patches.size.
std::string decode_abc(const AbcPatches& patches);

/// What encode_abc puts into patches of their own: a field or comment line, or a bar of a line of
/// music. Their concatenation is the text.
std::vector<std::string_view> split_abc_bars(std::string_view text, AbcLayout layout);

/// NotaGen's interleaved ABC: after the header, one line a bar, in which every voice says that bar:
/// "[V:1]c2 d2|[V:2]C4|". Voices are those of "V:" lines and of "[V:...]" at a line's beginning.
struct InterleavedAbc {
  std::string text;
  size_t lines_left_out = 0;  ///< lyrics, comments and fields within the music: it has no room
};
/// One tune; a voice that is shorter than another has no part in the last lines.
InterleavedAbc interleave_abc(std::string_view tune);

/// Sets "[r:3/12]" before every line from the first with "[V:" on: lines before it, lines after it.
std::string number_abc_lines(std::string_view interleaved);
/// Takes them away again.
std::string without_abc_line_numbers(std::string_view numbered);

}  // namespace motet::tokens
