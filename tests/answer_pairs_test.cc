// Reads tests/data: pairs of answers that are equal or look alike, and endings of model outputs.
// Every test goes through a whole file and lists all lines that are wrong.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "server/answer/answer.h"
#include "server/answer/reader.h"

namespace sextant {
namespace {

using Lines = std::vector<std::string>;

constexpr char kEqual[] = SEXTANT_TEST_DATA "/answer_pairs_equal.tsv";
constexpr char kDifferent[] = SEXTANT_TEST_DATA "/answer_pairs_different.tsv";
constexpr char kEndings[] = SEXTANT_TEST_DATA "/answer_endings.jsonl";

// The canonical form and those keys that differ from it: what a reader of a failure wants to see.
std::string Described(const std::optional<Answer>& answer) {
  if (!answer.has_value()) return "no answer";
  return absl::StrCat("\"", answer->canonical, "\"",
                      answer->key.empty() ? "" : absl::StrCat(" key ", answer->key),
                      answer->loose_key.empty() ? "" : absl::StrCat(" loose ", answer->loose_key));
}

Lines LinesOf(const std::string& path) {
  std::ifstream file(path);
  Lines lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

struct Pair {
  std::string place;  // "file:line", to find it again.
  AnswerKind kind = AnswerKind::kAuto;
  std::string left;
  std::string right;
};

std::vector<Pair> PairsOf(const std::string& path) {
  std::vector<Pair> pairs;
  int number = 0;
  for (const std::string& line : LinesOf(path)) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    const std::string place = absl::StrCat(path, ":", number);
    const std::optional<AnswerKind> kind = ParseAnswerKind(fields[0]);
    if (fields.size() != 3 || !kind.has_value()) {
      ADD_FAILURE() << place << ": expected kind, left and right with tabs between them";
      continue;
    }
    pairs.push_back({place, *kind, fields[1], fields[2]});
  }
  EXPECT_FALSE(pairs.empty()) << path;
  return pairs;
}

// Readers are dear to make, so there is one of each kind.
const AnswerReader& ReaderOf(AnswerKind kind) {
  static auto* const readers = new std::map<AnswerKind, AnswerReader>;
  auto it = readers->find(kind);
  if (it == readers->end()) {
    it = readers->emplace(kind, *AnswerReader::Create({.kind = kind})).first;
  }
  return it->second;
}

std::optional<Answer> Read(AnswerKind kind, const std::string& text) {
  return ReaderOf(kind).Canonicalise(text);
}

// An integer, a number or a letter may be compared with a text that is none: "12" and "1, 2".
// The other kinds read everything that the files hold.
bool MayBeUnread(AnswerKind kind) {
  return kind == AnswerKind::kInteger || kind == AnswerKind::kNumber || kind == AnswerKind::kChoice;
}

bool AreEqual(const std::optional<Answer>& left, const std::optional<Answer>& right) {
  return left.has_value() && right.has_value() && SameAnswer(*left, *right);
}

bool AreDifferent(AnswerKind kind, const std::optional<Answer>& left,
                  const std::optional<Answer>& right) {
  if (left.has_value() && right.has_value()) return !SameAnswer(*left, *right);
  return MayBeUnread(kind) && left.has_value() != right.has_value();
}

std::string Report(const Lines& wrong) {
  return absl::StrCat(wrong.size(), " wrong\n", absl::StrJoin(wrong, "\n"));
}

std::string WrongPair(const Pair& pair) {
  return absl::StrCat(pair.place, ": ", AnswerKindName(pair.kind), ": ", pair.left, "  |  ",
                      pair.right, "\n    read as ", Described(Read(pair.kind, pair.left)), "  |  ",
                      Described(Read(pair.kind, pair.right)));
}

TEST(AnswerPairsTest, EqualAnswersAreEqual) {
  Lines wrong;
  for (const Pair& pair : PairsOf(kEqual)) {
    if (!AreEqual(Read(pair.kind, pair.left), Read(pair.kind, pair.right))) {
      wrong.push_back(WrongPair(pair));
    }
  }

  EXPECT_TRUE(wrong.empty()) << Report(wrong);
}

TEST(AnswerPairsTest, AnswersThatLookAlikeAreDifferent) {
  Lines wrong;
  for (const Pair& pair : PairsOf(kDifferent)) {
    if (!AreDifferent(pair.kind, Read(pair.kind, pair.left), Read(pair.kind, pair.right))) {
      wrong.push_back(WrongPair(pair));
    }
  }

  EXPECT_TRUE(wrong.empty()) << Report(wrong);
}

struct Side {
  std::string text;
  Answer answer;
};

// Every distinct side of both files that is an answer, by kind.
std::map<AnswerKind, std::vector<Side>> Sides() {
  std::set<std::pair<AnswerKind, std::string>> texts;
  for (const char* path : {kEqual, kDifferent}) {
    for (const Pair& pair : PairsOf(path)) {
      texts.insert({pair.kind, pair.left});
      texts.insert({pair.kind, pair.right});
    }
  }
  std::map<AnswerKind, std::vector<Side>> sides;
  for (const auto& [kind, text] : texts) {
    std::optional<Answer> answer = Read(kind, text);
    if (answer.has_value()) sides[kind].push_back({text, *std::move(answer)});
  }
  return sides;
}

TEST(AnswerPairsTest, AnAnswerEqualsItself) {
  Lines wrong;
  for (const auto& [kind, sides] : Sides()) {
    for (const Side& side : sides) {
      if (!SameAnswer(side.answer, side.answer)) wrong.push_back(side.text);
    }
  }

  EXPECT_TRUE(wrong.empty()) << Report(wrong);
}

TEST(AnswerPairsTest, EqualityIsSymmetric) {
  Lines wrong;
  for (const auto& [kind, sides] : Sides()) {
    for (size_t i = 0; i < sides.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (SameAnswer(sides[i].answer, sides[j].answer) !=
            SameAnswer(sides[j].answer, sides[i].answer)) {
          wrong.push_back(absl::StrCat(sides[i].text, "  |  ", sides[j].text));
        }
      }
    }
  }

