// Tokens of a mathematical statement, whichever way it is dressed: LaTeX, plain text or Unicode.
#pragma once
#include <cstdint>
#include <forward_list>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sextant::math {

constexpr size_t kMaxMathBytes = 2000;  // Of a statement; a longer one is not read.
constexpr size_t kMaxTokens = 400;
constexpr int kMaxNesting = 24;  // Of brackets.

enum class Tok : uint8_t {
  kNumber,    // text: digits, maybe separators, a point, an exponent, repeating digits in ()
  kLetters,   // text: ASCII letters in a row, without a command
  kWord,      // text: letters in \text{} or behind an apostrophe; never a product of letters
  kName,      // text: a named variable such as "theta"
  kFunction,  // text: "sin", "sqrt", "log", ...
  kCommand,   // text: "frac", "binom", "root" (\sqrt), "overline", "begin", "end"
  kOpen,      // text: one of ( [ { \{ < (angle) F (floor) C (ceiling); { is a group or a set
  kClose,     // text: as above
  kPlus,
  kMinus,
  kPlusMinus,
  kMinusPlus,
  kTimes,
  kSlash,
  kCaret,
  kUnderscore,
  kBang,
  kPrime,
  kBar,
  kPercent,
  kDegree,
  kCurrency,  // text: "USD", "EUR", ...
  kComma,
  kSemicolon,
  kColon,
  kEqual,
  kLess,
  kGreater,
  kLessEqual,
  kGreaterEqual,
  kNotEqual,
  kAlmost,
  kIn,
  kUnion,
  kIntersection,
  kSetMinus,
  kAmpersand,
  kNewRow,
  kInfinity,
  kEmptySet,
  kSetName,  // text: "R", "Z", "N", "Q", "C"
  kVulgar,   // text: "1/2", from a character such as U+00BD
  kEnd,
};

struct Token {
  Tok kind = Tok::kEnd;
  bool space = false;  // Something blank stands before it.
  int match = -1;      // Index of the bracket that belongs to this one.
  absl::string_view text;
};

struct Tokens {
  std::vector<Token> list;  // Ends with kEnd.
  bool dressed = false;     // The statement stood between dollars or in \( \).
  // Texts of tokens that do not stand like that in the statement, as "1234" for 1,234.
  std::forward_list<std::string> rewritten;
};

// The statement has to outlive its tokens. nullopt when something in it is no mathematics, brackets
// do not match, or a limit is passed.
std::optional<Tokens> Tokenise(absl::string_view statement);

}  // namespace sextant::math
