#include "server/backend/openai_chunk.h"

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr size_t kErrorTextShown = 300;

// Null and missing fields mean the same: the server has nothing to say.
std::optional<element> Field(const object& parent, const char* name) {
  element value;
  if (parent[name].get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
  return value;
}

absl::Status WrongType(absl::string_view path, absl::string_view expected) {
  return absl::UnavailableError(absl::StrCat("the response's ", path, " is not ", expected));
}

// Calls `member` with the name and the value of each that is not null, in one pass: to look up by
// name each that is read would be half of what a chunk costs.
template <typename Member>
absl::Status ForEach(const object& parent, const Member& member) {
  for (const auto& [name, value] : parent) {
    if (value.is_null()) continue;
    if (absl::Status status = member(name, value); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ReadString(const element& value, absl::string_view path, std::string_view name,
                        absl::string_view& into) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS)
    return WrongType(absl::StrCat(path, ".", absl::string_view(name.data(), name.size())),
                     "a string");
  into = {text.data(), text.size()};
  return absl::OkStatus();
}

absl::Status ReadCount(const object& parent, const char* name, int64_t& into) {
  const auto field = Field(parent, name);
  if (!field) return absl::OkStatus();
  int64_t count = 0;
  if (field->get(count) != simdjson::SUCCESS || count < 0 || count > kMostTokens) {
    return WrongType(absl::StrCat("usage.", name),
                     absl::StrCat("a whole number of 0 to ", kMostTokens));
  }
  into = count;
  return absl::OkStatus();
}

absl::Status ReadUsage(const element& value, std::optional<TokenUsage>& into) {
  object usage;
  if (value.get(usage) != simdjson::SUCCESS) return WrongType("usage", "an object");
  TokenUsage tokens;
  absl::Status status = ReadCount(usage, "prompt_tokens", tokens.prompt);
  if (status.ok()) status = ReadCount(usage, "completion_tokens", tokens.completion);
  object details;
  if (const auto d = Field(usage, "prompt_tokens_details");
      d && d->get(details) == simdjson::SUCCESS) {
    if (status.ok()) status = ReadCount(details, "cached_tokens", tokens.cached);
  }
  // A usage that does not say how long the completion is must not wipe out what was counted so far.
  if (status.ok() && Field(usage, "completion_tokens")) into = tokens;
  return status;
}

void AddLogprob(const element& value, TraceChunk& chunk) {
  double logprob = 0;
  if (value.get(logprob) != simdjson::SUCCESS || !std::isfinite(logprob)) return;
  chunk.sum_logprob += logprob;
  ++chunk.logprobs;
}

// The confidence of one token, from the log-probabilities of the likeliest ones at its place.
class Alternatives {
 public:
  void Add(const element& value) {
    double logprob = 0;
    if (value.get(logprob) != simdjson::SUCCESS || !(logprob >= kLeastLogprob)) return;
    // Rounding lets certain tokens come out a little above 0.
    sum_ += std::min(logprob, 0.0);
    ++count_;
  }
  void AddTo(std::vector<float>& confidences) const {
    // With a single one the number would mean the opposite: low where the model is sure.
    if (count_ >= 2) confidences.push_back(static_cast<float>(-sum_ / count_));
  }

 private:
  // Servers write -9999, or the least number there is, for tokens that cannot be sampled.
  static constexpr double kLeastLogprob = -1000;
  double sum_ = 0;
  int count_ = 0;
};

// [{"token": "a", "logprob": -0.5}, ...]
void ReadTopOfChat(const object& entry, std::vector<float>& confidences) {
  array top;
  if (const auto field = Field(entry, "top_logprobs");
      !field || field->get(top) != simdjson::SUCCESS)
    return;
  Alternatives alternatives;
  for (element one : top) {
    element value;
    if (one["logprob"].get(value) == simdjson::SUCCESS) alternatives.Add(value);
  }
  alternatives.AddTo(confidences);
}

// [{"a": -0.5, ...}, null, ...]: one for each token.
void ReadTopOfText(const object& logprobs, std::vector<float>& confidences) {
  array tokens;
  if (const auto field = Field(logprobs, "top_logprobs");
      !field || field->get(tokens) != simdjson::SUCCESS)
    return;
  for (element token : tokens) {
    object top;
    if (token.get(top) != simdjson::SUCCESS) continue;
    Alternatives alternatives;
    for (const auto& [text, value] : top) alternatives.Add(value);
    alternatives.AddTo(confidences);
  }
}

// Chat: logprobs.content[].logprob. Text: logprobs.token_logprobs[]; llama.cpp uses the chat shape
// for both.
void ReadLogprobs(const element& value, TraceChunk& chunk, std::vector<float>& confidences) {
  object logprobs;
  if (value.get(logprobs) != simdjson::SUCCESS) return;
  array entries;
  if (const auto field = Field(logprobs, "content");
      field && field->get(entries) == simdjson::SUCCESS) {
    for (element entry : entries) {
      object token;
      if (entry.get(token) != simdjson::SUCCESS) continue;
      if (const auto value = Field(token, "logprob")) AddLogprob(*value, chunk);
      ReadTopOfChat(token, confidences);
    }
    chunk.tokens = static_cast<int>(entries.size());
  } else if (const auto text = Field(logprobs, "token_logprobs");
             text && text->get(entries) == simdjson::SUCCESS) {
    for (element value : entries) AddLogprob(value, chunk);
    ReadTopOfText(logprobs, confidences);
    chunk.tokens = static_cast<int>(entries.size());
  }
  chunk.confidences = confidences;
}

// What a choice says, as `delta` or as `message`.
absl::Status ReadSaid(const element& value, absl::string_view path, TraceChunk& chunk) {
  object said;
  if (value.get(said) != simdjson::SUCCESS) return WrongType(path, "an object");
  return ForEach(said, [&](std::string_view name, const element& text) {
    if (name == "content") return ReadString(text, path, name, chunk.content);
    if (name == "reasoning_content" || name == "reasoning")
      return ReadString(text, path, name, chunk.reasoning);
    return absl::OkStatus();
  });
}

absl::Status ReadIndex(const element& value, int64_t& index) {
  if (value.get(index) == simdjson::SUCCESS) return absl::OkStatus();
  return WrongType("choices[0].index", "a whole number");
}

// `index` says whose it is.
absl::Status ReadChoice(const object& choice, int64_t& index, TraceChunk& chunk,
                        std::vector<float>& confidences) {
  absl::Status status = ForEach(choice, [&](std::string_view name, const element& value) {
    if (name == "index") return ReadIndex(value, index);
    if (name == "delta") return ReadSaid(value, "choices[0].delta", chunk);
    if (name == "message") return ReadSaid(value, "choices[0].message", chunk);
    if (name == "text") return ReadString(value, "choices[0]", name, chunk.content);
    if (name == "finish_reason") return ReadString(value, "choices[0]", name, chunk.finish_reason);
    if (name == "logprobs") ReadLogprobs(value, chunk, confidences);
    return absl::OkStatus();
  });
  if (chunk.tokens == 0 && !(chunk.content.empty() && chunk.reasoning.empty())) chunk.tokens = 1;
  return status;
}

std::optional<std::string> TextOf(const element& value) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return std::nullopt;
  return std::string(text);
}

// The words of an error in the shapes that servers use.
std::optional<std::string> ErrorText(const object& root) {
  if (const auto error = Field(root, "error")) {
    if (auto text = TextOf(*error)) return text;
    object fields;
    if (error->get(fields) == simdjson::SUCCESS) {
      if (const auto message = Field(fields, "message")) return TextOf(*message);
      return simdjson::minify(*error);
    }
  }
  for (const char* name : {"message", "detail"}) {
    if (const auto field = Field(root, name)) {
      auto text = TextOf(*field);
      return text ? text : simdjson::minify(*field);
    }
  }
  return std::nullopt;
}

// Servers that have begun to stream put the HTTP status into the error. One that refuses the
// request, a prompt that is too long for instance, would refuse it again.
absl::StatusCode CodeOfError(const element& value) {
  object error;
  int64_t code = 0;
  std::string_view word;
  if (value.get(error) != simdjson::SUCCESS) return absl::StatusCode::kUnavailable;
  if (error["code"].get(word) == simdjson::SUCCESS) {
    if (word == "context_length_exceeded") return absl::StatusCode::kInvalidArgument;
    if (!absl::SimpleAtoi(absl::string_view(word.data(), word.size()), &code)) code = 0;
  } else if (error["code"].get(code) != simdjson::SUCCESS) {
    return absl::StatusCode::kUnavailable;
  }
  if (code == 429) return absl::StatusCode::kResourceExhausted;
  return code == 400 || code == 413 || code == 422 ? absl::StatusCode::kInvalidArgument
                                                   : absl::StatusCode::kUnavailable;
}

// The beginning of a text as part of an error message, which has to be valid UTF-8.
std::string Shown(absl::string_view text) {
  absl::string_view start = text.substr(0, kErrorTextShown);
  // The cut may have gone through a character.
  for (int i = 0; i < 3 && start.size() < text.size(); ++i) {
    if (simdjson::validate_utf8(start.data(), start.size())) break;
    start.remove_suffix(1);
  }
  const bool valid = simdjson::validate_utf8(start.data(), start.size());
  const std::string escaped = valid ? absl::Utf8SafeCHexEscape(start) : absl::CHexEscape(start);
  return start.size() < text.size() ? absl::StrCat(escaped, "...") : escaped;
}

}  // namespace

