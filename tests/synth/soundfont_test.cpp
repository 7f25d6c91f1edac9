// SPDX-License-Identifier: Apache-2.0
#include "motet/synth/soundfont.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "motet/base/error.h"

namespace motet::synth {
namespace {

/// Sets MOTET_SOUNDFONT for one test, and puts back what was there.
class Variable {
 public:
  explicit Variable(const char* value) {
    if (const char* old = std::getenv("MOTET_SOUNDFONT")) old_ = old;
    setenv("MOTET_SOUNDFONT", value, 1);
  }
  ~Variable() {
    old_.empty() ? unsetenv("MOTET_SOUNDFONT") : setenv("MOTET_SOUNDFONT", old_.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  std::string old_;
};

TEST(Soundfont, AMissingFileIsNamedWithTheWayToGetOne) {
  try {
    find_soundfont("/nowhere/at/all.sf2");
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_NE(text.find("/nowhere/at/all.sf2"), std::string::npos) << text;
    EXPECT_NE(text.find("apt install musescore-general-soundfont-small"), std::string::npos)
        << text;
  }
}

TEST(Soundfont, TheChosenOneGoesBeforeTheVariable) {
  const Variable variable("/nowhere/at/all.sf2");
  EXPECT_EQ(find_soundfont(__FILE__), __FILE__);
}

TEST(Soundfont, TheVariableGoesBeforeTheUsualPlaces) {
  const Variable variable(__FILE__);
  EXPECT_EQ(find_soundfont(""), __FILE__);
}

TEST(Soundfont, AVariableThatNamesNoFileIsNotPassedOver) {
  const Variable variable("/nowhere/at/all.sf2");
  EXPECT_THROW(find_soundfont(""), Error);
}

}  // namespace
}  // namespace motet::synth
