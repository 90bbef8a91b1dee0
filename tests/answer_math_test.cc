#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/answer/math/math_answer.h"

namespace sextant {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::optional<MathForm> MathOf(absl::string_view statement) {
  Effort effort;
  return ReadMath(statement, effort);
}

std::optional<MathForm> QuantityOf(absl::string_view statement) {
  Effort effort;
  return ReadQuantity(statement, effort);
}

std::string Canonical(absl::string_view statement) {
  const std::optional<MathForm> form = MathOf(statement);
  return form.has_value() ? form->canonical : "none";
}

// As answers are compared: strictly, or where one of them is written bare.
bool Same(absl::string_view left, absl::string_view right) {
  const std::optional<MathForm> a = MathOf(left);
  const std::optional<MathForm> b = MathOf(right);
  if (!a.has_value() || !b.has_value()) return false;
  const auto loose = [](const MathForm& form) {
    return form.loose_key.empty() ? form.key : form.loose_key;
  };
  return a->key == b->key || a->key == loose(*b) || loose(*a) == b->key;
}

void ExpectEqual(const Pairs& pairs) {
  for (const auto& [left, right] : pairs) {
    EXPECT_TRUE(Same(left, right))
        << left << "  |  " << right << "  =>  " << Canonical(left) << "  |  " << Canonical(right);
    EXPECT_EQ(Same(left, right), Same(right, left)) << left << "  |  " << right;
  }
}

void ExpectDifferent(const Pairs& pairs) {
  for (const auto& [left, right] : pairs) {
    EXPECT_FALSE(Same(left, right)) << left << "  |  " << right << "  =>  " << Canonical(left);
    EXPECT_FALSE(Same(right, left)) << right << "  |  " << left;
  }
}

TEST(MathTest, ReadsNumbersExactly) {
  ExpectEqual({{"1,234,567", "1234567"},
               {"1\\,234", "1234"},
               {"1{,}234", "1234"},
               {"1 234 567", "1234567"},
               {"007", "7"},
               {"\u22127", "-7"},
               {"0.75", "\\frac34"},
               {"\\dfrac{6}{8}", "3/4"},
               {"2\\frac12", "5/2"},
               {"2 1/2", "2.5"},
               {"2\u00BD", "5/2"},
               {"-3\\frac{1}{2}", "-3.5"},
               {"50\\%", "1/2"},
               {"50 percent", "0.5"},
               {"1.5e3", "1500"},
               {"1.5\\times10^{-3}", "0.0015"},
               {"0.\\overline{3}", "\\frac{1}{3}"},
               {"0.1\\overline{6}", "1/6"},
               {"1/3 \\approx 0.333", "1/3"},
               {"5.", "5"},
               {"**3**", "$3$"},
               {"147 + 147 = 294", "294"},
               {"{1 \\over 4}", "1/4"},
               {"3 \u00D7 10\u2078", "300000000"},
               {"5 million", "5000000"}});
  ExpectDifferent({{"1/3", "0.333"},
                   {"\\pi", "3.14"},
                   {"50%", "50"},
                   {"1, 234", "1234"},
                   {"1011_2", "11"},
                   {"1011_2", "1011"},
                   {"1A_{16}", "A_{16}"},
                   {"2\\frac12", "1"},
                   {"0.3", "0.\\overline{3}"}});
}

TEST(MathTest, ConvertsUnitsAndLetsABareNumberStandForThem) {
  ExpectEqual({{"5 cm", "0.05\\text{ m}"},
               {"5 cm", "5"},
               {"5\\,\\mathrm{m}", "5"},
               {"72 km/h", "20 \\text{ m/s}"},
               {"100\\text{ cm}^2", "0.01 m^2"},
               {"1 h 30 min", "90 minutes"},
               {"2 hours and 30 minutes", "150 min"},
               {"\\$5", "5 dollars"},
               {"$5", "5"},
               {"50 cents", "\\$0.50"},
               {"90^\\circ", "\\pi/2"},
               {"90 degrees", "90"},
               {"90^\\circ", "\\frac{\\pi}{2}"},
               {"5 apples", "5 apple"},
               {"36\\pi\\text{ cm}^2", "36\\pi"},
               {"1 L", "1000 cm^3"},
               {"1 N", "1 kg*m/s^2"},
               {"5 square units", "5"},
               {"\\sin 30^\\circ", "1/2"},
               {"10 ms^{-2}", "10\\text{ m/s}^2"},
               {"1 eV", "1.602176634e-19 J"},
               {"3\\text{ mol}^{-1}", "3 mol^-1"}});
  ExpectDifferent({{"5 cm", "5 m"},
                   {"$5", "5 euros"},
                   {"5 apples", "5 oranges"},
                   {"90^\\circ", "180^\\circ"},
                   {"5 cm", "5 cm^2"},
                   {"20 C", "20 F"},
                   {"2 km", "2 kg"}});
}

TEST(MathTest, KeepsTheOrderOfTuplesAndNotOfSets) {
  ExpectEqual({{"(1, 2)", "\\left(1,2\\right)"},
               {"\\langle 1,2\\rangle", "(1,2)"},
               {"\\{1, 2\\}", "\\{2,1\\}"},
               {"1, 2", "2 and 1"},
               {"1, 2, and 3", "\\{3,2,1\\}"},
               {"\\pm 3", "-3, 3"},
               {"x = 1 or x = 2", "\\{1,2\\}"},
               {"x = \\pm 3", "x = 3 \\text{ or } x = -3"},
               {"1 \\pm \\sqrt2", "1-\\sqrt2, 1+\\sqrt2"},
               {"\\{1,1,2\\}", "\\{1,2\\}"},
               {"(x,y)=(1,2)", "y = 2, x = 1"},
               {"\\emptyset", "\\{\\}"}});
  ExpectDifferent({{"(1,2)", "(2,1)"},
                   {"1, 2", "(1, 2)"},
                   {"\\{1,2\\}", "\\{1,3\\}"},
                   {"\\{\\emptyset\\}", "\\emptyset"},
                   {"(1,2)", "(1,2,3)"},
                   {"x=1, y=2", "x=2, y=1"}});
}

TEST(MathTest, ReadsIntervalsAsTheInequalitiesThatTheyAre) {
  ExpectEqual({{"x \\in [1,2)", "1 \\le x < 2"},
               {"1 \\le x < 2", "[1,2)"},
               {"x > 3", "(3, \\infty)"},
               {"2x > 6", "x > 3"},
               {"-2x > 6", "x < -3"},
               {"3 > x", "x < 3"},
               {"(-\\infty,-1]\\cup[3,\\infty)", "x\\leq -1 \\text{ or } x\\geq 3"},
               {"(3,4)\\cup(1,2)", "(1,2)\\cup(3,4)"},
               {"x \\ne 2", "(-\\infty,2)\\cup(2,\\infty)"},
               {"\\mathbb{R}\\setminus\\{2\\}", "(-\\infty,2)\\cup(2,\\infty)"},
               {"\\{x \\mid x > 2\\}", "(2,\\infty)"}});
  ExpectDifferent({{"[1,2]", "[1,2)"},
                   {"[1,2]", "(1,2)"},
                   {"x > 3", "x \\ge 3"},
                   {"x > 3", "x < 3"},
                   {"x > 3", "y > 3"},
                   {"[1,2]", "[1,3]"}});
}

TEST(MathTest, ComparesRootsPowersAndConstants) {
  ExpectEqual({{"\\frac{1}{\\sqrt2}", "\\sqrt2/2"},
               {"2^{-1/2}", "\\frac{\\sqrt{2}}{2}"},
               {"\\sqrt{8}", "2\\sqrt2"},
               {"\\sqrt[3]{8}", "2"},
               {"\\sqrt{3+2\\sqrt2}", "1+\\sqrt2"},
               {"\\frac{1}{1+\\sqrt2+\\sqrt3}", "\\frac{2+\\sqrt2-\\sqrt6}{4}"},
               {"\\sqrt[3]{2+\\sqrt5}+\\sqrt[3]{2-\\sqrt5}", "1"},
               {"\\sin(\\pi/6)", "0.5"},
               {"\\cos 15^\\circ", "\\frac{\\sqrt6+\\sqrt2}{4}"},
               {"\\log_2 8", "3"},
               {"\\ln 6 - \\ln 2", "\\ln 3"},
               {"\\arctan 1", "\\frac{\\pi}{4}"},
               {"\\tan^{-1}(1)", "\\pi/4"},
               {"4^{50000}", "2^{100000}"},
               {"\\binom{5}{2}", "\\frac{5!}{3!2!}"},
               {"\\lfloor -3.5 \\rfloor", "-4"},
               {"|-3|", "3"},
               {"\u221A3/2", "\\frac{\\sqrt{3}}{2}"},
               {"5\u03C0", "5\\pi"}});
  ExpectDifferent({{"\\sqrt2", "1.41421356237309504880168872420969807856967187537694"},
                   {"\\sqrt[3]{4}", "\\sqrt{4}"},
                   {"2^{100000}", "2^{100000}+1"},
                   {"\\sqrt2+10^{-90}", "\\sqrt2"},
                   {"e^{\\pi\\sqrt{163}}", "262537412640768744"},
                   {"\\pi^2", "10"},
                   {"\\sqrt{10^{40}+1}", "\\sqrt{10^{40}+2}"},
                   {"\\log 2", "\\ln 2"}});
}

TEST(MathTest, ComparesEquationsUpToAFactorAndTheOrderOfSides) {
  ExpectEqual({{"x = 5", "5"},
               {"5 = x", "x = 5"},
               {"2x = 10", "x = 5"},
               {"x+y=2", "2x+2y=4"},
               {"y = 2 - x", "x + y = 2"},
               {"y = 2x+1", "2x+1"},
               {"f(x) = x^2", "x^2"},
               {"(x-2)(x-3)=0", "x^2-5x+6=0"},
               {"m+n = 25", "25"},
               {"A = \\pi r^2 = 25\\pi", "25\\pi"},
               {"\\text{Area} = 25", "25"},
               {"x \\le y", "y \\ge x"},
               {"x + y < 2", "2x + 2y < 4"}});
  ExpectDifferent({{"x = 5", "y = 5"},
                   {"x = 5", "x = 6"},
                   {"x+y=2", "x-y=2"},
                   {"x < y", "x > y"},
                   {"x < y", "x \\le y"},
                   {"y = 2x", "y = 3x"},
                   {"x^2 = 4", "x = 2"}});
}

TEST(MathTest, ComparesAlgebraAsFunctions) {
  ExpectEqual({{"2(x+1)", "2x+2"},
               {"(x+1)^3", "x^3+3x^2+3x+1"},
               {"\\frac{x^2-1}{x-1}", "x+1"},
               {"\\frac1x+\\frac1y", "\\frac{x+y}{xy}"},
               {"\\sin^2 x+\\cos^2 x", "1"},
               {"2\\sin x\\cos x", "\\sin 2x"},
               {"\\frac{e^x-e^{-x}}{2}", "\\sinh x"},
               {"\\sqrt{x^2}", "|x|"},
               {"|x-y|", "|y-x|"},
               {"|x^2+1|", "x^2+1"},
               {"\\sin^2|\\pi|", "0"},
               {"\\frac{1}{\\sqrt x}", "\\sqrt{\\frac1x}"},
               {"x\\sqrt{x}", "x^{3/2}"},
               {"2|x-100|", "|200-2x|"},
               {"\\binom{n}{2}", "\\frac{n(n-1)}{2}"},
               {"(n+1)!", "(n+1) n!"},
               {"\\frac34 x", "0.75x"},
               {"e^{2x}e^{x}", "e^{3x}"},
               {"a_1 + a_2", "a_2+a_{1}"}});
  ExpectDifferent({{"x", "X"},
                   {"x+1", "x-1"},
                   {"\\sqrt{x^2}", "x"},
                   {"|x^2-1|", "x^2-1"},
                   {"|x^2-5x+6.2|", "x^2-5x+6.2"},
                   {"\\ln x^2", "2\\ln x"},
                   {"|x-y|", "x-y"},
                   {"|x|+|y|", "|x+y|"},
                   {"x^2", "2x"},
                   {"f(x+1)", "f(x)+f(1)"},
                   {"\\lfloor x+0.1\\rfloor", "\\lfloor x\\rfloor"},
                   {"x + 10^{-40}", "x"},
                   {"x_1", "x_2"}});
}

TEST(MathTest, ComparesComplexNumbers) {
  ExpectEqual({{"3+4i", "4i+3"},
               {"(1+i)^2", "2i"},
               {"\\frac{1}{1+i}", "\\frac{1-i}{2}"},
               {"e^{i\\pi}", "-1"},
               {"e^{i\\pi/3}", "\\frac12+\\frac{\\sqrt3}{2}i"},
               {"\\sqrt{-4}", "2i"},
               {"|3+4i|", "5"}});
  ExpectDifferent({{"3+4i", "3-4i"}, {"3+4i", "4+3i"}, {"i", "1"}, {"2i", "2"}});
}

TEST(MathTest, ComparesMatricesByTheirEntries) {
  ExpectEqual({{"\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}",
                "\\begin{bmatrix}1&\\frac42\\\\3&4\\\\\\end{bmatrix}"},
               {"\\left[\\begin{array}{cc} 1 & 2 \\end{array}\\right]", "[[1, 2]]"},
               {"\\begin{pmatrix} 1 \\\\[4pt] 2 \\end{pmatrix}", "[[1], [2]]"}});
  ExpectDifferent(
      {{"\\begin{pmatrix} 1 & 2 \\end{pmatrix}", "\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}"},
       {"\\begin{pmatrix} 1 & 2 \\end{pmatrix}", "\\begin{pmatrix} 2 & 1 \\end{pmatrix}"}});
}

TEST(MathTest, ReadsTimesDatesAndRatios) {
  ExpectEqual({{"3:30 PM", "15:30"},
               {"3:30 PM", "3:30 p.m."},
               {"3 PM", "15:00"},
               {"March 5, 2020", "5 March 2020"},
               {"March 5, 2020", "2020-03-05"},
               {"5th of March 2020", "Mar. 5, 2020"},
               {"2:4", "1:2"},
               {"\\frac12 : \\frac13", "3:2"},
               {"6:9:12", "2:3:4"}});
  ExpectDifferent({{"3:30 AM", "3:30 PM"},
                   {"1:2", "1/2"},
                   {"1:2", "2:1"},
                   {"2020-03-05", "2020-05-03"},
                   {"3/5/2020", "5/3/2020"}});
}

TEST(MathTest, LeavesWordsAndAmbiguousFormulasAlone) {
  for (const char* text :
       {"yes", "abc", "No solution", "\\text{Friday}", "5 is the answer", "", "1/2\\pi", "x2",
        "\\sqrt12", "2\\frac32", "\\int_0^1 x\\,dx", "(1, 2", "x > 1, x < 3", "\\frac{dy}{dx}",
        "0.333...", "1/0", "the answer is 5"}) {
    EXPECT_EQ(Canonical(text), "none") << text;
  }
}

TEST(MathTest, ShowsAReadableForm) {
  EXPECT_EQ(Canonical("\\frac{1}{\\sqrt2}"), "sqrt(2)/2");
  EXPECT_EQ(Canonical("2(x+1)"), "2*x + 2");
  EXPECT_EQ(Canonical("\\{2, 1\\}"), "{1, 2}");
  EXPECT_EQ(Canonical("x \\in [1, 2)"), "x in [1, 2)");
  EXPECT_EQ(Canonical("\\sqrt[3]{16}"), "2*2^(1/3)");
  EXPECT_EQ(Canonical("5 cm"), "1/20 m");
  EXPECT_EQ(Canonical("\\frac{x}{2x+2}"), "x/(2*x + 2)");
}

TEST(MathTest, ReadsItsOwnForm) {
  for (const char* text : {"\\frac{1}{\\sqrt2}",
                           "-\\frac{\\sqrt[3]{4}}{5}",
                           "\\frac{x}{x+1}",
                           "e^{-2x}/3",
                           "x^{y+1}",
                           "2^{x/2}",
                           "\\sqrt{x+1}",
                           "\\sqrt{\\frac{x+1}{x-1}}",
                           "(x+y+z)^{1000}",
                           "10^{10^{10}}",
                           "\\sin^2(2x)",
                           "\\ln(x+1)",
                           "|x-1|",
                           "f'(x) = 2x",
                           "x^2+y^2=1",
                           "n!",
                           "\\binom{n}{k}",
                           "5 km/h",
                           "12 square units",
                           "\\$2.50",
                           "37 °C",
                           "3:30 PM",
                           "March 5",
                           "3:10:20",
                           "10 : 20",
                           "3/5/2020",
                           "x \\in (-\\infty, 1] \\cup [2, 3)",
                           "x < y",
                           "1011_2",
                           "a_{n+1}",
                           "x=1, y=2 or x=2, y=1",
                           "\\frac{\\pi}{6} + 2k\\pi, k \\in \\mathbb{Z}",
                           "\\mathbb{Z}",
                           "\\begin{pmatrix} 1 & x \\\\ \\sqrt2 & 4 \\end{pmatrix}",
                           "\\{(1,2),(3,4)\\}",
                           "3+4i"}) {
    const std::optional<MathForm> form = MathOf(text);
    ASSERT_TRUE(form.has_value()) << text;
    const std::optional<MathForm> again = MathOf(form->canonical);
    ASSERT_TRUE(again.has_value()) << text << " => " << form->canonical;
    EXPECT_EQ(again->canonical, form->canonical);
    EXPECT_EQ(again->key, form->key) << form->canonical;
  }
}

TEST(QuantityTest, ReadsNumbersWithUnitsAndNothingElse) {
  EXPECT_EQ(QuantityOf("5 cm")->canonical, "1/20 m");
  EXPECT_EQ(QuantityOf("v = 5 m/s")->canonical, "5 m/s");
  EXPECT_EQ(QuantityOf("-\\frac34")->canonical, "-3/4");
  EXPECT_EQ(QuantityOf("90^\\circ")->loose_key, "90");
  EXPECT_EQ(QuantityOf("1/3 \\approx 0.333")->canonical, "1/3");
  for (const char* text : {"x", "\\sqrt2", "1, 2", "(1, 2)", "x + 1", "yes", "[1,2]", "\\infty"})
    EXPECT_FALSE(QuantityOf(text).has_value()) << text;
}

TEST(MathLimitsTest, HostileTextsAreReadInAMoment) {
  const auto repeated = [](absl::string_view piece, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) absl::StrAppend(&text, piece);
    return text;
  };
  const std::vector<std::string> texts = {
      repeated("{", 4096),
      repeated("(", 1000) + repeated(")", 1000),
      repeated("\\frac{1}{1+", 100) + "x" + repeated("}", 100),
      repeated("-", 1900),
      repeated("2^", 900) + "2",
      "9^{9^{9^9}}",
      "9^9^9^9",
      "10^{10^{10}}!",
      "999999999!",
      "\\binom{100000000}{50000000}",
      "(x+y+z)^{1000}",
      "(a+b+c+d+e+f+g+h)^{24}",
      "(" + repeated("x+y)(z+", 80) + "1)",
      repeated("\\sin ", 100) + "x",
      repeated("\\sin(x)+", 90) + "1",
      repeated("|", 1000),
      repeated("\\sqrt{1+", 90) + "x" + repeated("}", 90),
      repeated("x!+", 100) + "1",
      repeated("1,", 900) + "1",
      repeated("x=1,", 90) + "x=2",
      repeated("9", 1990),
      "\\sqrt{" + repeated("9", 900) + "}",
      "\\sin(10^{1000})",
      "e^{10^{1000}}",
      repeated("\\text{", 300) + repeated("}", 300),
      repeated("\\pm 1 ", 300),
      repeated("5 cm ", 300),
      repeated("a ", 900),
      repeated("\\begin{pmatrix}", 100),
      repeated("||x|", 100),
      repeated("\\log_", 300) + "2",
      repeated("\u00BD", 900),
      "1/(" + repeated("\\sqrt{2}+\\sqrt{3}+\\sqrt{5}+\\sqrt{7}+\\sqrt{11}+", 1) + "1)"};
  for (const std::string& text : texts) {
    const auto start = std::chrono::steady_clock::now();
    (void)MathOf(text);
    (void)QuantityOf(text);
    const std::chrono::duration<double, std::milli> spent =
        std::chrono::steady_clock::now() - start;
    // Far above what it takes, so that a busy machine or a sanitizer does not fail it.
    EXPECT_LT(spent.count(), 250) << text.substr(0, 60);
  }
}

