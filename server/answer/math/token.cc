#include "server/answer/math/token.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "server/answer/math/lexer.h"

namespace sextant::math {
namespace {

using absl::string_view;

// Brackets of a half-open interval do not match in kind.
bool Fits(string_view open, string_view close) {
  const auto round = [](string_view kind) { return kind == "(" || kind == "["; };
  return open == close || (round(open) && round(close));
}

bool MatchBrackets(std::vector<Token>& tokens) {
  std::vector<int> open;
  for (int i = 0; i < static_cast<int>(tokens.size()); ++i) {
    Token& token = tokens[static_cast<size_t>(i)];
    if (token.kind == Tok::kOpen) open.push_back(i);
    if (open.size() > kMaxNesting) return false;
    if (token.kind != Tok::kClose) continue;
    if (open.empty() || !Fits(tokens[static_cast<size_t>(open.back())].text, token.text))
      return false;
    token.match = open.back();
    tokens[static_cast<size_t>(open.back())].match = i;
    open.pop_back();
  }
  return open.empty();
}

// Takes off dollars, \( \), \[ \], ** and a full stop around the whole; true if it was dressed.
bool Undress(string_view& text) {
  bool dressed = false;
  for (int round = 0; round < 8; ++round) {
    const size_t before = text.size();
    text = absl::StripAsciiWhitespace(text);
    const auto around = [&text](string_view open, string_view close) {
      if (text.size() < open.size() + close.size() || !absl::StartsWith(text, open)) return false;
      if (!absl::EndsWith(text, close)) return false;
      const string_view inner = text.substr(open.size(), text.size() - open.size() - close.size());
      if (absl::StrContains(inner, close)) return false;
      text = inner;
      return true;
    };
    if (around("$$", "$$") || around("\\(", "\\)") || around("\\[", "\\]")) dressed = true;
    if (text.size() > 2 && !absl::EndsWith(text, "\\$") && around("$", "$")) dressed = true;
    around("**", "**");
    around("`", "`");
    if (!absl::EndsWith(text, "..") && !absl::EndsWith(text, ".m."))
      absl::ConsumeSuffix(&text, ".");
    if (text.size() == before) break;
  }
  return dressed;
}

}  // namespace

std::optional<Tokens> Tokenise(string_view statement) {
  Tokens tokens;
  tokens.dressed = Undress(statement);
  if (statement.empty() || statement.size() > kMaxMathBytes) return std::nullopt;
  Lexer lexer(statement);
  if (!lexer.Run(false)) return std::nullopt;
  std::move(lexer).TakeInto(tokens);
  if (!MatchBrackets(tokens.list)) return std::nullopt;
  return tokens;
}

}  // namespace sextant::math
