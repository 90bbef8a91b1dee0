#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/answer/markup.h"
#include "server/answer/number.h"

namespace sextant {
namespace {

// The canonical number of a statement as models write it, "none" when it is no number.
std::string Read(absl::string_view statement, PercentMeans percent = PercentMeans::kHundredths) {
  const std::optional<mpq_class> number = ReadNumber(PlainText(statement), percent);
  return number.has_value() ? CanonicalNumber(*number) : "none";
}

TEST(NumberTest, IgnoresLeadingZerosAndPlusSigns) {
  EXPECT_EQ(Read("033"), "33");
  EXPECT_EQ(Read("+5"), "5");
  EXPECT_EQ(Read("-0"), "0");
}

TEST(NumberTest, KeepsSignsIncludingTheUnicodeMinus) {
  EXPECT_EQ(Read("-96"), "-96");
  EXPECT_EQ(Read("\xE2\x88\x92"
                 "96"),
            "-96");
  EXPECT_EQ(Read("(-5)"), "-5");
}

TEST(NumberTest, ReadsSeparatorsBetweenGroupsOfThreeDigits) {
  EXPECT_EQ(Read("1,234,567"), "1234567");
  EXPECT_EQ(Read("1\\,234"), "1234");
  EXPECT_EQ(Read("1{,}234"), "1234");
  EXPECT_EQ(Read("10\xE2\x80\xAF"
                 "022"),
            "10022");
}

TEST(NumberTest, RefusesListsThatLookLikeSeparators) {
  EXPECT_EQ(Read("1,2"), "none");
  EXPECT_EQ(Read("1, 234"), "none");
  EXPECT_EQ(Read("1,2345"), "none");
  EXPECT_EQ(Read("12 34"), "none");
  EXPECT_EQ(Read("(1, 2)"), "none");
}

TEST(NumberTest, ReadsDecimalsAndFractionsExactly) {
  EXPECT_EQ(Read("12.0"), "12");
  EXPECT_EQ(Read("0.75"), "3/4");
  EXPECT_EQ(Read(".5"), "1/2");
  EXPECT_EQ(Read("3/4"), "3/4");
  EXPECT_EQ(Read("\\frac{6}{8}"), "3/4");
  EXPECT_EQ(Read("-\\dfrac34"), "-3/4");
  EXPECT_EQ(Read("0.1"), "1/10");
}

TEST(NumberTest, RefusesAPowerThatIsCutOff) {
  EXPECT_EQ(Read("10^{"), "none");
  EXPECT_EQ(Read("10^"), "none");
}

TEST(NumberTest, TellsAMixedNumberFromAProduct) {
  EXPECT_EQ(Read("2\\frac{1}{2}"), "5/2");
  EXPECT_EQ(Read("2(1)/(2)"), "none");
}

TEST(NumberTest, ReadsPowersOfTen) {
  EXPECT_EQ(Read("1.5e3"), "1500");
  EXPECT_EQ(Read("2.6 \\times 10^{5}"), "260000");
  EXPECT_EQ(Read("4\xC3\x97"
                 "10^-2"),
            "1/25");
}

TEST(NumberTest, ReadsPercentAsHundredthsOrAsAUnit) {
  EXPECT_EQ(Read("50\\%"), "1/2");
  EXPECT_EQ(Read("50\\%", PercentMeans::kUnit), "50");
}

TEST(NumberTest, DropsUnitsAndCurrency) {
  EXPECT_EQ(Read("204 minutes"), "204");
  EXPECT_EQ(Read("5\\text{ cm}^2"), "5");
  EXPECT_EQ(Read("5cm"), "5");
  EXPECT_EQ(Read("60^\\circ"), "60");
  EXPECT_EQ(Read("3 m/s"), "3");
  EXPECT_EQ(Read("\\$5"), "5");
}

TEST(NumberTest, RefusesWhatOnlyStartsWithANumber) {
  EXPECT_EQ(Read("5x"), "none");
  EXPECT_EQ(Read("5 x"), "none");
  EXPECT_EQ(Read("5\\sqrt{5}"), "none");
  EXPECT_EQ(Read("2 pi"), "none");
  EXPECT_EQ(Read("5 or 6"), "none");
  EXPECT_EQ(Read("5 million"), "none");
  EXPECT_EQ(Read("3 times larger"), "none");
  EXPECT_EQ(Read("2^{10}"), "none");
}

TEST(NumberTest, ReadsTheValueThatAnEquationNames) {
  EXPECT_EQ(Read("xy = 25"), "25");
  EXPECT_EQ(Read("147 + 147 = 294 "), "294");
  EXPECT_EQ(Read("\\,5462+5462-902 = 10022\\, "), "10022");
}

TEST(NumberTest, RefusesEquationsThatNameNoValue) {
  EXPECT_EQ(Read("34y^{2}+y-(2+4k)=0"), "none");
  EXPECT_EQ(Read("r=2-y"), "none");
  EXPECT_EQ(Read("x=1, y=2"), "none");
}

TEST(NumberTest, PrefersTheExactPartOfARoundedValue) {
  EXPECT_EQ(Read("\\frac{1}{3} \\approx 0.333"), "1/3");
  EXPECT_EQ(Read("x \\approx 0.25"), "1/4");
  EXPECT_EQ(Read("x \\approx 12", PercentMeans::kUnit), "none");
}

TEST(NumberTest, ReadsAsManyDigitsAsTheLimitAllows) {
  const std::string digits(kMaxDigits, '7');

  EXPECT_EQ(Read(digits), digits);
  EXPECT_EQ(Read(digits + "7"), "none");
}

TEST(NumberTest, RefusesAbsurdExponentsAndDivisionByZero) {
  EXPECT_EQ(Read("1e1000"), "1" + std::string(1000, '0'));
  EXPECT_EQ(Read("1e1001"), "none");
  EXPECT_EQ(Read("1e999999999"), "none");
  EXPECT_EQ(Read("1e-999999999999999999999"), "none");
  EXPECT_EQ(Read("3/0"), "none");
  EXPECT_EQ(Read("\\frac{3}{0}"), "none");
}

TEST(NumberTest, IsIdempotentOnItsCanonicalForm) {
  for (const char* text : {"033", "-0.75", "1,234", "2.5e-3", "50%"}) {
    EXPECT_EQ(Read(Read(text)), Read(text)) << text;
  }
}

}  // namespace
}  // namespace sextant
