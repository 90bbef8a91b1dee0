// Cuts a statement into tokens. Used by Tokenise alone.
#pragma once
#include <algorithm>
#include <forward_list>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "server/answer/math/token.h"

namespace sextant::math {

// Methods take what they read off the text, and return false for what is no mathematics.
class Lexer {
 public:
  explicit Lexer(absl::string_view text) : rest_(text) { tokens_.reserve(24); }

  // Reads all of the text, as text if `words`.
  bool Run(bool words);

  void TakeInto(Tokens& tokens) && {
    Push(Tok::kEnd);
    tokens.list = std::move(tokens_);
    tokens.rewritten = std::move(rewritten_);
  }

 private:
  // `text` outlives the tokens: it is part of the statement, a literal, or kept by Keep.
  void Push(Tok kind, absl::string_view text = "");
  absl::string_view Keep(std::string text) {
    rewritten_.push_front(std::move(text));
    return rewritten_.front();
  }
  Tok Last() const { return tokens_.empty() ? Tok::kEnd : tokens_.back().kind; }

  bool Step();
  // How many digits there are from index `i` on.
  size_t DigitsAt(size_t i) const {
    const size_t begin = i;
    while (i < rest_.size() && absl::ascii_isdigit(rest_[i])) ++i;
    return i - begin;
  }

  // The length of a group mark at `i` that three digits and no fourth follow; 0 if there is none.
  size_t GroupMark(size_t i, absl::string_view mark) const {
    if (!absl::StartsWith(rest_.substr(std::min(i, rest_.size())), mark)) return 0;
    return DigitsAt(i + mark.size()) == 3 ? mark.size() : 0;
  }

  size_t Groups(size_t end, std::string& digits) const;
  size_t Repeating(size_t end, std::string& digits) const;
  bool Number();
  bool Letters();
  bool Command();
  bool Escaped(char c);
  bool SetName();
  bool Held(Tok kind, absl::string_view name);
  bool Environment(absl::string_view what);
  bool Superscript();
  bool Unicode();
  bool Punctuation(char c);

  absl::string_view rest_;
  std::vector<Token> tokens_;
  std::forward_list<std::string> rewritten_;
  bool space_ = false;
  bool words_ = false;
  int held_ = 0;   // Nested \text.
  int depth_ = 0;  // Of brackets that may hold a list.
};

}  // namespace sextant::math
