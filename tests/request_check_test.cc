// Limits of a request: every field from outside has one, and the message says which.
#include "server/request_check.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

namespace sextant {
namespace {

ModelConfig PricedModel() {
  ModelConfig model;
  model.name = "m";
  model.price = PriceConfig{0.1, 0.3};
  return model;
}

v1::SolveRequest ValidRequest() {
  v1::SolveRequest request;
  request.set_model("m");
  request.set_prompt("What is 2 + 2?");
  return request;
}

using Change = std::function<void(v1::SolveRequest&)>;

struct BadRequest {
  Change change;
  std::string error;
};
class BadRequestTest : public testing::TestWithParam<BadRequest> {};

TEST_P(BadRequestTest, IsRefusedWithFieldValueAndExpectation) {
  v1::SolveRequest request = ValidRequest();
  GetParam().change(request);

  const absl::Status status = CheckRequest(request, PricedModel());

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), GetParam().error);
}

void SetMessage(v1::SolveRequest& request, v1::Message::Role role, const std::string& content) {
  request.clear_prompt();
  v1::Message& message = *request.add_messages();
  message.set_role(role);
  message.set_content(content);
}

INSTANTIATE_TEST_SUITE_P(
    Problem, BadRequestTest,
    testing::Values(
        BadRequest{[](auto& r) { r.clear_prompt(); },
                   "neither prompt nor messages is set, expected exactly one of them"},
        BadRequest{[](auto& r) { r.add_messages(); },
                   "prompt and messages are both set, expected exactly one of them"},
        BadRequest{[](auto& r) { r.set_prompt(" \n"); }, "prompt is blank, expected the problem"},
        BadRequest{[](auto& r) { r.set_prompt(std::string((1 << 20) + 1, 'x')); },
                   "prompt has 1048577 bytes, expected at most 1048576"},
        BadRequest{[](auto& r) {
                     SetMessage(r, v1::Message::ROLE_SYSTEM, std::string(1 << 20, 'x'));
                     SetMessage(r, v1::Message::ROLE_USER, "x");
                   },
                   "messages has 1048577 bytes, expected at most 1048576"},
        BadRequest{[](auto& r) {
                     for (int i = 0; i < 257; ++i) SetMessage(r, v1::Message::ROLE_USER, "x");
                   },
                   "messages has 257 entries, expected at most 256"},
        BadRequest{[](auto& r) { SetMessage(r, v1::Message::ROLE_UNSPECIFIED, "x"); },
                   "messages[0].role is 0, expected ROLE_SYSTEM, ROLE_USER or ROLE_ASSISTANT"},
        BadRequest{[](auto& r) { SetMessage(r, v1::Message::ROLE_ASSISTANT, "x"); },
                   "messages[0].role is ROLE_ASSISTANT, expected ROLE_USER in the last message"},
        BadRequest{[](auto& r) { SetMessage(r, v1::Message::ROLE_USER, ""); },
                   "messages[0].content is blank, expected the problem"}));

INSTANTIATE_TEST_SUITE_P(
    Answer, BadRequestTest,
    testing::Values(
        BadRequest{[](auto& r) { r.mutable_answer()->set_kind(static_cast<v1::AnswerKind>(99)); },
                   "answer.kind is 99, expected AUTO, INTEGER, NUMBER, CHOICE, MATH, TEXT, JSON or "
                   "REGEX"},
        BadRequest{[](auto& r) {
                     r.mutable_answer()->set_kind(v1::ANSWER_KIND_CHOICE);
                     for (int i = 0; i < 27; ++i) r.mutable_answer()->add_choices("x");
                   },
                   "answer.choices has 27 entries, expected at most 26"},
        BadRequest{[](auto& r) { r.mutable_answer()->add_choices(std::string(4097, 'x')); },
                   "answer.choices[0] has 4097 bytes, expected at most 4096"},
        BadRequest{[](auto& r) {
                     r.mutable_answer()->set_kind(v1::ANSWER_KIND_INTEGER);
                     r.mutable_answer()->add_choices("x");
                   },
                   "answer.choices is set, expected answer.kind CHOICE or AUTO with it"},
        BadRequest{[](auto& r) { r.mutable_answer()->set_kind(v1::ANSWER_KIND_REGEX); },
                   "answer.pattern is empty, expected one for answer.kind REGEX"},
        BadRequest{[](auto& r) { r.mutable_answer()->set_pattern("x"); },
                   "answer.pattern is set, expected answer.kind REGEX with it"},
        BadRequest{[](auto& r) { r.mutable_answer()->set_pattern(std::string(1001, 'x')); },
                   "answer.pattern has 1001 bytes, expected at most 1000"},
        BadRequest{[](auto& r) { r.mutable_answer()->set_pointer("/a"); },
                   "answer.pointer is set, expected answer.kind JSON with it"},
        BadRequest{[](auto& r) { r.set_reference_answer(std::string(65537, '1')); },
                   "reference_answer has 65537 bytes, expected at most 65536"}));

