// SPDX-License-Identifier: Apache-2.0
#include "motet/data/licence.h"

#include <array>

namespace motet::data {
namespace {

struct Rule {
  std::string_view beginning;
  std::string_view spdx;
  bool may_train;
  std::string_view why;
};

// The first rule whose beginning fits decides; the narrower ones stand first.
constexpr std::array kRules = {
    Rule{"CC-BY-NC", "CC-BY-NC-4.0", false, "its licence forbids commercial use"},
    Rule{"CC-BY-SA", "CC-BY-SA-4.0", false,
         "its licence asks that what is made of it be shared alike"},
    Rule{"CC-BY-ND", "CC-BY-ND-4.0", false, "its licence forbids derivatives"},
    Rule{"CC-BY-4.0", "CC-BY-4.0", true, "free with attribution"},
    Rule{"CC0-1.0", "CC0-1.0", true, "dedicated to the public domain"},
    Rule{"Unlicense", "Unlicense", true, "dedicated to the public domain"},
    Rule{"BSD-3-Clause", "BSD-3-Clause", true, "free with its notice"},
    Rule{"public domain (OpenEWLD", "LicenseRef-PublicDomain-US", false,
         "its songs are in the public domain in the USA, but some are not elsewhere"},
    Rule{"public domain (Open Hymnal", "LicenseRef-PublicDomain", true, "in the public domain"},
};

}  // namespace

Licence judge_licence(std::string_view text) {
  for (const Rule& rule : kRules) {
    if (text.starts_with(rule.beginning)) {
      return {std::string(rule.spdx), rule.may_train, std::string(rule.why)};
    }
  }
  return {"NOASSERTION", false, "its licence is not known to permit training"};
}

}  // namespace motet::data
