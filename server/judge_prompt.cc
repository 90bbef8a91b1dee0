#include "server/judge_prompt.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/utf8.h"

namespace sextant {
namespace {

constexpr size_t kBytesAsked = 64 << 10;
constexpr absl::string_view kQuestion =
    "Below is a problem. Do not solve it. Judge how likely a strong language model is to give a "
    "wrong final answer to it.";
constexpr absl::string_view kForm =
    "Think in a few sentences at most. End with one last line of the form\n"
    "Difficulty: N\n"
    "where N is a whole number from 0 (such a model is always right) to 100 (it is always wrong).";

}  // namespace

std::string JudgePrompt(absl::string_view problem) {
  return absl::StrCat(kQuestion, "\n\n<problem>\n", Utf8Prefix(problem, kBytesAsked),
                      "\n</problem>\n\n", kForm);
}

bool IsJudgePrompt(absl::string_view message) { return absl::StartsWith(message, kQuestion); }

std::optional<double> ReadJudgement(absl::string_view answer) {
  answer = absl::StripTrailingAsciiWhitespace(answer);
  const size_t line_break = answer.find_last_of('\n');
  if (line_break != absl::string_view::npos) answer.remove_prefix(line_break + 1);
  const std::string line = absl::AsciiStrToLower(absl::StrReplaceAll(answer, {{"*", ""}}));
  absl::string_view rest = absl::StripAsciiWhitespace(line);
  if (!absl::ConsumePrefix(&rest, "difficulty")) return std::nullopt;
  rest = absl::StripLeadingAsciiWhitespace(rest);
  if (!absl::ConsumePrefix(&rest, ":")) return std::nullopt;
  absl::ConsumeSuffix(&rest, ".");
  absl::ConsumeSuffix(&rest, "%");
  rest = absl::StripAsciiWhitespace(rest);
  int percent = 0;
  const bool is_digits = !rest.empty() && rest.size() <= 3 &&
                         rest.find_first_not_of("0123456789") == absl::string_view::npos;
  if (!is_digits || !absl::SimpleAtoi(rest, &percent) || percent > 100) return std::nullopt;
  return percent / 100.0;
}

}  // namespace sextant
