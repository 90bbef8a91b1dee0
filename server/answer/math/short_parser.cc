#include "server/answer/math/short_parser.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace sextant::math {
namespace {

constexpr int kMaxTokens = 40;
constexpr int kMaxDepth = 8;
constexpr size_t kMaxDigits = 9;
constexpr int kMaxExponent = 12;

using MaybeSum = std::optional<ShortSum>;

// Letters that may be more than a variable: constants, functions, differentials.
bool IsPlainLetter(absl::string_view text) {
  if (text.size() != 1) return false;
  const char c = text[0];
  return !(c >= 'd' && c <= 'i') && !(c >= 'F' && c <= 'H');
}

// The same grammar as Parser, of which it gives up all that is rare.
class ShortParser {
 public:
  explicit ShortParser(const TokenRange& range)
      : tokens_(*range.list), begin_(range.begin), at_(range.begin), end_(range.end) {}

  std::optional<ShortReading> Whole() {
    if (end_ - begin_ > kMaxTokens || !CollectNames()) return std::nullopt;
    const MaybeSum sum = Sum();
    if (!sum.has_value() || at_ != end_ || !sum->IsSmall()) return std::nullopt;
    return ShortReading{*sum, names_};
  }

 private:
  const Token& At(int i) const { return tokens_[static_cast<size_t>(i)]; }
  bool Is(Tok kind) const { return at_ < end_ && At(at_).kind == kind; }
  bool IsCommand(absl::string_view name) const { return Is(Tok::kCommand) && At(at_).text == name; }
  bool IsOpen(char bracket) const { return Is(Tok::kOpen) && At(at_).text[0] == bracket; }
  bool Take(Tok kind) {
    if (!Is(kind)) return false;
    ++at_;
    return true;
  }

  // A letter behind a blank, unless an operator stands before it, may be a unit.
  bool MayBeUnit(int i) const {
    if (i == begin_ || !At(i).space) return false;
    const Tok before = At(i - 1).kind;
    return before != Tok::kPlus && before != Tok::kMinus && before != Tok::kTimes;
  }

  // False where there is anything that is not read here, or too many variables.
  bool CollectNames() {
    for (int i = begin_; i < end_; ++i) {
      const Token& token = At(i);
      switch (token.kind) {
        case Tok::kLetters:
          if (!IsPlainLetter(token.text) || MayBeUnit(i)) return false;
          if (absl::StrContains(names_, token.text)) break;
          if (names_.size() == kShortNames) return false;
          names_ += token.text[0];
          break;
        case Tok::kFunction:
          if (token.text != "sqrt") return false;
          break;
        case Tok::kCommand:
          if (token.text != "frac" && token.text != "root") return false;
          break;
        case Tok::kNumber:
        case Tok::kOpen:
        case Tok::kClose:
        case Tok::kPlus:
        case Tok::kMinus:
        case Tok::kTimes:
        case Tok::kSlash:
        case Tok::kCaret:
          break;
        default:
          return false;
      }
    }
    std::sort(names_.begin(), names_.end());
    return !IsDate();
  }

  // 2020-03-05, 3/5/2020.
  bool IsDate() const {
    if (end_ - begin_ != 5) return false;
    for (const int i : {0, 2, 4}) {
      if (At(begin_ + i).kind != Tok::kNumber) return false;
    }
    return true;
  }

  MaybeSum Sum() {
    if (++depth_ > kMaxDepth) return std::nullopt;
    MaybeSum sum = SignedTerm();
    while (sum.has_value() && (Is(Tok::kPlus) || Is(Tok::kMinus))) {
      const MaybeSum term = SignedTerm();
      if (!term.has_value()) return std::nullopt;
      sum = sum->Plus(*term);
    }
    --depth_;
    return sum;
  }

  MaybeSum SignedTerm() {
    bool negative = false;
    for (int signs = 0; Is(Tok::kPlus) || Is(Tok::kMinus); ++signs) {
      if (signs > 2) return std::nullopt;
      negative = negative != Is(Tok::kMinus);
      ++at_;
    }
    const MaybeSum product = Product();
    return product.has_value() && negative ? product->Negated() : product;
  }

  bool StartsFactor() const {
    return Is(Tok::kLetters) || Is(Tok::kFunction) || Is(Tok::kOpen) || Is(Tok::kCommand);
  }

