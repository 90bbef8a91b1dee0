#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "server/answer/vote.h"

namespace sextant {
namespace {

Vote VoteFor(const std::string& answer, int64_t tokens, int index) {
  return {
      {answer, answer + " in trace " + std::to_string(index), AnswerKind::kInteger}, tokens, index};
}

Ballot BallotOf(const std::vector<Vote>& votes) {
  Ballot ballot;
  for (const Vote& vote : votes) ballot.Add(vote);
  return ballot;
}

TEST(BallotTest, ElectsTheAnswerWithTheMostVotes) {
  const VoteResult result =
      BallotOf({VoteFor("1", 10, 0), VoteFor("2", 20, 1), VoteFor("2", 40, 2)})
          .Decide(TieRule::kShorter);

  EXPECT_EQ(result.answer->canonical, "2");
  EXPECT_DOUBLE_EQ(result.agreement, 2.0 / 3.0);
  EXPECT_FALSE(result.tie);
  ASSERT_EQ(result.candidates.size(), 2u);
  EXPECT_EQ(result.candidates[0].votes, 2);
  EXPECT_EQ(result.candidates[0].shown, "2 in trace 1");
  EXPECT_DOUBLE_EQ(result.candidates[0].mean_tokens, 30);
}

TEST(BallotTest, BreaksATieByMeanLength) {
  const std::vector<Vote> votes = {VoteFor("1", 10, 0), VoteFor("2", 20, 1), VoteFor("2", 30, 2),
                                   VoteFor("1", 50, 3)};

  EXPECT_EQ(BallotOf(votes).Decide(TieRule::kShorter).answer->canonical, "2");
  EXPECT_EQ(BallotOf(votes).Decide(TieRule::kLonger).answer->canonical, "1");
  EXPECT_TRUE(BallotOf(votes).Decide(TieRule::kLonger).tie);
}

TEST(BallotTest, BreaksATieOfEqualLengthsByTheLowestIndex) {
  const std::vector<Vote> votes = {VoteFor("1", 10, 5), VoteFor("2", 10, 2)};

  EXPECT_EQ(BallotOf(votes).Decide(TieRule::kShorter).answer->canonical, "2");
  EXPECT_EQ(BallotOf(votes).Decide(TieRule::kLonger).answer->canonical, "2");
}

TEST(BallotTest, IsRepresentedByTheWinnersShortestOrLongestTrace) {
  const std::vector<Vote> votes = {VoteFor("1", 30, 0), VoteFor("1", 20, 1), VoteFor("1", 20, 2)};

  EXPECT_EQ(BallotOf(votes).Decide(TieRule::kShorter).representative, 1);
  EXPECT_EQ(BallotOf(votes).Decide(TieRule::kLonger).representative, 0);
}

TEST(BallotTest, DecidesTheSameInEveryOrderOfArrival) {
  std::vector<Vote> votes = {VoteFor("1", 10, 0), VoteFor("2", 10, 1), VoteFor("2", 20, 2),
                             VoteFor("1", 20, 3), VoteFor("3", 5, 4)};
  const VoteResult first = BallotOf(votes).Decide(TieRule::kShorter);

  const auto by_index = [](const Vote& a, const Vote& b) { return a.index < b.index; };
  while (std::next_permutation(votes.begin(), votes.end(), by_index)) {
    const VoteResult result = BallotOf(votes).Decide(TieRule::kShorter);
    ASSERT_EQ(result.answer->canonical, first.answer->canonical);
    ASSERT_EQ(result.representative, first.representative);
    ASSERT_EQ(result.candidates.back().canonical, first.candidates.back().canonical);
  }
}

TEST(BallotTest, ElectsNobodyWithoutVotes) {
  const VoteResult result = Ballot().Decide(TieRule::kShorter);

  EXPECT_FALSE(result.answer.has_value());
  EXPECT_EQ(result.agreement, 0);
  EXPECT_EQ(result.representative, -1);
}

TEST(BallotTest, IsCertainOnlyWhenOpenVotesCannotEvenTie) {
  const Ballot ballot =
      BallotOf({VoteFor("1", 1, 0), VoteFor("1", 1, 1), VoteFor("1", 1, 2), VoteFor("2", 1, 3)});

  EXPECT_TRUE(ballot.IsCertain(0));
  EXPECT_TRUE(ballot.IsCertain(1));
  EXPECT_FALSE(ballot.IsCertain(2));
}

TEST(BallotTest, CountsAnAnswerNobodyHasGivenYetAsARunnerUp) {
  const Ballot ballot = BallotOf({VoteFor("1", 1, 0), VoteFor("1", 1, 1)});

  EXPECT_TRUE(ballot.IsCertain(1));
  EXPECT_FALSE(ballot.IsCertain(2));
}

TEST(BallotTest, IsNeverCertainWithoutALeader) {
  EXPECT_FALSE(Ballot().IsCertain(0));
  EXPECT_FALSE(BallotOf({VoteFor("1", 1, 0), VoteFor("2", 1, 1)}).IsCertain(0));
}

}  // namespace
}  // namespace sextant
