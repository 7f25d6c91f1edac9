// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motet::tokens {

/// GPT-2's way to write any byte as a printable character (Radford et al. 2019): the printable
/// bytes of Latin-1 stand for themselves, the other 68 for U+0100 .. U+0143, in order.
char32_t char_of_byte(uint8_t byte) noexcept;
std::optional<uint8_t> byte_of_char(char32_t c) noexcept;

/// The UTF-8 bytes of a text, each as its character.
std::u32string to_byte_level(std::u32string_view text);

/// GPT-2's words, as their ends: 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|
/// \s+(?!\S)|\s+
std::vector<size_t> gpt2_word_ends(std::u32string_view text);

}  // namespace motet::tokens
