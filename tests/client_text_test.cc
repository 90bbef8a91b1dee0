// Text for people, and the short names of enums.
#include "client/cli/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "client/cli/show.h"
#include "client/enum_names.h"
#include "client/read_text.h"
#include "sextant/v1/sextant.pb.h"
#include "tests/client_fake_server.h"

namespace sextant {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(PrintableTest, EscapesControlCharactersAndKeepsOtherText) {
  EXPECT_EQ(Printable("a\x1b[2J\x7f\n"), "a\\x1b[2J\\x7f\\x0a");
  EXPECT_EQ(Printable("\xc2\x9b"
                      "2J"),
            "\\x9b2J");
  EXPECT_EQ(Printable("\xc2\xb0 \xcf\x80 \xe2\x88\x9e"), "\xc2\xb0 \xcf\x80 \xe2\x88\x9e");
  EXPECT_EQ(PrintableLines("a\n\tb\r"), "a\n\tb\\x0d");
}

TEST(GroupedTest, PutsACommaBetweenThousands) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1234567), "1,234,567");
  EXPECT_EQ(Grouped(-123456), "-123,456");
}

TEST(FitTest, CutsBetweenCharactersAndMarksTheCut) {
  EXPECT_EQ(Fit("12345", 5), "12345");
  EXPECT_EQ(Fit("123456", 5), "12...");
  EXPECT_EQ(Fit("\xcf\x80\xcf\x80\xcf\x80\xcf\x80\xcf\x80", 4), "\xcf\x80...");
}

TEST(TableTest, AlignsColumnsByCharactersNotBytes) {
  EXPECT_EQ(Table({Align::kLeft, Align::kRight}, {{"\xcf\x80", "1"}, {"abc", "22"}, {"d"}}),
            "\xcf\x80     1\nabc  22\nd\n");
}

TEST(ShortNameTest, DropsThePrefixAndGoesBackAndForth) {
  EXPECT_EQ(ShortName(v1::ANSWER_KIND_INTEGER), "integer");
  EXPECT_EQ(ShortName(v1::HORIZON_NON_REASONING), "non_reasoning");
  EXPECT_EQ(ShortName(v1::DECIDED), "decided");
  EXPECT_EQ(ShortName(static_cast<v1::Goal>(77)), "77");
  EXPECT_EQ(FindByShortName<v1::Goal>("fast"), v1::GOAL_FAST);
  EXPECT_EQ(FindByShortName<v1::Goal>("unspecified"), std::nullopt);
  EXPECT_THAT(ShortNames<v1::Difficulty>(), ElementsAre("easy", "hard"));
}

TEST(ReadTextTest, RefusesWhatIsTooLongOrNotUtf8) {
  std::istringstream fits("12345");
  EXPECT_EQ(*ReadText(fits, "input", 5), "12345");

  std::istringstream too_long("123456");
  EXPECT_EQ(ReadText(too_long, "input", 5).status(),
            absl::InvalidArgumentError("input: longer than 5 bytes"));

  std::istringstream latin1("caf\xe9");
  EXPECT_EQ(ReadText(latin1, "input", 5).status(),
            absl::InvalidArgumentError("input: not valid UTF-8"));
}

TEST(ShowResponseTest, SaysThatThereIsNoAnswerAndStillShowsTheBill) {
  v1::SolveResponse response = SampleResponse();
  response.clear_answer();
  response.clear_candidates();
  response.clear_verdict();

  const std::string text = ShowResponse(response);

  EXPECT_THAT(text, HasSubstr("answer      none: no trace stated an answer\n"));
  EXPECT_THAT(text, HasSubstr("bill        30 tokens"));
  EXPECT_THAT(text, Not(HasSubstr("verdict")));
  EXPECT_THAT(text, Not(HasSubstr("candidates")));
}

TEST(ShowResponseTest, ShowsOfHowManyVotesTheAgreementIsAShare) {
  EXPECT_THAT(ShowResponse(SampleResponse()),
              HasSubstr("agreement   66.7 % of 3 votes, 33.3 % ahead; the model's majority with "
                        "probability 0.69\n"));
}

TEST(ShowResponseTest, ShowsAProvisionalAnswerAsSuch) {
  v1::SolveResponse response = SampleResponse();
  response.set_provisional(true);
  EXPECT_THAT(ShowResponse(response), HasSubstr("4  (provisional"));
}

TEST(ShowResponseTest, ShowsTheTextsOfTracesThatWereAskedFor) {
  v1::SolveResponse response = SampleResponse();
  v1::Trace& trace = *response.add_traces();
  trace.set_outcome(v1::CANCELLED);
  trace.set_completion_tokens(12);
  trace.set_text("line 1\nline 2");

  EXPECT_THAT(ShowResponse(response),
              HasSubstr("--- trace 0: cancelled, 12 tokens\nline 1\nline 2\n"));
}

TEST(ShowPlanTest, ShowsTheAgreementToExpectWhereItIsKnown) {
  v1::Plan plan;
  plan.mutable_expected()->set_billed_tokens(900);
  plan.mutable_expected()->set_sequential_tokens(300);
  EXPECT_THAT(ShowPlan(plan), HasSubstr("expected    900 tokens billed, 300 in sequence\n"));

  plan.mutable_expected()->set_agreement(0.825);
  EXPECT_THAT(ShowPlan(plan), HasSubstr("300 in sequence, agreement 82.5 %\n"));
}

TEST(ShowBillTest, LeavesOutWhatIsNotThere) {
  v1::Usage usage;
  usage.set_billed_tokens(1);
  usage.set_finished_tokens(1);

  const std::string text = ShowBill(usage);

  EXPECT_THAT(text, HasSubstr("1 token = 1 finished + 0 cancelled; 0 of prompts"));
  EXPECT_THAT(text, Not(HasSubstr("estimated")));
  EXPECT_THAT(text, Not(HasSubstr("$")));
}

}  // namespace
}  // namespace sextant