// Short sums are read another way than formulas with a function, a named letter or a tree in them.
TEST(MathTest, ReadsShortSumsAsAllOthers) {
  ExpectEqual({{"2(x+1)", "2x+2+\\sin 0"},
               {"\\frac{\\sqrt{3}}{2}", "\\sin(\\pi/3)"},
               {"\\frac{1}{1+\\sqrt{2}}", "\\sqrt{3-2\\sqrt{2}}"},
               {"\\frac{3-\\sqrt{5}}{2}", "\\left(\\frac{\\sqrt{5}-1}{2}\\right)^{2}+\\ln 1"},
               {"(a-b)(a+b)", "a^2-b^2+\\cos^2 b+\\sin^2 b-1"},
               {"\\frac{x^3}{3}-y/7", "\\frac{7x^3-3y}{21}\\cdot e^0"},
               {"-\\frac{2}{3\\sqrt{6}}", "-\\frac{\\sqrt6}{9}+\\tan 0"},
               {"(x+1)^3", "\\frac{(x+1)^4}{x+1}"},
               {"1000000007x", "1000000007x+\\ln 1"}});
  ExpectDifferent({{"2(x+1)", "2x+3"},
                   {"\\sqrt{2}/2", "\\sqrt{3}/2"},
                   {"x^2", "-x^2"},
                   {"x+y/2", "(x+y)/2"},
                   {"x", "|x|"},
                   {"2 m", "2m"}});
  EXPECT_EQ(Canonical("y - 3x + x^2/2 + 1/2"), "x^2/2 - 3*x + y + 1/2");
  EXPECT_EQ(Canonical("\\frac{1+\\sqrt{5}}{2}"), "sqrt(5)/2 + 1/2");
  EXPECT_EQ(Canonical("x - x"), "0");
}

TEST(MathLimitsTest, GivesUpATextThatTakesTooManySteps) {
  Effort effort;

  const std::optional<MathForm> form = ReadMath("(a+b+c)^{12}:(a+b)^9", effort);

  EXPECT_FALSE(form.has_value());
  EXPECT_TRUE(effort.IsSpent());
}

TEST(MathLimitsTest, CountsAllReadingsOfATextTogether) {
  Effort effort;
  Effort once;
  ASSERT_TRUE(ReadMath("(a+b)^9", once).has_value());
  const int64_t steps = Effort::kMaxSteps - once.left();

  int readings = 0;
  while (ReadMath("(a+b)^9", effort).has_value()) ++readings;

  EXPECT_LE(readings, Effort::kMaxSteps / (steps / 2));
}

TEST(MathLimitsTest, MayBeUsedFromManyThreads) {
  std::vector<std::thread> threads;
  std::vector<std::string> keys(4);
  for (size_t i = 0; i < keys.size(); ++i) {
    threads.emplace_back(
        [&keys, i] { keys[i] = MathOf("\\frac{\\pi}{4} + \\sin 1 + \\sqrt{2}")->key; });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& key : keys) EXPECT_EQ(key, keys[0]);
}

}  // namespace
}  // namespace sextant
