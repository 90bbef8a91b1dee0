// Mathematical statements in a normal form, so that different writings of one value are equal.
#pragma once
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace sextant {

// The normal form, and the two identities of answer.h.
struct MathForm {
  std::string canonical;
  std::string key;
  std::string loose_key;
};

// A statement as models write it (LaTeX or plain) that is mathematics as a whole; nullopt for
// prose.
std::optional<MathForm> ReadMath(absl::string_view statement);

// The same where the statement is one quantity: a number, perhaps with a unit.
std::optional<MathForm> ReadQuantity(absl::string_view statement);

}  // namespace sextant
