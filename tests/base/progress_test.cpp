// SPDX-License-Identifier: Apache-2.0
#include "motet/base/progress.h"

#include <gtest/gtest.h>

namespace motet {
namespace {

TEST(Progress, DrawsABarWithRateAndTimeLeft) {
  const ProgressEvent event{"training", 512, 1024, "loss 2.31"};
  EXPECT_EQ(progress_line(event, 160.0, 73),
            "training  [########........]  512/1024  50%  3.2/s  02:40 left  loss 2.31");
}

TEST(Progress, NeverExceedsTheTerminal) {
  for (int columns = 1; columns < 200; ++columns) {
    for (const int64_t done : {0, 1, 999, 1000, 2000}) {
      const ProgressEvent event{"composing", done, 1000, "bar 12 of 16"};
      EXPECT_LE(progress_line(event, 3.0, columns).size(), static_cast<size_t>(columns));
    }
  }
}

TEST(Progress, SaysNothingOfAnUnknownEnd) {
  EXPECT_EQ(progress_line({"reading", 30, 0, ""}, 10.0, 80), "reading  30  3.0/s");
  EXPECT_EQ(progress_line({"reading", 0, 0, ""}, 0.0, 80), "reading  0");
}

TEST(Progress, CarriesEventsOutAndTheWishToStopIn) {
  int64_t heard = 0;
  Progress progress([&](const ProgressEvent& event) { heard = event.done; });
  progress.report({"x", 7, 9, ""});
  EXPECT_EQ(heard, 7);
  EXPECT_FALSE(progress.stop_requested());
  progress.request_stop();
  EXPECT_TRUE(progress.stop_requested());
}

}  // namespace
}  // namespace motet
