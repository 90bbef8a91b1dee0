// The JSON of answers: the events of a stream, and the body of an answer in one piece.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "simulator/catalog.h"
#include "simulator/completion_request.h"

namespace sextant {

struct Usage {
  int64_t prompt_tokens = 0;
  int64_t completion_tokens = 0;
};

// What all parts of one answer have in common.
struct AnswerHead {
  std::string id;
  std::string model;
  int64_t created = 0;  // Unix seconds.
  Endpoint endpoint = Endpoint::kChat;
  std::optional<int> top_logprobs;
};

// Writes the events of one stream, `data: {...}` and an empty line each, into a buffer. The parts
// that every event repeats are made once. Not thread-safe.
class EventWriter {
 public:
  explicit EventWriter(AnswerHead head);

  // The first chunk of a choice. Chat alone has it; nothing is written for /v1/completions.
  void AddRole(int choice);
  // The tokens [from, to) of a script. With `usage`, the chunk carries it.
  void AddTokens(int choice, const Script& script, int64_t from, int64_t to,
                 const std::optional<Usage>& usage);
  void AddFinish(int choice, absl::string_view reason, const std::optional<Usage>& usage);
  void AddUsage(const Usage& usage);  // The last chunk, with empty choices.
  void AddDone();                     // data: [DONE]
  void AddError(absl::string_view message);
  // What no server should send: a chunk whose text is a number, bytes that are no event.
  void AddWrongType(int choice);
  void AddGarbage();

  size_t size() const { return bytes_.size(); }
  std::string Take();

 private:
  void Begin(int choice);
  // The chunk's delta, or text, of these pieces.
  void AddDelta(const Script& script, const TextPieces& pieces);
  void End(const std::optional<Usage>& usage);

  AnswerHead head_;
  std::string start_;  // An event up to `"choices":[`.
  std::string bytes_;
};

// The body of an answer that is not streamed.
std::string AnswerBody(const AnswerHead& head, const std::vector<Script>& scripts,
                       const std::optional<Usage>& usage);
// The same with a number where the text of the first choice belongs.
std::string AnswerBodyWithWrongType(const AnswerHead& head);

// An error object as OpenAI's servers send it.
std::string ErrorBody(absl::string_view message, absl::string_view type, int code);

}  // namespace sextant
