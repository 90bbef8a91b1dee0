// How fast answers are read and compared, on one core.
//
//   answer_speed [--texts FILE.jsonl.gz ...] [--inputs FOLDER ...]
//
// Prints MB/s of extraction over the texts of the files (`output`, else `tail`; made-up ones where
// none is given), microseconds to compare two typical answers, and the input of the folders
// (corpora of the fuzz targets) that takes longest. Every figure is the best of several passes.
// Exits 1 when extraction is below 300 MB/s, a typical comparison takes 2 us or more, or an input 1
// ms or more.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "server/answer/reader.h"
#include "simulator/lines.h"

namespace sextant {
namespace {

constexpr int kPasses = 5;
constexpr int kCarefulPasses = 50;
constexpr int kComparisonPasses = 500;  // Short ones, so that a few of them are not interrupted.

struct Text {
  AnswerKind kind;
  std::string text;
};

AnswerReader ReaderOf(AnswerKind kind) { return *AnswerReader::Create({.kind = kind}); }

// Seconds of the fastest of several calls.
template <typename Work>
double Fastest(Work work, int passes = kPasses) {
  double best = 1e9;
  for (int pass = 0; pass < passes; ++pass) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count());
  }
  return best;
}

// A trace as a reasoning model writes it: long thinking with formulas, then a short final part.
std::string MadeUpTrace(int steps) {
  std::string text = "<think>\nOkay, so we need the number of pairs.\n";
  for (int i = 0; i < steps; ++i) {
    absl::StrAppend(&text, "Step ", i, ": let me check that again. If $a_{", i, "} = \\frac{",
                    i + 1, "}{2}$, then a + b = ", 3 * i + 1,
                    ", which is too small. Wait, the case n = ", i % 7,
                    " was counted twice, so subtract it; that leaves ", i * i, " pairs.\n\n");
  }
  return absl::StrCat(text,
                      "</think>\n\nThe pairs are counted by cases.\n\n**Final Answer:** \\boxed{",
                      steps, "}\n");
}

std::vector<Text> TextsOf(const std::vector<std::string>& files) {
  std::vector<Text> texts;
  for (const std::string& file : files) {
    auto lines = LineReader::Open(file);
    while (lines.ok()) {
      const auto line = lines->Next();
      if (!line.ok() || !line->has_value()) break;
      const auto row = nlohmann::json::parse(**line, nullptr, false);
      if (!row.is_object()) break;
      const auto kind = ParseAnswerKind(row.value("answer_kind", "integer"));
      texts.push_back(
          {kind.value_or(AnswerKind::kAuto), row.contains("output") ? row["output"] : row["tail"]});
    }
  }
  if (!texts.empty()) return texts;
  for (int i = 0; i < 200; ++i) texts.push_back({AnswerKind::kInteger, MadeUpTrace(20 + 5 * i)});
  return texts;
}

double ExtractionSpeed(const std::vector<Text>& texts) {
  size_t bytes = 0;
  for (const Text& text : texts) bytes += text.text.size();
  std::vector<AnswerReader> readers;
  for (const Text& text : texts) readers.push_back(ReaderOf(text.kind));
  int answers = 0;
  const double seconds = Fastest([&] {
    answers = 0;
    for (size_t i = 0; i < texts.size(); ++i)
      answers += readers[i].Read("", texts[i].text).has_value();
  });
  const double speed = static_cast<double>(bytes) / seconds / 1e6;
  std::printf("extraction           %8.0f MB/s of %zu texts, %.1f MB; %d have an answer\n", speed,
              texts.size(), static_cast<double>(bytes) / 1e6, answers);
  return speed;
}

struct Pair {
  AnswerKind kind;
  const char* left;
  const char* right;
};

// Both sides are read and compared, as for a vote of two.
double ComparisonTime(const char* name, const std::vector<Pair>& pairs) {
  constexpr int kRounds = 20;
  std::vector<AnswerReader> readers;
  for (const Pair& pair : pairs) readers.push_back(ReaderOf(pair.kind));
  int equal = 0;
  const auto compare = [&] {
    for (int round = 0; round < kRounds; ++round) {
      for (size_t i = 0; i < pairs.size(); ++i) {
        const auto left = readers[i].Canonicalise(pairs[i].left);
        const auto right = readers[i].Canonicalise(pairs[i].right);
        equal += left.has_value() && right.has_value() && SameAnswer(*left, *right);
      }
    }
  };
  const double seconds = Fastest(compare, kComparisonPasses);
  const double micros = seconds / kRounds / static_cast<double>(pairs.size()) * 1e6;
  std::printf("two %-16s %8.2f us to read and compare\n", name, micros);
  const int all = kComparisonPasses * kRounds * static_cast<int>(pairs.size());
  return equal == all ? micros : 1e9;
}

