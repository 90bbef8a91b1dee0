// Splits arbitrary bytes into server-sent events twice, whole and in pieces whose size the first
// byte says, and expects the same events; each is then read as a chunk of a completion, by either
// reader, which may differ only where the text is no JSON in a place that nothing reads.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "server/backend/openai_chunk.h"
#include "server/backend/sse.h"
#include "tests/fuzz/expect.h"

namespace sextant {
namespace {

constexpr size_t kMaxEventBytes = 1 << 20;

std::vector<std::string> EventsOf(absl::string_view stream, size_t piece) {
  SseParser parser(kMaxEventBytes);
  std::vector<std::string> events;
  for (size_t at = 0; at < stream.size(); at += piece) {
    if (!parser.Push(stream.substr(at, piece)).ok()) std::abort();
    while (const auto event = parser.Next()) events.emplace_back(*event);
  }
  return events;
}

void ExpectSame(const TraceChunk& a, const TraceChunk& b) {
  Expect(a.choice == b.choice && a.content == b.content && a.reasoning == b.reasoning);
  Expect(a.tokens == b.tokens && a.finish_reason == b.finish_reason && a.logprobs == b.logprobs);
  Expect(a.usage.has_value() == b.usage.has_value());
  if (!a.usage) return;
  Expect(a.usage->prompt == b.usage->prompt && a.usage->completion == b.usage->completion);
}

void ReadBothWays(const std::string& event, int choices) {
  static auto& any = *new OpenAiChunkReader(/*by_plain_reader=*/false);
  static auto& quick = *new OpenAiChunkReader;
  const auto expected = any.Read(event, choices);
  const auto chunks = quick.Read(event, choices);
  if (!expected.ok()) {
    any.ErrorMessage(event);
    Expect(!chunks.ok() || absl::StartsWith(expected.status().message(), "expected a JSON object"));
    return;
  }
  Expect(chunks.ok() && chunks->size() == expected->size());
  for (size_t i = 0; i < chunks->size(); ++i) ExpectSame((*chunks)[i], (*expected)[i]);
}

}  // namespace
}  // namespace sextant

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const absl::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::vector<std::string> events = sextant::EventsOf(stream, stream.size());
  if (events != sextant::EventsOf(stream, data[0] % 31 + 1)) std::abort();
  for (const std::string& event : events) sextant::ReadBothWays(event, data[0] % 3 + 1);
  return 0;
}
