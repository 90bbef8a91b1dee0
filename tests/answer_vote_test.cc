#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "server/answer/vote.h"

namespace sextant {
namespace {

Vote VoteFor(const std::string& answer, int64_t tokens, int index) {
  return {
      {answer, answer + " in trace " + std::to_string(index), AnswerKind::kInteger}, tokens, index};
}

Ballot BallotOf(const std::vector<Vote>& votes, VoteRule rule = {}) {
  Ballot ballot(rule);
  for (const Vote& vote : votes) ballot.Add(vote);
  return ballot;
}

TEST(BallotTest, ElectsTheAnswerWithTheMostVotes) {
  const VoteResult result =
      BallotOf({VoteFor("1", 10, 0), VoteFor("2", 20, 1), VoteFor("2", 40, 2)}).Decide();

  EXPECT_EQ(result.answer->canonical, "2");
  EXPECT_DOUBLE_EQ(result.agreement, 2.0 / 3.0);
  EXPECT_FALSE(result.tie);
  ASSERT_EQ(result.candidates.size(), 2u);
  EXPECT_EQ(result.candidates[0].votes, 2);
  EXPECT_EQ(result.candidates[0].answer.shown, "2 in trace 1");
  EXPECT_DOUBLE_EQ(result.candidates[0].mean_tokens, 30);
}

TEST(BallotTest, BreaksATieByMeanLength) {
  const std::vector<Vote> votes = {VoteFor("1", 10, 0), VoteFor("2", 20, 1), VoteFor("2", 30, 2),
                                   VoteFor("1", 50, 3)};

  EXPECT_EQ(BallotOf(votes).Decide().answer->canonical, "2");
  EXPECT_EQ(BallotOf(votes, {.ties = TieRule::kLonger}).Decide().answer->canonical, "1");
  EXPECT_TRUE(BallotOf(votes, {.ties = TieRule::kLonger}).Decide().tie);
}

TEST(BallotTest, BreaksATieOfEqualLengthsByTheLowestIndex) {
  const std::vector<Vote> votes = {VoteFor("1", 10, 5), VoteFor("2", 10, 2)};

  EXPECT_EQ(BallotOf(votes).Decide().answer->canonical, "2");
  EXPECT_EQ(BallotOf(votes, {.ties = TieRule::kLonger}).Decide().answer->canonical, "2");
}

TEST(BallotTest, IsRepresentedByTheWinnersShortestOrLongestTrace) {
  const std::vector<Vote> votes = {VoteFor("1", 30, 0), VoteFor("1", 20, 1), VoteFor("1", 20, 2)};

  EXPECT_EQ(BallotOf(votes).Decide().representative, 1);
  EXPECT_EQ(BallotOf(votes, {.ties = TieRule::kLonger}).Decide().representative, 0);
}

TEST(BallotTest, DecidesTheSameInEveryOrderOfArrival) {
  std::vector<Vote> votes = {VoteFor("1", 10, 0), VoteFor("2", 10, 1), VoteFor("2", 20, 2),
                             VoteFor("1", 20, 3), VoteFor("3", 5, 4)};
  const VoteResult first = BallotOf(votes).Decide();

  const auto by_index = [](const Vote& a, const Vote& b) { return a.index < b.index; };
  while (std::next_permutation(votes.begin(), votes.end(), by_index)) {
    const VoteResult result = BallotOf(votes).Decide();
    ASSERT_EQ(result.answer->canonical, first.answer->canonical);
    ASSERT_EQ(result.representative, first.representative);
    ASSERT_EQ(result.candidates.back().answer.canonical, first.candidates.back().answer.canonical);
  }
}

TEST(BallotTest, ElectsNobodyWithoutVotes) {
  const VoteResult result = Ballot().Decide();

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

Vote Dressed(Vote vote, const std::string& key, const std::string& bare) {
  vote.answer.key = key;
  vote.answer.loose_key = bare;
  return vote;
}

TEST(BallotTest, LetsABareAnswerJoinTheOnlyOneThatIsLooselyEqual) {
  const VoteResult result =
      BallotOf({VoteFor("5", 10, 0), Dressed(VoteFor("5 cm", 20, 1), "1/20 m", "5"),
                VoteFor("7", 10, 2)})
          .Decide();

  EXPECT_EQ(result.candidates.size(), 2u);
  EXPECT_EQ(result.candidates[0].votes, 2);
  EXPECT_EQ(result.answer->canonical, "5");
}

TEST(BallotTest, KeepsABareAnswerApartWhereItCouldJoinSeveral) {
  std::vector<Vote> votes = {VoteFor("5", 10, 0), Dressed(VoteFor("5 cm", 20, 1), "1/20 m", "5"),
                             Dressed(VoteFor("5 m", 30, 2), "5 m", "5"),
                             Dressed(VoteFor("5 m", 30, 3), "5 m", "5")};
  const VoteResult first = BallotOf(votes).Decide();
  EXPECT_EQ(first.answer->canonical, "5 m");
  EXPECT_EQ(first.candidates.size(), 3u);

  const auto by_index = [](const Vote& a, const Vote& b) { return a.index < b.index; };
  while (std::next_permutation(votes.begin(), votes.end(), by_index)) {
    ASSERT_EQ(BallotOf(votes).Decide().candidates.size(), 3u);
    ASSERT_EQ(BallotOf(votes).Decide().answer->canonical, "5 m");
  }
}

TEST(BallotTest, IsNotCertainWhileABareAnswerMayLeaveTheLeader) {
  // 5 cm has 3 votes with those of 5. Should 5 m come, 5 stands alone, and 7 may overtake.
  const Ballot ballot =
      BallotOf({VoteFor("5", 1, 0), VoteFor("5", 1, 1),
                Dressed(VoteFor("5 cm", 1, 2), "1/20 m", "5"), VoteFor("7", 1, 3)});

  EXPECT_TRUE(ballot.IsCertain(0));
  EXPECT_FALSE(ballot.IsCertain(1));
}

TEST(BallotTest, WeighsByLengthTowardsTheHorizon) {
  const std::vector<Vote> votes = {VoteFor("1", 100, 0), VoteFor("2", 900, 1),
                                   VoteFor("2", 900, 2)};
  const VoteRule shorter{TieRule::kShorter, Weighting::kLength, /*typical_tokens=*/300,
                         /*length_exponent=*/0.5};
  const VoteRule longer{TieRule::kLonger, Weighting::kLength, /*typical_tokens=*/300,
                        /*length_exponent=*/-0.5};

  const VoteResult by_shorter = BallotOf(votes, shorter).Decide();
  EXPECT_EQ(by_shorter.answer->canonical, "1");
  EXPECT_DOUBLE_EQ(by_shorter.candidates[0].weight, std::sqrt(3));
  EXPECT_DOUBLE_EQ(by_shorter.candidates[1].weight, 2 / std::sqrt(3));
  EXPECT_DOUBLE_EQ(by_shorter.agreement, 0.6);
  EXPECT_DOUBLE_EQ(by_shorter.margin, 0.2);
  EXPECT_EQ(BallotOf(votes, longer).Decide().answer->canonical, "2");
}

TEST(BallotTest, ReckonsWithTheHeaviestVotesThatMayCome) {
  const VoteRule rule{TieRule::kShorter, Weighting::kLength, /*typical_tokens=*/1,
                      /*length_exponent=*/0.5};
  const Ballot ballot = BallotOf({VoteFor("1", 1, 0), VoteFor("1", 1, 1)}, rule);

  EXPECT_TRUE(ballot.IsCertain(0));
  EXPECT_FALSE(ballot.IsCertain(1));  // It may weigh 2, as much as both.
}

TEST(BallotTest, WeighsByConfidenceAndIsThenCertainOnlyAtTheEnd) {
  std::vector<Vote> votes = {VoteFor("1", 1, 0), VoteFor("1", 1, 1), VoteFor("2", 1, 2)};
  votes[0].confidence = 0.2;
  votes[1].confidence = 0.3;
  votes[2].confidence = 0.9;
  const Ballot ballot = BallotOf(votes, {.weighting = Weighting::kConfidence});

  EXPECT_EQ(ballot.Decide().answer->canonical, "2");
  EXPECT_TRUE(ballot.IsCertain(0));
  EXPECT_FALSE(ballot.IsCertain(1));
}

TEST(BallotTest, WeighsOneOnAverageByConfidence) {
  std::vector<Vote> votes = {VoteFor("1", 1, 0), VoteFor("2", 1, 1)};
  votes[0].confidence = 15;
  votes[1].confidence = 5;
  const VoteResult result = BallotOf(votes, {.weighting = Weighting::kConfidence}).Decide();

  EXPECT_DOUBLE_EQ(result.candidates[0].weight, 1.5);
  EXPECT_DOUBLE_EQ(result.candidates[1].weight, 0.5);
}

TEST(BallotTest, CountsAVoteWithoutConfidenceAsAnAverageOne) {
  std::vector<Vote> votes = {VoteFor("1", 1, 0), VoteFor("2", 1, 1), VoteFor("3", 1, 2)};
  votes[0].confidence = 12;
  votes[1].confidence = 8;
  const VoteRule rule{.weighting = Weighting::kConfidence};

  const VoteResult mixed = BallotOf(votes, rule).Decide();
  const VoteResult none = BallotOf({VoteFor("1", 1, 0), VoteFor("2", 1, 1)}, rule).Decide();

  EXPECT_EQ(mixed.candidates[1].answer.canonical, "3");  // Between the sure and the unsure.
  EXPECT_DOUBLE_EQ(mixed.candidates[1].weight, 1);
  EXPECT_DOUBLE_EQ(none.candidates[0].weight, 1);
}

TEST(BallotTest, DecidesByConfidenceWhateverTheOrderOfTheVotes) {
  std::vector<Vote> votes;
  for (int i = 0; i < 40; ++i) {
    votes.push_back(VoteFor(i % 2 == 0 ? "1" : "2", 1, i));
    votes.back().confidence = 0.1 * ((i / 2 * 7) % 20 + 1);  // The same twenty for either.
  }
  const VoteRule rule{.weighting = Weighting::kConfidence};
  const VoteResult forward = BallotOf(votes, rule).Decide();
  std::reverse(votes.begin(), votes.end());
  const VoteResult backward = BallotOf(votes, rule).Decide();

  EXPECT_TRUE(forward.tie);
  EXPECT_EQ(forward.agreement, backward.agreement);
  EXPECT_EQ(forward.candidates[0].weight, backward.candidates[0].weight);
  EXPECT_EQ(forward.answer->canonical, backward.answer->canonical);
}

TEST(BallotTest, CountsAShareOfAStatementAndLetsAFinishedTraceStandForItsClass) {
  Vote stated = VoteFor("1", 5, 0);
  stated.provisional = true;
  stated.share = 0.75;
  const VoteResult result = BallotOf({stated, VoteFor("1", 50, 1), VoteFor("2", 60, 2)}).Decide();

  EXPECT_EQ(result.answer->canonical, "1");
  EXPECT_DOUBLE_EQ(result.candidates[0].weight, 1.75);
  EXPECT_EQ(result.candidates[0].votes, 2);
  EXPECT_EQ(result.representative, 1);
  EXPECT_DOUBLE_EQ(result.majority_probability, 0.5);  // One finished trace each.
}

TEST(MajorityProbabilityTest, IsTheBetaTailOfTheTwoCounts) {
  EXPECT_DOUBLE_EQ(MajorityProbability(0, 0), 0.5);
  EXPECT_NEAR(MajorityProbability(2, 0), 0.875, 1e-12);
  EXPECT_NEAR(MajorityProbability(4, 0), 0.96875, 1e-12);
  EXPECT_NEAR(MajorityProbability(6, 2), 0.91015625, 1e-12);
  EXPECT_NEAR(MajorityProbability(2, 2), 0.5, 1e-12);
  EXPECT_NEAR(MajorityProbability(256, 0), 1, 1e-12);
}

}  // namespace
}  // namespace sextant
