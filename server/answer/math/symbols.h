// What LaTeX commands and single characters beyond ASCII stand for.
#pragma once
#include "absl/strings/string_view.h"
#include "server/answer/math/token.h"

namespace sextant::math {

struct Symbol {
  Tok kind;
  absl::string_view text;
};

// Of "\alpha" without its backslash; nullptr for a command that is not known. kEnd: it says
// nothing (\displaystyle). kWord: what it holds is text (\text). kLetters: what it holds is written
// in another font (\mathbf).
const Symbol* FindCommand(absl::string_view name);

// Of the character that `text` begins with, with its length in bytes in `bytes`; kEnd with text
// " " for a blank. nullptr for one that is not known.
struct Character {
  absl::string_view bytes;
  Symbol symbol;
};
const Character* FindCharacter(absl::string_view text);

// Whether these letters, written without a backslash, name a function or a variable ("sin",
// "theta", "pi").
const Symbol* FindPlainName(absl::string_view letters);

}  // namespace sextant::math
