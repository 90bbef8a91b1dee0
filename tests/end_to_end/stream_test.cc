#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/world.h"

namespace sextant {
namespace {

TEST(SolveStreamTest, TellsThePlanFirstThenTracesAsTheyEndAndTheResponseLast) {
  World world({.samples = {{"\\boxed{4}", 100}, {"\\boxed{4}", 300}}, .tokens_per_second = 500});
  std::vector<v1::SolveEvent> events;

  const SolveResult result =
      world.client().SolveStream(world.Request("majority_vote(n=2,stop=all)"), {},
                                 [&](const v1::SolveEvent& event) { events.push_back(event); });

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.response.answer(), "4");
  ASSERT_GE(events.size(), 3u);
  EXPECT_TRUE(events.front().has_plan());
  std::vector<int> ended;
  bool progress_names_the_leader = false;
  for (const v1::SolveEvent& event : events) {
    if (event.has_trace()) ended.push_back(event.trace().index());
    if (event.has_progress() && event.progress().leader() == "4") progress_names_the_leader = true;
  }
  EXPECT_THAT(ended, testing::ElementsAre(0, 1));
  EXPECT_TRUE(progress_names_the_leader);
}

TEST(SolveStreamTest, AFailedSolveEndsTheStreamWithItsBill) {
  World world({.samples = {{"\\boxed{4}", 100}},
               .faults = "faults: [{cut_after: 10}]",
               .edit = [](Config& config) { config.models[0].retry_share = 0; }});

  const SolveResult result =
      world.client().SolveStream(world.Request("simple"), {}, [](const auto&) {});

  EXPECT_EQ(result.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(result.usage->cancelled_tokens(), 10);
}

TEST(SolveStreamTest, ARequestThatIsRefusedHasNoEvents) {
  World world({.samples = {{"\\boxed{4}", 100}}});
  v1::SolveRequest request = world.Request("simple");
  request.clear_prompt();

  const SolveResult result = world.client().SolveStream(request, {}, [](const auto&) { FAIL(); });

  EXPECT_EQ(result.status.code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sextant
