// Splits arbitrary bytes into server-sent events twice, whole and in pieces whose size the first
// byte says, and expects the same events; each is then read as a chunk of a completion.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "server/backend/openai_chunk.h"
#include "server/backend/sse.h"

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

}  // namespace
}  // namespace sextant

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto& reader = *new sextant::OpenAiChunkReader;
  if (size < 2) return 0;
  const absl::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::vector<std::string> events = sextant::EventsOf(stream, stream.size());
  if (events != sextant::EventsOf(stream, data[0] % 31 + 1)) std::abort();
  for (const std::string& event : events) {
    if (!reader.Read(event).ok()) reader.ErrorMessage(event);
  }
  return 0;
}
