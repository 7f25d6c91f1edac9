// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace motet::data {

/// What a licence text of a corpus permits.
struct Licence {
  std::string spdx;        ///< "CC-BY-4.0", "CC0-1.0", …; "LicenseRef-…" where SPDX has no name
  bool may_train = false;  ///< may it be in the training data of a model that ships
  std::string why;         ///< one sentence, for a person who asks
};

/// Judges a licence by its text. What is not known to permit training does not: non-commercial,
/// share-alike and no-derivatives terms, and texts that are not recognised, are refused.
Licence judge_licence(std::string_view text);

}  // namespace motet::data
