#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/answer/json_canonical.h"
#include "server/answer/json_pointer.h"
#include "server/answer/json_value.h"
#include "server/answer/reader.h"

namespace sextant {
namespace {

AnswerReader ReaderFor(std::string pointer) {
  return *AnswerReader::Create({.kind = AnswerKind::kJson, .pointer = std::move(pointer)});
}
std::string Canonical(const std::optional<Answer>& answer) {
  return answer.has_value() ? answer->canonical : "none";
}
std::string Read(std::string pointer, absl::string_view content) {
  return Canonical(ReaderFor(std::move(pointer)).Read("", content));
}
std::string CanonicalOf(absl::string_view json) {
  const std::optional<JsonValue> value = ParseJson(json);
  return value.has_value() ? CanonicalJson(*value).value_or("beyond the limits") : "none";
}

TEST(JsonValueTest, WritesEqualValuesAlike) {
  EXPECT_EQ(CanonicalOf(R"( { "b" : [1.0, 1e2, -0.0] , "a" : null } )"),
            R"({"a":null,"b":[1,100,0]})");
  EXPECT_EQ(CanonicalOf("1.50e-3"), "0.0015");
  EXPECT_EQ(CanonicalOf("0.1000"), "0.1");
  EXPECT_EQ(CanonicalOf("123456789012345678901234567890"), "123456789012345678901234567890");
  EXPECT_EQ(CanonicalOf(R"("a\u00e9\ud83d\ude00\n")"), "\"a\xC3\xA9\xF0\x9F\x98\x80\\u000a\"");
  EXPECT_EQ(CanonicalOf(R"({"a":1,"a":2})"), R"({"a":2})");
}

TEST(JsonValueTest, RefusesWhatIsNotJson) {
  for (const char* text :
       {"", "{", "[1,]", "{'a':1}", "{\"a\" 1}", "01", "1.", "+1", ".5", "nul", "\"\\x\"", "\"\n\"",
        "\"\\ud800\"", "[1] 2", "{\"a\":1,}", "NaN", "\"abc"}) {
    EXPECT_EQ(CanonicalOf(text), "none") << text;
  }
}

TEST(JsonValueTest, RefusesWhatIsBeyondTheLimits) {
  const std::string deep(kMaxJsonDepth + 1, '[');

  EXPECT_EQ(CanonicalOf(absl::StrCat(deep, std::string(deep.size(), ']'))), "none");
  EXPECT_EQ(CanonicalOf("1e1001"), "beyond the limits");
  EXPECT_EQ(CanonicalOf("1e99999999999"), "beyond the limits");
  EXPECT_EQ(CanonicalOf(std::string(kMaxJsonDigits + 1, '1')), "beyond the limits");
}

TEST(JsonPointerTest, FollowsNamesAndPlaces) {
  const JsonValue value = *ParseJson(R"({"a/b":{"~":[10,20]},"":3})");

  EXPECT_EQ(ValueAt(value, *ParsePointer("/a~1b/~0/1"))->text, "20");
  EXPECT_EQ(ValueAt(value, *ParsePointer("/"))->text, "3");
  EXPECT_EQ(ValueAt(value, *ParsePointer("")), &value);
  for (const char* nowhere : {"/a", "/a~1b/~0/2", "/a~1b/~0/01", "/a~1b/~0/-", "//x"}) {
    EXPECT_EQ(ValueAt(value, *ParsePointer(nowhere)), nullptr) << nowhere;
  }
}

TEST(JsonPointerTest, IsRefusedBySyntaxAndKind) {
  for (const char* pointer : {"a", "/~", "/~2"}) {
    const absl::Status status =
        AnswerReader::Create({.kind = AnswerKind::kJson, .pointer = pointer}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << pointer;
    EXPECT_NE(status.message().find("answer.pointer"), absl::string_view::npos) << pointer;
  }
  EXPECT_FALSE(AnswerReader::Create({.kind = AnswerKind::kText, .pointer = "/a"}).ok());
  EXPECT_FALSE(AnswerReader::Create({.choices = {"a", "b"}, .pointer = "/a"}).ok());
}

TEST(JsonAnswerTest, ReadsTheLastValueThatThePointerLeadsInto) {
  for (const char* text :
       {"```json\n{\"result\": {\"n\": 42.0}}\n```", "{\"result\":{\"n\":42}}",
        "I first had {\"result\":{\"n\":41}}, and now {\"result\":{\"n\":42}}.",
        "So {\"result\": {\"n\": 42}} as asked in {\"x\": 1}, see [1].",
        "<think>{\"result\":{\"n\":1}}</think>Here:\n```\n{\"result\":{\"n\":4.2e1}}\n```\nDone.",
        "A set {a} and a broken {\"result\": then {\"result\":{\"n\":42}} and {\"result\""}) {
    EXPECT_EQ(Read("/result/n", text), "42") << text;
  }
}

TEST(JsonAnswerTest, ReadsTheArgumentsOfAToolCall) {
  for (const char* text :
       {R"(<tool_call>{"name": "submit", "arguments": {"x": "B"}}</tool_call>)",
        R"({"name": "submit", "arguments": "{\"x\": \"B\"}"})",
        R"({"type":"function","function":{"name":"submit","arguments":"{\"x\":\"B\"}"}})",
        R"({"name": "submit", "parameters": {"x": "B"}})"}) {
    EXPECT_EQ(Read("/x", text), "B") << text;
  }
}