  EXPECT_TRUE(wrong.empty()) << Report(wrong);
}

// Loose keys give no classes: 5 equals 5 cm and 5 m, which differ. Keys must.
TEST(AnswerPairsTest, AnswersOfOneKeyAreEqualToEachOther) {
  Lines wrong;
  for (const auto& [kind, sides] : Sides()) {
    std::map<std::string, std::vector<const Side*>> classes;
    for (const Side& side : sides) {
      std::vector<const Side*>& others = classes[std::string(side.answer.Key())];
      for (const Side* other : others) {
        if (!SameAnswer(side.answer, other->answer)) {
          wrong.push_back(absl::StrCat(side.text, "  |  ", other->text));
        }
      }
      others.push_back(&side);
    }
  }

  EXPECT_TRUE(wrong.empty()) << Report(wrong);
}

TEST(AnswerPairsTest, ACanonicalFormIsItsOwnCanonicalForm) {
  Lines wrong;
  for (const auto& [kind, sides] : Sides()) {
    for (const Side& side : sides) {
      const std::optional<Answer> again = Read(kind, side.answer.canonical);
      if (!again.has_value() || again->canonical != side.answer.canonical ||
          again->Key() != side.answer.Key()) {
        wrong.push_back(absl::StrCat(AnswerKindName(kind), ": ", side.text, ": ",
                                     Described(side.answer), " and then ", Described(again)));
      }
    }
  }

  EXPECT_TRUE(wrong.empty()) << Report(wrong);
}

// What is wrong with the reading of that row; empty when nothing is.
std::string WrongEnding(const nlohmann::json& row) {
  AnswerFormat format;
  format.kind = ParseAnswerKind(row.at("answer_kind").get<std::string>()).value();
  format.choices = row.value("choices", std::vector<std::string>());
  format.pattern = row.value("pattern", "");
  // The reference is the value itself and not a document that a pointer leads into.
  const auto reference_reader = AnswerReader::Create(format);
  format.pointer = row.value("pointer", "");
  const auto reader = AnswerReader::Create(format);
  if (!reference_reader.ok()) return std::string(reference_reader.status().message());
  if (!reader.ok()) return std::string(reader.status().message());

  const auto reference = reference_reader->Canonicalise(row.at("answer").get<std::string>());
  if (!reference.has_value()) return "the reference is no answer of its kind";
  const std::optional<Answer> read = reader->Read("", row.at("text").get<std::string>());
  if (AreEqual(read, reference) == row.at("expect").get<bool>()) return "";
  return absl::StrCat("read as ", Described(read), ", reference ", Described(reference));
}

TEST(AnswerEndingsTest, EndingsGiveTheAnswerThatTheyState) {
  Lines wrong;
  int number = 0;
  for (const std::string& line : LinesOf(kEndings)) {
    ++number;
    const auto row = nlohmann::json::parse(line);
    const std::string error = WrongEnding(row);
    if (!error.empty()) {
      wrong.push_back(absl::StrCat(kEndings, ":", number, ": ", row.at("why").get<std::string>(),
                                   ": ", error, "\n    ", line));
    }
  }

  EXPECT_GT(number, 0);
  EXPECT_TRUE(wrong.empty()) << Report(wrong);
}

}  // namespace
}  // namespace sextant
