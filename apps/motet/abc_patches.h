// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace motet::program {

/// What `motet tokenize --patches` was asked for.
struct AbcPatchesRequest {
  std::string input;   ///< ABC as it is, or any other format, which is written as ABC first
  std::string output;  ///< empty: print
  std::string layout;  ///< "stream", "framed" or "notagen"
};

/// Writes bar patches as lines of numbers, a patch a line: of the ABC text as it stands ("stream",
/// 16 characters; "framed", 64, as CLaMP 2) or, of one tune, of its bars by turns of its voices
/// with numbered lines ("notagen", 16). Throws Error for another layout and for what cannot be
/// read.
void tokenize_patches(const AbcPatchesRequest& request);

/// Turns such lines back: into an .abc file as it was, or any format that Motet writes. Numbered
/// lines lose their numbers.
void detokenize_patches(const std::string& input, const std::string& output);

}  // namespace motet::program
