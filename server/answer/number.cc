#include "server/answer/number.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/answer/markup.h"
#include "server/answer/unit_words.h"

namespace sextant {
namespace {

using absl::string_view;

constexpr std::array<string_view, 4> kCurrency = {"$", "\xE2\x82\xAC", "\xC2\xA3", "\xC2\xA5"};

mpz_class PowerOfTen(unsigned long exponent) {
  mpz_class power;
  mpz_ui_pow_ui(power.get_mpz_t(), 10, exponent);
  return power;
}

// Reads one number from the front of `rest`; what follows stays in it.
class NumberScanner {
 public:
  explicit NumberScanner(string_view text) : rest_(text) {}

  string_view rest() const { return rest_; }
  bool has_currency() const { return has_currency_; }

  // [sign] number [/ number], a fraction, or a mixed number.
  std::optional<mpq_class> Value() {
    const bool negative = Sign();
    for (const string_view sign : kCurrency) has_currency_ |= absl::ConsumePrefix(&rest_, sign);
    std::optional<mpq_class> value = Magnitude();
    if (!value.has_value()) return std::nullopt;
    if (negative) *value = -*value;
    return value;
  }

 private:
  bool Sign() {
    Spaces();
    const bool negative = absl::ConsumePrefix(&rest_, "-");
    if (!negative) absl::ConsumePrefix(&rest_, "+");
    Spaces();
    return negative;
  }

  void Spaces() { rest_ = absl::StripLeadingAsciiWhitespace(rest_); }

  std::optional<mpq_class> Magnitude() {
    if (absl::StartsWith(rest_, "(")) return Fraction();
    std::optional<mpq_class> whole = Decimal();
    if (!whole.has_value()) return std::nullopt;
    const string_view after_whole = rest_;
    Spaces();
    if (absl::StartsWith(rest_, "(")) return Mixed(*whole);
    if (absl::ConsumePrefix(&rest_, "/")) {
      Spaces();
      const std::optional<mpq_class> under =
          absl::StartsWith(rest_, "(") ? InParentheses() : Decimal();
      // A unit such as "km/h" also has a slash.
      if (!under.has_value()) rest_ = after_whole;
      if (under.has_value()) return Ratio(*whole, *under);
      return whole;
    }
    rest_ = after_whole;
    return whole;
  }

  static std::optional<mpq_class> Ratio(const mpq_class& over, const mpq_class& under) {
    if (under == 0) return std::nullopt;
    return mpq_class(over / under);
  }

  // "(3)⁄(4)", "(3)/(4)", "(3)/4", or a number in parentheses.
  std::optional<mpq_class> Fraction() {
    const std::optional<mpq_class> over = InParentheses();
    if (!over.has_value()) return std::nullopt;
    if (!absl::ConsumePrefix(&rest_, kFractionSlash) && !absl::ConsumePrefix(&rest_, "/"))
      return over;
    const std::optional<mpq_class> under =
        absl::StartsWith(rest_, "(") ? InParentheses() : Decimal();
    if (!under.has_value()) return std::nullopt;
    return Ratio(*over, *under);
  }

  // 2(1)⁄(2) is two and a half; 2(1)/(2) would be a product and is refused.
  std::optional<mpq_class> Mixed(const mpq_class& whole) {
    if (whole.get_den() != 1 || !absl::StrContains(rest_, kFractionSlash)) return std::nullopt;
    const std::optional<mpq_class> part = Fraction();
    if (!part.has_value() || *part <= 0 || *part >= 1) return std::nullopt;
    return mpq_class(whole + *part);
  }

  std::optional<mpq_class> InParentheses() {
    absl::ConsumePrefix(&rest_, "(");
    const bool negative = Sign();
    std::optional<mpq_class> value = Decimal();
    Spaces();
    if (!value.has_value() || !absl::ConsumePrefix(&rest_, ")")) return std::nullopt;
    if (negative) *value = -*value;
    return value;
  }

  // Digits with separators in groups of three, a fraction part, a power of ten.
  std::optional<mpq_class> Decimal() {
    std::string digits = GroupedDigits();
    long scale = 0;
    if (absl::StartsWith(rest_, ".") && rest_.size() > 1 && absl::ascii_isdigit(rest_[1])) {
      rest_.remove_prefix(1);
      const std::string decimals = Digits();
      scale = -static_cast<long>(decimals.size());
      digits += decimals;
    } else if (!digits.empty() && rest_ == ".") {
      rest_.remove_prefix(1);
    }
    if (digits.empty() || digits.size() > kMaxDigits) return std::nullopt;
    const std::optional<long> power = Exponent();
    if (!power.has_value()) return std::nullopt;
    scale += *power;
    mpz_class mantissa;
    mpz_set_str(mantissa.get_mpz_t(), digits.c_str(), 10);
    if (scale >= 0) return mpq_class(mantissa * PowerOfTen(static_cast<unsigned long>(scale)));
    mpq_class value(mantissa, PowerOfTen(static_cast<unsigned long>(-scale)));
    value.canonicalize();
    return value;
  }

