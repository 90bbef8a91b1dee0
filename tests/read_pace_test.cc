#include "server/async/read_pace.h"

#include <gtest/gtest.h>

namespace sextant {
namespace {

// A loop that works for `work` of each 10 ms and waits for the rest.
class PaceOf {
 public:
  explicit PaceOf(absl::Duration interval) : pace_({.interval = interval}) {}

  // Lets `time` pass. Returns how often the mode changed.
  int Pass(absl::Duration time, absl::Duration work) {
    constexpr absl::Duration kTurn = absl::Milliseconds(10);
    int changes = 0;
    for (absl::Duration passed; passed < time; passed += kTurn) {
      changes += pace_.Waited(now_ + work, now_ + kTurn) ? 1 : 0;
      now_ += kTurn;
    }
    return changes;
  }
  bool sweeping() const { return pace_.sweeping(); }

 private:
  ReadPace pace_;
  absl::Time now_ = absl::UnixEpoch();
};

TEST(ReadPaceTest, SweepsOnceALoopWorksMostOfTheTime) {
  PaceOf pace(absl::Milliseconds(50));

  EXPECT_EQ(pace.Pass(absl::Seconds(1), /*work=*/absl::Milliseconds(4)), 0);
  EXPECT_FALSE(pace.sweeping());

  EXPECT_EQ(pace.Pass(absl::Seconds(1), /*work=*/absl::Milliseconds(6)), 1);
  EXPECT_TRUE(pace.sweeping());
}

TEST(ReadPaceTest, GoesOnSweepingWhenThatSavesMostOfTheWork) {
  PaceOf pace(absl::Milliseconds(50));
  pace.Pass(absl::Seconds(1), /*work=*/absl::Milliseconds(6));

  EXPECT_EQ(pace.Pass(absl::Seconds(1), /*work=*/absl::Milliseconds(2)), 0);

  EXPECT_TRUE(pace.sweeping());
}

TEST(ReadPaceTest, CeasesWhenTheLoopHasLittleToDo) {
  PaceOf pace(absl::Milliseconds(50));
  pace.Pass(absl::Seconds(1), /*work=*/absl::Milliseconds(9));

  EXPECT_EQ(pace.Pass(absl::Seconds(1), /*work=*/absl::Milliseconds(1)), 1);

  EXPECT_FALSE(pace.sweeping());
}

TEST(ReadPaceTest, NeverSweepsWithoutAnInterval) {
  PaceOf pace(absl::ZeroDuration());

  pace.Pass(absl::Seconds(1), /*work=*/absl::Milliseconds(10));

  EXPECT_FALSE(pace.sweeping());
}

}  // namespace
}  // namespace sextant
