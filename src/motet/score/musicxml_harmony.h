// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motet::musicxml {

enum class DegreeType { kAdd, kAlter, kSubtract };

/// What a chord has more, other or less than its kind says.
struct Degree {
  int value = 9;  ///< 1..13
  int alter = 0;  ///< sharps above 0, flats below
  DegreeType type = DegreeType::kAdd;
  auto operator<=>(const Degree&) const = default;
};

/// A chord symbol taken apart, as MusicXML's <harmony> wants it.
struct Harmony {
  char root = 'C';
  int root_alter = 0;
  std::string kind;  ///< "minor-seventh"; "none" for N.C.; "other" for what is not known
  std::string text;  ///< the kind as a lead sheet has it: "m7"
  std::vector<Degree> degrees;
  std::optional<char> bass;
  int bass_alter = 0;
};

/// Nothing when the text does not begin with a note name and is not "N.C.".
std::optional<Harmony> parse_harmony(std::string_view text);

/// The chord as a lead sheet has it: "Am7", "C7(b9,no5)/G". The kind decides what is written; its
/// `text` only counts where the kind is "other" or not known. parse_harmony takes it apart again,
/// and what that gives has the same name.
std::string chord_text(const Harmony& harmony);

/// Whether a chord of this kind has the degree without being told.
bool has_degree(std::string_view kind, int value);

}  // namespace motet::musicxml
