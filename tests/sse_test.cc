#include "server/backend/sse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr size_t kNoLimit = 1 << 20;

// The events of a stream that arrives in `pieces`.
std::vector<std::string> Parse(const std::vector<absl::string_view>& pieces,
                               size_t max_event_bytes = kNoLimit) {
  SseParser parser(max_event_bytes);
  std::vector<std::string> events;
  for (absl::string_view piece : pieces) {
    EXPECT_TRUE(parser.Push(piece).ok());
    while (const auto event = parser.Next()) events.emplace_back(*event);
  }
  return events;
}

// Everything that a real stream may hold: comments, other fields, both line ends, data in several
// lines, data without the space, with leading spaces, empty, and an event without data.
constexpr char kStream[] =
    ": ping\n\n"
    "data: {\"a\":1}\n\n"
    "event: delta\r\nid: 7\r\ndata: first\r\ndata: second\r\n\r\n"
    "\n\n\n"
    "data:no space\n: ping in the middle\ndata\ndata:  two spaces\n\n"
    "retry: 100\n\n"
    "data:\n\n"
    "data: \xC3\xA9\xF0\x9F\x98\x80 \r in the line\n\n"
    "data: [DONE]\n\n";

TEST(SseParserTest, ReadsWhatAStreamMayHold) {
  EXPECT_THAT(Parse({kStream}),
              ElementsAre("{\"a\":1}", "first\nsecond", "no space\n two spaces", "",
                          "\xC3\xA9\xF0\x9F\x98\x80 \r in the line", "[DONE]"));
}

TEST(SseParserTest, GivesTheSameEventsWhereverTheStreamIsSplitInTwo) {
  const absl::string_view stream = kStream;
  const auto whole = Parse({stream});

  for (size_t at = 0; at <= stream.size(); ++at) {
    EXPECT_EQ(Parse({stream.substr(0, at), stream.substr(at)}), whole) << "split at " << at;
  }
}

TEST(SseParserTest, GivesTheSameEventsWhereverTheStreamIsSplitInThree) {
  const absl::string_view stream = kStream;
  const auto whole = Parse({stream});

  for (size_t from = 0; from <= stream.size(); ++from) {
    for (size_t to = from; to <= stream.size(); ++to) {
      EXPECT_EQ(Parse({stream.substr(0, from), stream.substr(from, to - from), stream.substr(to)}),
                whole)
          << "split at " << from << " and " << to;
    }
  }
}

TEST(SseParserTest, GivesTheSameEventsByteByByte) {
  const absl::string_view stream = kStream;
  std::vector<absl::string_view> bytes;
  for (size_t i = 0; i < stream.size(); ++i) bytes.push_back(stream.substr(i, 1));

  EXPECT_EQ(Parse(bytes), Parse({stream}));
}

TEST(SseParserTest, KeepsBackAnEventWithoutItsBlankLine) {
  EXPECT_THAT(Parse({"data: one\n\ndata: two\n"}), ElementsAre("one"));
}

TEST(SseParserTest, HasNoEventsInCommentsAndOtherFields) {
  EXPECT_THAT(Parse({": ping\n\n:\n\nevent: x\n\ndatax: y\n\n data: z\n\n"}), IsEmpty());
}

TEST(SseParserTest, RefusesAnEventThatGrowsBeyondTheLimit) {
  SseParser parser(100);
  absl::Status status;
  for (int i = 0; i < 100 && status.ok(); ++i) {
    status = parser.Push(i == 0 ? "data: ten bytes." : "ten bytes.");
    EXPECT_EQ(parser.Next(), std::nullopt);
  }

  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "an event of the stream is longer than 100 bytes");
}

TEST(SseParserTest, TellsOfATailBeyondTheLimitBeforeMoreIsPushed) {
  SseParser parser(100);
  ASSERT_TRUE(parser.Push("data: whole\n\n" + std::string(101, ':')).ok());
  EXPECT_EQ(parser.Next(), "whole");
  EXPECT_EQ(parser.Next(), std::nullopt);

  EXPECT_EQ(parser.CheckTail().code(), absl::StatusCode::kResourceExhausted);
}

TEST(SseParserTest, RefusesAnEventWhoseManyLinesGrowBeyondTheLimit) {
  SseParser parser(100);
  absl::Status status;
  for (int i = 0; i < 100 && status.ok(); ++i) {
    status = parser.Push("data: ten bytes\n");
    EXPECT_EQ(parser.Next(), std::nullopt);
  }

  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
}

TEST(SseParserTest, RefusesALineThatNeverEnds) {
  SseParser parser(100);
  absl::Status status;
  for (int i = 0; i < 100 && status.ok(); ++i) {
    status = parser.Push(": a comment");
    EXPECT_EQ(parser.Next(), std::nullopt);
  }

  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
}

TEST(SseParserTest, LimitsEachEventAndNotTheStream) {
  std::string stream;
  for (int i = 0; i < 1'000; ++i) absl::StrAppend(&stream, "data: ", i, "\ndata: more\n\n");
  std::vector<absl::string_view> pieces;
  for (size_t at = 0; at < stream.size(); at += 7) {
    pieces.push_back(absl::string_view(stream).substr(at, 7));
  }

  EXPECT_EQ(Parse(pieces, 30).size(), 1'000u);
  EXPECT_EQ(Parse({stream}, 30).size(), 1'000u);
}

// The lines of an event that was handed out do not count towards the next one.
TEST(SseParserTest, ForgetsAnEventOfManyLinesOnceItWasTaken) {
  const std::string half(45, 'x');

  EXPECT_THAT(Parse({absl::StrCat("data: ", half, "\n"), absl::StrCat("data: ", half, "\n\n"),
                     absl::StrCat("data: ", half), "\n\n", absl::StrCat("data: ", half), "\n\n"},
                    100),
              testing::SizeIs(3));
}

}  // namespace
}  // namespace sextant