  std::string Digits() {
    size_t n = 0;
    while (n < rest_.size() && absl::ascii_isdigit(rest_[n])) ++n;
    const std::string digits(rest_.substr(0, n));
    rest_.remove_prefix(n);
    return digits;
  }

  bool IsGroup(char separator) const {
    const auto digit = [this](size_t i) {
      return i < rest_.size() && absl::ascii_isdigit(rest_[i]);
    };
    return !rest_.empty() && rest_[0] == separator && digit(1) && digit(2) && digit(3) && !digit(4);
  }

  // 1,234,567 or 1 234 567: one separator throughout, and the first group has at most three digits.
  std::string GroupedDigits() {
    std::string digits = Digits();
    if (digits.empty() || digits.size() > 3 || rest_.empty()) return digits;
    const char separator = rest_[0];
    if (separator != ',' && separator != ' ') return digits;
    while (IsGroup(separator)) {
      digits.append(rest_.data() + 1, 3);
      rest_.remove_prefix(4);
    }
    return digits;
  }

  // 0 when there is none; nullopt when it is beyond the limit.
  std::optional<long> Exponent() {
    string_view tail = rest_;
    if (absl::ConsumePrefix(&tail, "e") || absl::ConsumePrefix(&tail, "E")) {
      if (!StartsWithInteger(tail)) return 0;
    } else {
      tail = absl::StripLeadingAsciiWhitespace(tail);
      if (!absl::ConsumePrefix(&tail, "*")) return 0;
      tail = absl::StripLeadingAsciiWhitespace(tail);
      if (!absl::ConsumePrefix(&tail, "10^")) return 0;
    }
    const bool braces = absl::ConsumePrefix(&tail, "{");
    const bool negative = absl::ConsumePrefix(&tail, "-");
    if (!negative) absl::ConsumePrefix(&tail, "+");
    rest_ = tail;
    const std::string digits = Digits();
    if (braces && !absl::ConsumePrefix(&rest_, "}")) return std::nullopt;
    long exponent = 0;
    if (!absl::SimpleAtoi(digits, &exponent) || exponent > kMaxExponent) return std::nullopt;
    return negative ? -exponent : exponent;
  }

  static bool StartsWithInteger(string_view text) {
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
    return !text.empty() && absl::ascii_isdigit(text[0]);
  }

  string_view rest_;
  bool has_currency_ = false;
};

// What stands left of an equals sign names the value; it is no list and no open equation.
bool NamesAValue(string_view left, const mpq_class& value) {
  if (absl::StrContains(left, ",") || absl::StrContains(left, ";")) return false;
  if (absl::StrContains(left, " or ") || absl::StrContains(left, " and ")) return false;
  // 34y^2+y-2 = 0 is an equation to be solved; m+n = 25 says what m+n is.
  const auto any = [left](auto is) { return std::any_of(left.begin(), left.end(), is); };
  return value != 0 || !any([](char c) { return absl::ascii_isalpha(c); }) ||
         !any([](char c) { return absl::ascii_isdigit(c); }) ||
         !any([](char c) { return c == '+' || c == '-' || c == '^'; });
}

std::optional<NumberReading> ReadValue(string_view plain, PercentMeans percent) {
  NumberScanner scanner(plain);
  std::optional<mpq_class> value = scanner.Value();
  if (!value.has_value()) return std::nullopt;
  const string_view rest = absl::StripTrailingAsciiWhitespace(scanner.rest());
  const string_view bare = absl::StripLeadingAsciiWhitespace(rest);
  if (bare == "%" || bare == "percent" || bare == "per cent") {
    if (percent == PercentMeans::kHundredths) *value /= 100;
    return NumberReading{*std::move(value), false};
  }
  if (!IsUnit(rest)) return std::nullopt;
  return NumberReading{*std::move(value), !rest.empty() || scanner.has_currency()};
}

}  // namespace

std::optional<NumberReading> ReadNumberWithUnit(string_view plain, PercentMeans percent) {
  const size_t almost = plain.find(kAlmostEqual);
  if (almost != string_view::npos) {
    if (percent == PercentMeans::kUnit) return std::nullopt;
    const string_view exact = absl::StripAsciiWhitespace(plain.substr(0, almost));
    if (auto value = ReadNumberWithUnit(exact, percent)) return value;
    plain = plain.substr(almost + kAlmostEqual.size());
    if (absl::StrContains(plain, kAlmostEqual)) return std::nullopt;
  }
  const size_t equals = plain.rfind('=');
  if (equals == string_view::npos) return ReadValue(plain, percent);
  std::optional<NumberReading> read =
      ReadValue(absl::StripAsciiWhitespace(plain.substr(equals + 1)), percent);
  if (!read.has_value() || !NamesAValue(plain.substr(0, equals), read->value)) return std::nullopt;
  return read;
}

std::optional<mpq_class> ReadNumber(string_view plain, PercentMeans percent) {
  std::optional<NumberReading> read = ReadNumberWithUnit(plain, percent);
  if (!read.has_value()) return std::nullopt;
  return std::move(read->value);
}

std::string CanonicalNumber(const mpq_class& number) { return number.get_str(); }

}  // namespace sextant