TEST(JsonAnswerTest, ReadsAWholeValueWithoutAPointer) {
  EXPECT_EQ(Read("", "The set is:\n[3, 1, 2]"), "[3,1,2]");
  EXPECT_EQ(Read("", "As [1] says: {\"b\":1,\"a\":2} (see [2])"), R"({"a":2,"b":1})");
  EXPECT_EQ(Read("", "```json\n\"Paris\"\n```"), "Paris");
  EXPECT_EQ(Read("", " 42.50 "), "42.5");
}

TEST(JsonAnswerTest, ReadsNothingWhereNothingIsComplete) {
  for (const char* text : {"{\"n\": 4", "See [1].", "", "n is 42", "\\frac{1}{2}"}) {
    EXPECT_EQ(Read("", text), "none") << text;
  }
  EXPECT_EQ(Canonical(ReaderFor("/n").Read("{\"n\":1}", "")), "none");
  EXPECT_EQ(Canonical(ReaderFor("/n").ReadProvisional("", "{\"n\":1} and")), "1");
}

TEST(JsonAnswerTest, TellsAStringFromANumberButLoosely) {
  const AnswerReader reader = ReaderFor("/x");
  const Answer number = *reader.Read("", "{\"x\": 42}");
  const Answer string = *reader.Read("", "{\"x\": \"42.0\"}");
  const Answer word = *reader.Read("", "{\"x\": \"true\"}");

  EXPECT_NE(number.Key(), string.Key());
  EXPECT_TRUE(SameAnswer(number, string));
  EXPECT_TRUE(SameAnswer(string, *reader.Canonicalise("42")));
  EXPECT_TRUE(SameAnswer(word, *reader.Canonicalise("true")));
  EXPECT_FALSE(SameAnswer(word, number));
  EXPECT_TRUE(SameAnswer(*reader.Read("", "{\"x\":\"Paris\"}"), *reader.Canonicalise("Paris")));
}

TEST(JsonAnswerTest, IsFoundOutForAutoWhereTheWholeTextIsAnObject) {
  const AnswerReader reader = *AnswerReader::Create({});
  const AnswerReader pointed = *AnswerReader::Create({.pointer = "/a"});

  EXPECT_EQ(reader.Read("", "```json\n{\"a\": 1}\n```")->kind, AnswerKind::kJson);
  EXPECT_EQ(reader.Read("", "\\boxed{5}")->kind, AnswerKind::kInteger);
  EXPECT_EQ(pointed.Read("", "So {\"a\": 1}")->kind, AnswerKind::kJson);
}

TEST(JsonAnswerTest, TakesLinearTimeForHostileText) {
  const AnswerReader reader = ReaderFor("/a");
  for (const char* piece : {"[", "{", "{\"a\":", "[1,", "\"", "[\"a\",", "[[1],", "{}", "[]\n"}) {
    std::string text;
    while (text.size() < (1 << 20)) text += piece;
    EXPECT_EQ(Canonical(reader.Read("", text)), "none") << piece;
  }
}

}  // namespace
}  // namespace sextant
