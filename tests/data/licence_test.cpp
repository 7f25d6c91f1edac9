// SPDX-License-Identifier: Apache-2.0
#include "motet/data/licence.h"

#include <gtest/gtest.h>

namespace motet::data {
namespace {

TEST(Licence, FreeLicencesMayTrain) {
  for (const char* text :
       {"CC-BY-4.0 NIFC polishscores.org", "CC0-1.0 OpenScore",
        "Unlicense (public domain) polifonia cre_corpus", "BSD-3-Clause Freedoom project",
        "public domain (Open Hymnal Project)"}) {
    EXPECT_TRUE(judge_licence(text).may_train) << text;
  }
}

TEST(Licence, WhatForbidsOrIsUnknownMayNotAndSaysWhy) {
  for (const char* text :
       {"CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-SA-4.0", "CC-BY-ND-4.0",
        "public domain (OpenEWLD, MIT db)", "all rights reserved", "", "public domain"}) {
    const Licence licence = judge_licence(text);
    EXPECT_FALSE(licence.may_train) << text;
    EXPECT_FALSE(licence.why.empty()) << text;
  }
}

}  // namespace
}  // namespace motet::data