// Here, since this file is compiled for every processor.
bool CanReadPlainChunks() {
#ifdef __x86_64__
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("pclmul");
#else
  return true;
#endif
}

struct OpenAiChunkReader::Parser {
  std::optional<PlainChunkReader> plain;  // Where the processor has what it takes.
  simdjson::dom::parser dom;
  std::vector<float> confidences;  // Of the first of the last chunks.
  std::vector<TraceChunk> chunks;

  absl::StatusOr<absl::Span<const TraceChunk>> ReadAny(absl::string_view json, int choices);
  absl::Status ReadChoices(const element& value, int choices);
};

absl::Status OpenAiChunkReader::Parser::ReadChoices(const element& value, int choices) {
  array entries;
  if (value.get(entries) != simdjson::SUCCESS) return WrongType("choices", "an array");
  for (element entry : entries) {
    object choice;
    if (entry.get(choice) != simdjson::SUCCESS) return WrongType("choices[0]", "an object");
    TraceChunk chunk;
    int64_t index = 0;
    std::vector<float> unused;
    absl::Status status = ReadChoice(choice, index, chunk, chunks.empty() ? confidences : unused);
    if (!status.ok()) return status;
    // Beam search may return its other beams as further ones.
    if (index < 0 || index >= choices) {
      if (chunks.empty()) confidences.clear();
      continue;
    }
    chunk.choice = static_cast<int>(index);
    if (!chunks.empty()) chunk.confidences = {};
    chunks.push_back(chunk);
    if (choices == 1) break;
  }
  return absl::OkStatus();
}

