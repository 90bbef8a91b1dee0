// Compares two arbitrary statements, which a newline separates, and holds what every comparison has
// to hold: a statement equals itself, equality is symmetric, and a normal form, read as an answer
// of the kind that was found, is its own normal form.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>

#include "server/answer/reader.h"

namespace sextant {
namespace {

const AnswerReader& ReaderOf(AnswerKind kind) {
  static auto& readers = *new std::map<AnswerKind, AnswerReader>;
  auto found = readers.find(kind);
  if (found == readers.end())
    found = readers.emplace(kind, *AnswerReader::Create({.kind = kind})).first;
  return found->second;
}

void Check(const AnswerReader& reader, absl::string_view left, absl::string_view right) {
  const std::optional<Answer> a = reader.Canonicalise(left);
  const std::optional<Answer> b = reader.Canonicalise(right);
  if (a.has_value()) {
    const std::optional<Answer> again = reader.Canonicalise(left);
    if (!again.has_value() || !SameAnswer(*a, *again)) std::abort();
    const std::optional<Answer> normal = ReaderOf(a->kind).Canonicalise(a->canonical);
    if (normal.has_value() && normal->canonical != a->canonical) std::abort();
  }
  if (a.has_value() && b.has_value() && SameAnswer(*a, *b) != SameAnswer(*b, *a)) std::abort();
}

}  // namespace
}  // namespace sextant

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t newline = text.find('\n');
  const absl::string_view left = text.substr(0, newline);
  const absl::string_view right =
      newline == absl::string_view::npos ? left : text.substr(newline + 1);
  for (const auto kind : {sextant::AnswerKind::kMath, sextant::AnswerKind::kAuto}) {
    sextant::Check(sextant::ReaderOf(kind), left, right);
  }
  return 0;
}
