#include "server/answer/math/math_answer.h"

#include <utility>

#include "server/answer/math/statement.h"

namespace sextant {
namespace {

constexpr size_t kMaxFormBytes = 20000;

std::optional<MathForm> FormOf(std::optional<math::Reading> reading, const Effort& effort) {
  if (!reading.has_value() || effort.IsSpent()) return std::nullopt;
  MathForm form{std::move(reading->canonical), std::move(reading->key),
                std::move(reading->loose_key), reading->own};
  if (form.canonical.size() > kMaxFormBytes || form.key.size() > kMaxFormBytes) return std::nullopt;
  return form;
}

}  // namespace

std::optional<MathForm> ReadMath(absl::string_view statement, Effort& effort) {
  std::optional<math::Tokens> tokens = math::Tokenise(statement);
  if (!tokens.has_value()) return std::nullopt;
  return FormOf(math::StatementParser(*std::move(tokens), effort).Whole(), effort);
}

std::optional<MathForm> ReadQuantity(absl::string_view statement, Effort& effort) {
  std::optional<math::Tokens> tokens = math::Tokenise(statement);
  if (!tokens.has_value()) return std::nullopt;
  return FormOf(math::StatementParser(*std::move(tokens), effort).WholeQuantity(), effort);
}

}  // namespace sextant