OpenAiChunkReader::OpenAiChunkReader(bool by_plain_reader) : parser_(std::make_unique<Parser>()) {
  if (by_plain_reader) parser_->plain.emplace();
}
OpenAiChunkReader::~OpenAiChunkReader() = default;

absl::StatusOr<absl::Span<const TraceChunk>> OpenAiChunkReader::Read(absl::string_view json,
                                                                     int choices) {
  parser_->chunks.resize(1);
  parser_->chunks.front() = {};
  if (parser_->plain && parser_->plain->Read(json, choices, parser_->chunks.front()))
    return parser_->chunks;
  return parser_->ReadAny(json, choices);
}

absl::StatusOr<absl::Span<const TraceChunk>> OpenAiChunkReader::Parser::ReadAny(
    absl::string_view json, int choices) {
  object root;
  if (dom.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) {
    return absl::UnavailableError(absl::StrCat("expected a JSON object, got: ", Shown(json)));
  }
  chunks.clear();
  confidences.clear();
  std::optional<TokenUsage> usage;
  absl::Status status = ForEach(root, [&](std::string_view name, const element& value) {
    if (name == "choices") return ReadChoices(value, choices);
    if (name == "usage") return ReadUsage(value, usage);
    if (name == "error")
      return absl::Status(
          CodeOfError(value),
          absl::StrCat("the server reports: ", Shown(ErrorText(root).value_or("an error"))));
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  if (usage && chunks.size() == 1) {
    chunks.front().usage = usage;
  } else if (usage || chunks.empty()) {
    const int whose = choices == 1 ? 0 : TraceChunk::kAllChoices;
    chunks.push_back({.choice = usage ? whose : 0, .usage = usage});
  }
  return chunks;
}

std::string OpenAiChunkReader::ErrorMessage(absl::string_view body) {
  object root;
  if (parser_->dom.parse(body.data(), body.size()).get(root) == simdjson::SUCCESS) {
    if (const auto text = ErrorText(root)) return Shown(*text);
  }
  return body.empty() ? "no message" : Shown(body);
}

}  // namespace sextant