INSTANTIATE_TEST_SUITE_P(
    Budget, BadRequestTest,
    testing::Values(
        BadRequest{[](auto& r) { r.mutable_budget()->set_max_tokens(-1); },
                   "budget.max_tokens is -1, expected 0 (no limit) or more"},
        BadRequest{[](auto& r) { r.mutable_budget()->set_max_sequential_tokens(-1); },
                   "budget.max_sequential_tokens is -1, expected 0 (no limit) or more"},
        BadRequest{[](auto& r) { r.mutable_budget()->set_max_traces(257); },
                   "budget.max_traces is 257, expected 1 to 256, or 0 for the default"},
        BadRequest{[](auto& r) { r.mutable_budget()->set_max_cost_usd(-0.5); },
                   "budget.max_cost_usd is -0.5, expected 0 (no limit) or more"},
        BadRequest{[](auto& r) {
                     r.mutable_budget()->set_max_cost_usd(std::numeric_limits<double>::quiet_NaN());
                   },
                   "budget.max_cost_usd is nan, expected 0 (no limit) or more"},
        BadRequest{[](auto& r) { r.mutable_budget()->set_goal(static_cast<v1::Goal>(9)); },
                   "budget.goal is 9, expected GOAL_BALANCED, GOAL_CHEAP, GOAL_FAST or "
                   "GOAL_ACCURATE"},
        BadRequest{[](auto& r) { r.set_difficulty(static_cast<v1::Difficulty>(3)); },
                   "difficulty is 3, expected DIFFICULTY_EASY or DIFFICULTY_HARD, or unset"},
        BadRequest{[](auto& r) {
                     r.mutable_strategy()->mutable_first_finish()->set_k(9);
                     r.mutable_strategy()->mutable_first_finish()->set_n(8);
                   },
                   "strategy.first_finish.k is 9, expected 1 to n (8)"}));

INSTANTIATE_TEST_SUITE_P(
    Sampling, BadRequestTest,
    testing::Values(BadRequest{[](auto& r) { r.mutable_sampling()->set_temperature(2.5); },
                               "sampling.temperature is 2.5, expected 0 to 2"},
                    BadRequest{[](auto& r) {
                                 r.mutable_sampling()->set_temperature(
                                     std::numeric_limits<double>::quiet_NaN());
                               },
                               "sampling.temperature is nan, expected 0 to 2"},
                    BadRequest{[](auto& r) { r.mutable_sampling()->set_top_p(0); },
                               "sampling.top_p is 0, expected above 0 up to 1"},
                    BadRequest{[](auto& r) { r.mutable_sampling()->set_top_k(0); },
                               "sampling.top_k is 0, expected 1 to 1000000"},
                    BadRequest{[](auto& r) { r.mutable_sampling()->set_min_p(1.5); },
                               "sampling.min_p is 1.5, expected 0 to 1"},
                    BadRequest{[](auto& r) { r.mutable_sampling()->set_seed(-1); },
                               "sampling.seed is -1, expected 0 to 4611686018427387904"},
                    BadRequest{[](auto& r) {
                                 for (int i = 0; i < 17; ++i) r.mutable_sampling()->add_stop("x");
                               },
                               "sampling.stop has 17 entries, expected at most 16"},
                    BadRequest{[](auto& r) { r.mutable_sampling()->add_stop(""); },
                               "sampling.stop[0] has 0 bytes, expected 1 to 256"},
                    BadRequest{
                        [](auto& r) { r.mutable_sampling()->set_max_trace_tokens(10'000'001); },
                        "sampling.max_trace_tokens is 10000001, expected 1 to 10000000"}));

TEST(RequestCheckTest, TakesAPointerWithJsonAlone) {
  v1::SolveRequest request = ValidRequest();
  request.mutable_answer()->set_pointer("/answer");
  request.mutable_answer()->set_kind(v1::ANSWER_KIND_JSON);
  EXPECT_TRUE(CheckRequest(request, PricedModel()).ok());

  request.mutable_answer()->set_kind(v1::ANSWER_KIND_MATH);
  EXPECT_EQ(CheckRequest(request, PricedModel()).message(),
            "answer.pointer is set, expected answer.kind JSON with it");
}

TEST(RequestCheckTest, RefusesACostLimitWhereTheModelHasNoPrice) {
  v1::SolveRequest request = ValidRequest();
  request.mutable_budget()->set_max_cost_usd(0.5);
  ModelConfig free_model = PricedModel();
  free_model.price.reset();

  EXPECT_TRUE(CheckRequest(request, PricedModel()).ok());
  EXPECT_EQ(CheckRequest(request, free_model).message(),
            "budget.max_cost_usd is 0.5, expected none, because model m has no price");
}

TEST(RequestCheckTest, AcceptsTheEndsOfEveryRange) {
  v1::SolveRequest request;
  request.set_prompt(std::string(1 << 20, 'x'));
  request.mutable_answer()->set_kind(v1::ANSWER_KIND_REGEX);
  request.mutable_answer()->set_pattern(std::string(1000, 'x'));
  request.mutable_budget()->set_max_tokens(std::numeric_limits<int64_t>::max());
  request.mutable_budget()->set_max_sequential_tokens(1);
  request.mutable_budget()->set_max_traces(256);
  request.mutable_sampling()->set_temperature(2);
  request.mutable_sampling()->set_top_p(1);
  request.mutable_sampling()->set_seed(int64_t{1} << 62);
  request.mutable_sampling()->set_max_trace_tokens(10'000'000);
  request.set_reference_answer(std::string(65536, '1'));

  EXPECT_TRUE(CheckRequest(request, PricedModel()).ok()) << CheckRequest(request, PricedModel());
}

TEST(RequestCheckTest, AcceptsAConversation) {
  v1::SolveRequest request;
  SetMessage(request, v1::Message::ROLE_SYSTEM, "");
  SetMessage(request, v1::Message::ROLE_USER, "Hello");
  SetMessage(request, v1::Message::ROLE_ASSISTANT, "Hello");
  SetMessage(request, v1::Message::ROLE_USER, "2 + 2?");

  EXPECT_TRUE(CheckRequest(request, PricedModel()).ok()) << CheckRequest(request, PricedModel());
}

}  // namespace
}  // namespace sextant
