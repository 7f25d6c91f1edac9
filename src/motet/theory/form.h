// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "motet/score/score.h"

namespace motet {

/// How alike the first 2,000 bars of a score are: [bars][bars], 0..1, symmetric, 1 on the diagonal.
/// Half from the pitch classes of each of four quarters of the bar, half from the rhythm in
/// sixteen places.
std::vector<std::vector<double>> bar_similarity(const Score& score);

/// A part of the form: bars [begin, end), counted from 0, with its letter; a later part that is
/// like an earlier one has the same letter, and a prime when it is a variant.
struct FormSection {
  size_t begin = 0;
  size_t end = 0;
  std::string label;  ///< "A", "B", "A'"
  auto operator<=>(const FormSection&) const = default;
};

/// Cuts a score into sections that come again, or that contrast: the best path through sections of
/// 4 to 16 bars (8 and 4 are favoured), each worth how like its best repetition it is, with borders
/// where the similarity matrix shows a corner. Without gaps; one section when it has fewer than
/// eight bars. A section is looked for again anywhere in pieces of up to 2,000 bars, and within
/// 4,000,000 / bars bars, but 256 at least, in longer ones: time grows with the bars, not with
/// their square.
/// source  Foote, "Automatic Audio Segmentation Using a Measure of Audio Novelty", ICME 2000;
/// repeated
///         stripes: Paulus, Mueller and Klapuri, "Audio-Based Music Structure Analysis", ISMIR 2010
std::vector<FormSection> find_form(const Score& score);

/// The labels in one word: "AABA".
std::string form_text(const std::vector<FormSection>& sections);

}  // namespace motet
