#include "server/answer/math/math_answer.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "server/answer/markup.h"
#include "server/answer/number.h"

namespace sextant {

std::optional<MathForm> ReadQuantity(absl::string_view statement) {
  const std::string plain = PlainText(statement);
  const std::optional<mpq_class> value = ReadNumber(plain, PercentMeans::kHundredths);
  if (!value.has_value()) return std::nullopt;
  const std::string number = CanonicalNumber(*value);
  const size_t letter = plain.find_first_of("abcdefghijklmnopqrstuvwxyz");
  if (letter == std::string::npos || absl::StrContains(plain, "=")) {
    return MathForm{number, number, number};
  }
  const std::string unit = absl::StrCat(number, " ", plain.substr(letter));
  return MathForm{unit, unit, number};
}

std::optional<MathForm> ReadMath(absl::string_view statement) {
  if (std::optional<MathForm> quantity = ReadQuantity(statement)) return quantity;
  const std::string plain = PlainText(statement);
  int words = 0;
  for (const absl::string_view word : absl::StrSplit(plain, ' ')) {
    words += word.size() > 2 && std::all_of(word.begin(), word.end(), absl::ascii_isalpha) ? 1 : 0;
  }
  const bool signs = plain.find_first_of("0123456789+=*/^\\(") != std::string::npos;
  if (words > 0 || !signs || plain.size() > 500) return std::nullopt;
  const std::string bare = absl::StrReplaceAll(plain, {{" ", ""}});
  return MathForm{bare, bare, bare};
}

}  // namespace sextant
