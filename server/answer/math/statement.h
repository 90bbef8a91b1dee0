// Reads statements: values, lists, equations and inequalities.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/answer/math/algebra.h"
#include "server/answer/math/evaluator.h"
#include "server/answer/math/expression.h"
#include "server/answer/math/reading.h"

namespace sextant::math {

// One statement's expressions and atoms. Use it once.
class StatementParser {
 public:
  StatementParser(Tokens tokens, Effort& effort)
      : effort_(effort),
        tokens_(std::move(tokens)),
        evaluator_(expressions_, effort),
        algebra_(effort) {
    for (const Token& token : tokens_.list) {
      kinds_ |= Bit(token.kind);
      const bool word = token.kind == Tok::kLetters || token.kind == Tok::kWord;
      if (word && IsJoiningWord(token.text)) kinds_ |= kJoiningWord;
    }
  }

  // All of it; nullopt when it is no mathematics or can be read in two ways.
  std::optional<Reading> Whole();
  // A number, perhaps with a unit, or a time or date; what stands left of an equals sign is left
  // out.
  std::optional<Reading> WholeQuantity();

 private:
  struct Range {
    int begin = 0;
    int end = 0;
    bool empty() const { return begin >= end; }
  };
  using Maybe = std::optional<Reading>;

  const Token& At(int i) const { return tokens_.list[static_cast<size_t>(i)]; }
  TokenRange Span(Range range) const { return {&tokens_.list, range.begin, range.end}; }
  // Parts between the tokens outside of brackets for which `is` holds.
  static constexpr uint64_t Bit(Tok kind) { return uint64_t{1} << static_cast<int>(kind); }
  // Whether the statement has one of these tokens anywhere.
  bool Has(uint64_t kinds) const { return (kinds_ & kinds) != 0; }
  // A word that joins or relates what stands around it: most letters are variables.
  static constexpr uint64_t kJoiningWord = uint64_t{1} << 63;
  static bool IsJoiningWord(absl::string_view text) {
    if (text.size() == 1) return text[0] == 'U';
    return text == "or" || text == "and" || text == "in";
  }
  template <typename Is>
  std::vector<Range> Split(Range range, Is is) const;
  bool IsSingleBracket(Range range) const;
  bool IsWord(int i, absl::string_view word) const;

  // statement.cc: lists and relations.
  Maybe Statement(Range range);
  Maybe List(Range range, const std::vector<Range>& parts);
  enum class Joint { kComma, kOr, kAnd };
  static Maybe Joined(std::vector<Reading> items, Joint joint);
  static Maybe System(std::vector<Reading> items);
  Maybe Alternatives(Range range);
  Maybe Line(Range range);
  Maybe Equation(const std::vector<Range>& parts);
  Maybe Equal(Range left, Range right);
  Maybe Inequality(Range range, const std::vector<Range>& parts);
  Maybe Less(Range low, Range high, Tok relation);
  Maybe NotEqual(Range left, Range right);
  Maybe Member(Range left, Range right);
  std::optional<std::string> NameOf(Range range);
  bool HasNumbers(int node) const;

  // value.cc: what stands on one side.
  Maybe Value(Range range);
  // Of a range with tokens of these kinds, none of them a plus-minus.
  Maybe Plain(Range range, uint64_t kinds);
  Maybe PlusMinus(Range range);
  Maybe Regions(Range range);
  Maybe Bracketed(Range range);
  Maybe Braces(Range range);
  Maybe Matrix(Range range);
  Maybe NestedMatrix(Range range);
  Maybe MakeMatrix(const std::vector<std::vector<Range>>& rows);
  Maybe Ratio(Range range);
  Maybe Quantity(Range range);
  Maybe Compound(Range range);
  Maybe Clock(Range range);
  Maybe Infinity(Range range) const;
  Maybe Short(Range range) const;
  std::optional<int> Parse(Range range);
  Maybe Expression(Range range);
  Maybe ExpressionOf(int node);
  ValueSummary ValueOf(int node, const Quotient& form, const std::string& canonical);
  // `left` - `right` as an expression; -1 when one of them is none.
  int Difference(Range left, Range right);
  // Where `difference` has one variable and is linear in it.
  std::optional<LinearSolution> SolveLinear(int difference);
  std::optional<int> Reparse(const std::string& canonical);
  Maybe FromQuotient(const Quotient& value);
  Maybe Relation(int difference, absl::string_view sign);

  Effort& effort_;
  Tokens tokens_;
  uint64_t kinds_ = 0;
  Expressions expressions_;
  Evaluator evaluator_;
  Algebra algebra_;
  int depth_ = 0;
};

}  // namespace sextant::math
