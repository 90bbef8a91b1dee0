// Lines of the log: one an event, whatever is in it.
#include "server/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

namespace sextant {
namespace {

using nlohmann::json;

const absl::Time kTime = absl::FromUnixMillis(1'800'000'000'123);

TEST(LogLineTest, JsonHoldsTimeLevelMessageAndTheFieldsInOrder) {
  EXPECT_EQ(LogLine(LogFormat::kJson, kTime, LogLevel::kWarning, "solve failed",
                    {{"solve_id", "00c0ffee"}, {"tokens", 40'000}, {"cost_usd", 0.5}}),
            R"({"time":"2027-01-15T08:00:00.123Z","level":"warning","message":"solve failed",)"
            R"("solve_id":"00c0ffee","tokens":40000,"cost_usd":0.5})"
            "\n");
}

TEST(LogLineTest, TextQuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(LogLine(LogFormat::kText, kTime, LogLevel::kInfo, "solve",
                    {{"solve_id", "00c0ffee"},
                     {"strategy", "majority_vote(n=8,stop=all)"},
                     {"caller", "caller team a"},
                     {"error", ""},
                     {"answered", true}}),
            "2027-01-15T08:00:00.123Z info solve solve_id=00c0ffee "
            "strategy=majority_vote(n=8,stop=all) caller=\"caller team a\" error=\"\" "
            "answered=true\n");
}

TEST(LogLineTest, NothingInAnEventCanForgeALineOrAField) {
  const std::string hostile = "a\"b\\c\nd\re\x01\x7f level=error \xC3\xA9 \xFF";

  const std::string as_json =
      LogLine(LogFormat::kJson, kTime, LogLevel::kInfo, hostile, {{"id", hostile}});
  const std::string as_text =
      LogLine(LogFormat::kText, kTime, LogLevel::kInfo, hostile, {{"id", hostile}});

  EXPECT_EQ(as_json.find('\n'), as_json.size() - 1);
  const json line = json::parse(as_json);
  EXPECT_EQ(line["id"], "a\"b\\c\nd\re\x01\x7f level=error \xC3\xA9 \xEF\xBF\xBD");
  EXPECT_EQ(line["message"], line["id"]);
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(as_text.find_first_of("\n\r\x01"), as_text.size() - 1);
  EXPECT_THAT(as_text, testing::HasSubstr(R"(id="a\"b\\c\nd\re\u0001)"));
}

class LogTest : public testing::Test {
 protected:
  ~LogTest() override { SetLog({}); }

  std::string Written() {
    std::string text(4096, '\0');
    std::rewind(file_.get());
    text.resize(std::fread(text.data(), 1, text.size(), file_.get()));
    return text;
  }

  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Closer> file_{std::tmpfile()};
};

TEST_F(LogTest, LinesBelowTheLevelAreLeftOut) {
  SetLog({.format = LogFormat::kJson, .level = LogLevel::kWarning}, file_.get());

  Log("started");
  Log(LogLevel::kDebug, "detail");
  Log(LogLevel::kWarning, "refusing solves", {{"model", "m"}});
  Log(LogLevel::kError, "broken");

  EXPECT_FALSE(IsLogged(LogLevel::kInfo));
  EXPECT_TRUE(IsLogged(LogLevel::kError));
  const std::string written = Written();
  EXPECT_THAT(written, testing::Not(testing::HasSubstr("started")));
  EXPECT_THAT(written, testing::Not(testing::HasSubstr("detail")));
  EXPECT_THAT(written, testing::HasSubstr(R"("message":"refusing solves","model":"m"})"));
  EXPECT_THAT(written, testing::HasSubstr(R"("level":"error","message":"broken"})"));
}

}  // namespace
}  // namespace sextant
