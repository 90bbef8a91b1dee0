#include "server/answer/answer.h"

#include <array>
#include <utility>

#include "absl/strings/str_join.h"

namespace sextant {
namespace {

using NamedKind = std::pair<AnswerKind, absl::string_view>;
constexpr std::array<NamedKind, 8> kNames = {{{AnswerKind::kAuto, "auto"},
                                              {AnswerKind::kInteger, "integer"},
                                              {AnswerKind::kNumber, "number"},
                                              {AnswerKind::kChoice, "choice"},
                                              {AnswerKind::kMath, "math"},
                                              {AnswerKind::kText, "text"},
                                              {AnswerKind::kJson, "json"},
                                              {AnswerKind::kRegex, "regex"}}};

}  // namespace

absl::string_view AnswerKindName(AnswerKind kind) {
  for (const auto& [known, name] : kNames) {
    if (known == kind) return name;
  }
  return "unknown";
}

std::optional<AnswerKind> ParseAnswerKind(absl::string_view name) {
  for (const auto& [kind, known] : kNames) {
    if (known == name) return kind;
  }
  return std::nullopt;
}

std::string AnswerKindNames() {
  return absl::StrJoin(kNames, ", ", [](std::string* out, const NamedKind& named) {
    out->append(named.second.data(), named.second.size());
  });
}

bool SameAnswer(const Answer& a, const Answer& b) {
  return a.Key() == b.Key() || a.Key() == b.LooseKey() || a.LooseKey() == b.Key();
}

}  // namespace sextant