  MaybeSum Product() {
    MaybeSum product = Factor();
    while (product.has_value()) {
      if (Take(Tok::kTimes)) {
        product = Joined(*product, SignedFactor(), Tok::kTimes);
      } else if (Take(Tok::kSlash)) {
        product = Joined(*product, SignedFactor(), Tok::kSlash);
        // Is 1/2x a half of x?
        if (StartsFactor()) return std::nullopt;
      } else if (StartsFactor()) {
        product = Joined(*product, Factor(), Tok::kTimes);
      } else {
        break;
      }
    }
    return product;
  }

  static MaybeSum Joined(const ShortSum& left, const MaybeSum& right, Tok joint) {
    if (!right.has_value()) return std::nullopt;
    return joint == Tok::kTimes ? left.Times(*right) : left.Over(*right);
  }

  MaybeSum SignedFactor() {
    const bool negative = Take(Tok::kMinus);
    if (!negative) Take(Tok::kPlus);
    const MaybeSum factor = Factor();
    return factor.has_value() && negative ? factor->Negated() : factor;
  }

  MaybeSum Factor() {
    MaybeSum base = Primary();
    if (!base.has_value() || !Take(Tok::kCaret)) return base;
    const bool group = IsOpen('{');
    if (group) ++at_;
    const std::optional<int64_t> exponent = Digits();
    if (!exponent.has_value() || *exponent < 1 || *exponent > kMaxExponent) return std::nullopt;
    if (group && !Take(Tok::kClose)) return std::nullopt;
    if (Is(Tok::kCaret)) return std::nullopt;
    return base->Power(static_cast<int>(*exponent));
  }

  MaybeSum Primary() {
    if (at_ >= end_) return std::nullopt;
    const Token& token = At(at_);
    switch (token.kind) {
      case Tok::kNumber: {
        const std::optional<int64_t> number = Digits();
        return number.has_value() ? MaybeSum(ShortSum(*number)) : std::nullopt;
      }
      case Tok::kLetters:
        ++at_;
        return ShortSum::Variable(names_.find(token.text[0]));
      case Tok::kOpen:
        return Group();
      case Tok::kFunction:
        ++at_;
        return IsOpen('(') ? RootOf(Group()) : std::nullopt;
      case Tok::kCommand:
        ++at_;
        return token.text == "frac" ? Fraction() : RootOf(Argument());
      default:
        return std::nullopt;
    }
  }

  // The digits of a number; a number or fraction after it makes it a mixed one.
  std::optional<int64_t> Digits() {
    if (!Is(Tok::kNumber)) return std::nullopt;
    const absl::string_view text = At(at_++).text;
    if (Is(Tok::kNumber) || IsCommand("frac") || text.size() > kMaxDigits) return std::nullopt;
    int64_t number = 0;
    for (const char c : text) {
      if (c < '0' || c > '9') return std::nullopt;
      number = number * 10 + (c - '0');
    }
    return number;
  }

  MaybeSum Group() {
    const Token& open = At(at_++);
    const char bracket = open.text[0];
    if (bracket != '(' && bracket != '[' && bracket != '{') return std::nullopt;
    if (At(open.match).text[0] != bracket) return std::nullopt;
    MaybeSum inner = Sum();
    if (!inner.has_value() || at_ != open.match) return std::nullopt;
    ++at_;
    return inner;
  }

  // A group, or the digits that TeX takes one by one.
  MaybeSum Argument() {
    if (IsOpen('{')) return Group();
    if (!Is(Tok::kNumber) || At(at_).text.size() != 1) return std::nullopt;
    return Digit(At(at_++).text[0]);
  }
  static MaybeSum Digit(char c) {
    return c >= '0' && c <= '9' ? MaybeSum(ShortSum(c - '0')) : std::nullopt;
  }

  MaybeSum Fraction() {
    if (Is(Tok::kNumber) && At(at_).text.size() == 2) {
      const absl::string_view both = At(at_++).text;
      return Quotient(Digit(both[0]), Digit(both[1]));
    }
    const MaybeSum over = Argument();
    return over.has_value() ? Quotient(over, Argument()) : std::nullopt;
  }
  static MaybeSum Quotient(const MaybeSum& over, const MaybeSum& under) {
    return over.has_value() && under.has_value() ? over->Over(*under) : std::nullopt;
  }

  static MaybeSum RootOf(const MaybeSum& radicand) {
    return radicand.has_value() ? radicand->Root() : std::nullopt;
  }

  const std::vector<Token>& tokens_;
  int begin_;
  int at_;
  int end_;
  int depth_ = 0;
  std::string names_;
};

}  // namespace

std::optional<ShortReading> ReadShort(const TokenRange& range) {
  return ShortParser(range).Whole();
}

}  // namespace sextant::math
