// Reads answers out of arbitrary bytes. The first byte picks what is looked for.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "server/answer/reader.h"

namespace sextant {
namespace {

std::vector<AnswerReader> Readers() {
  const std::vector<AnswerFormat> formats = {
      {.kind = AnswerKind::kAuto},
      {.kind = AnswerKind::kInteger},
      {.kind = AnswerKind::kNumber},
      {.kind = AnswerKind::kChoice},
      {.kind = AnswerKind::kChoice, .choices = {"four cats", "\\frac{1}{2}", "none of the above"}},
      {.kind = AnswerKind::kMath},
      {.kind = AnswerKind::kText},
      {.kind = AnswerKind::kJson, .pointer = "/answer/0"},
      {.kind = AnswerKind::kRegex, .pattern = "x\\s*=\\s*(\\S+)"}};
  std::vector<AnswerReader> readers;
  for (const AnswerFormat& format : formats) readers.push_back(*AnswerReader::Create(format));
  return readers;
}

void ReadBothWays(const AnswerReader& reader, absl::string_view text) {
  const std::optional<Answer> answer = reader.Read("", text);
  reader.Read(text, "");
  reader.ReadProvisional("", text);
  // What is an answer may be said again in its normal form.
  if (answer.has_value() && answer->canonical.empty()) std::abort();
}

}  // namespace
}  // namespace sextant

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto& readers = *new std::vector<sextant::AnswerReader>(sextant::Readers());
  if (size == 0) return 0;
  const absl::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  sextant::ReadBothWays(readers[data[0] % readers.size()], text);
  return 0;
}