// The slowest input, for every kind that it may be read as.
double SlowestInput(const std::vector<std::string>& folders) {
  constexpr AnswerKind kKinds[] = {AnswerKind::kAuto,   AnswerKind::kInteger, AnswerKind::kNumber,
                                   AnswerKind::kChoice, AnswerKind::kMath,    AnswerKind::kText,
                                   AnswerKind::kJson};
  double slowest = 0;
  std::string which;
  size_t inputs = 0;
  for (const std::string& folder : folders) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string input((std::istreambuf_iterator<char>(file)), {});
      ++inputs;
      for (const AnswerKind kind : kKinds) {
        const AnswerReader reader = ReaderOf(kind);
        const auto read = [&] {
          reader.Read("", input);
          // Corpora of the equivalence target hold two statements.
          const absl::string_view text = input;
          const size_t newline = text.find('\n');
          reader.Canonicalise(text.substr(0, newline));
          if (newline != absl::string_view::npos) reader.Canonicalise(text.substr(newline + 1));
        };
        double seconds = Fastest(read);
        // What seems to be slow may only have been interrupted.
        if (seconds > slowest) seconds = Fastest(read, kCarefulPasses);
        if (seconds > slowest)
          which = absl::StrCat(entry.path().string(), " as ", std::string(AnswerKindName(kind)));
        slowest = std::max(slowest, seconds);
      }
    }
  }
  std::printf("slowest of %zu inputs %8.0f us (%s)\n", inputs, slowest * 1e6, which.c_str());
  return slowest;
}

int Run(const std::vector<std::string>& files, const std::vector<std::string>& folders) {
  const double speed = ExtractionSpeed(TextsOf(files));
  const double integers = ComparisonTime("integers", {{AnswerKind::kInteger, "204", "\\boxed{204}"},
                                                      {AnswerKind::kInteger, "1,234", "1234"}});
  const double choices = ComparisonTime("choices", {{AnswerKind::kChoice, "(B)", "B"},
                                                    {AnswerKind::kChoice, "\\text{(C)}", "**C**"}});
  const double numbers =
      ComparisonTime("numbers", {{AnswerKind::kNumber, "\\frac{3}{4}", "0.75"},
                                 {AnswerKind::kNumber, "1.5\\times10^{3}", "1500"}});
  const double radicals = ComparisonTime(
      "radicals", {{AnswerKind::kMath, "\\frac{1}{\\sqrt{2}}", "\\frac{\\sqrt{2}}{2}"},
                   {AnswerKind::kMath, "\\frac{\\sqrt{3}}{2}", "\\frac{3}{2\\sqrt{3}}"}});
  const double polynomials = ComparisonTime(
      "polynomials",
      {{AnswerKind::kMath, "2(x+1)", "2x+2"}, {AnswerKind::kMath, "x^2 - 1", "(x-1)(x+1)"}});
  const double tuples =
      ComparisonTime("tuples", {{AnswerKind::kMath, "(1, 2)", "\\left(1, 2\\right)"}});
  // Where values come from balls (Arb): no limit but that of any input.
  ComparisonTime("other formulas", {{AnswerKind::kMath, "\\frac{\\pi}{4}", "\\pi/4"},
                                    {AnswerKind::kMath, "3+4i", "4i+3"},
                                    {AnswerKind::kMath, "2\\sin x\\cos x", "\\sin 2x"}});
  const double slowest = SlowestInput(folders);
  const double comparison = std::max({integers, choices, numbers, radicals, polynomials, tuples});
  const bool well = speed >= 300 && comparison < 2 && slowest < 1e-3;
  std::printf("%s\n", well ? "within the limits" : "BEYOND THE LIMITS");
  return well ? 0 : 1;
}

}  // namespace
}  // namespace sextant

int main(int argc, char** argv) {
  std::vector<std::string> files, folders;
  CLI::App app("Measures reading and comparing of answers.");
  app.add_option("--texts", files)->check(CLI::ExistingFile);
  app.add_option("--inputs", folders)->check(CLI::ExistingDirectory);
  CLI11_PARSE(app, argc, argv);
  return sextant::Run(files, folders);
}
