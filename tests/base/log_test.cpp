// SPDX-License-Identifier: Apache-2.0
#include "motet/base/log.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace motet {
namespace {

TEST(Log, IsSilentUntilThereIsASink) {
  log_warning("to nobody");
  std::vector<std::pair<LogLevel, std::string>> heard;
  set_log_sink([&](LogLevel level, const std::string& text) { heard.emplace_back(level, text); });
  log_info("one");
  log_warning("two");
  set_log_sink(nullptr);
  log_info("three");
  const std::vector<std::pair<LogLevel, std::string>> expected = {{LogLevel::kInfo, "one"},
                                                                  {LogLevel::kWarning, "two"}};
  EXPECT_EQ(heard, expected);
}

}  // namespace
}  // namespace motet
