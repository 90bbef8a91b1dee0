#include "simulator/answer_json.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "simulator/json_text.h"
#include "simulator/logprobs.h"

namespace sextant {
namespace {

constexpr absl::string_view kGarbage = "data: {\"choices\":[{\"delta\":\xff\xfe{]]\x01 garbage\n\n";

std::string UsageJson(const Usage& usage) {
  return absl::StrCat("{\"prompt_tokens\":", usage.prompt_tokens,
                      ",\"completion_tokens\":", usage.completion_tokens,
                      ",\"total_tokens\":", usage.prompt_tokens + usage.completion_tokens, "}");
}

absl::string_view ReasoningKey(ThinkingStyle style) {
  return style == ThinkingStyle::kReasoning ? "reasoning" : "reasoning_content";
}

std::string TokenAt(const Script& script, int64_t token) {
  std::string text;
  for (const TextPiece& piece : script.text.Slice(token, token + 1)) {
    absl::StrAppend(&text, piece.text);
  }
  return text;
}

PseudoLogprobs LogprobsOf(const Script& script) {
  return {script.logprob_key, script.surprise, script.confidence};
}

// {"content": [{"token", "logprob", "bytes", "top_logprobs": [...]}, ...]}
std::string ChatLogprobs(const Script& script, int64_t from, int64_t to, int top_count) {
  const PseudoLogprobs logprobs = LogprobsOf(script);
  std::string json = "{\"content\":[";
  for (int64_t token = from; token < to; ++token) {
    const int64_t position = script.text.first_token() + token;
    const std::string text = TokenAt(script, token);
    absl::StrAppend(&json, token > from ? "," : "", "{\"token\":", QuotedJson(text),
                    ",\"logprob\":", logprobs.Of(position), ",\"bytes\":null,\"top_logprobs\":[");
    absl::string_view comma = "";
    for (const TokenLogprob& top : logprobs.Top(position, text, top_count)) {
      absl::StrAppend(&json, comma, "{\"token\":", QuotedJson(top.token),
                      ",\"logprob\":", top.logprob, ",\"bytes\":null}");
      comma = ",";
    }
    absl::StrAppend(&json, "]}");
  }
  absl::StrAppend(&json, "]}");
  return json;
}

// {"tokens": [...], "token_logprobs": [...], "top_logprobs": [{token: logprob}, ...],
//  "text_offset": [...]}
std::string CompletionLogprobs(const Script& script, int64_t from, int64_t to, int top_count) {
  const PseudoLogprobs logprobs = LogprobsOf(script);
  std::string tokens, values, tops, offsets;
  absl::string_view comma = "";
  for (int64_t token = from; token < to; ++token) {
    const int64_t position = script.text.first_token() + token;
    const std::string text = TokenAt(script, token);
    absl::StrAppend(&tokens, comma, QuotedJson(text));
    absl::StrAppend(&values, comma, logprobs.Of(position));
    absl::StrAppend(&offsets, comma, script.text.BytesOf(token));
    absl::StrAppend(&tops, comma, "{");
    absl::string_view top_comma = "";
    for (const TokenLogprob& top : logprobs.Top(position, text, top_count)) {
      absl::StrAppend(&tops, top_comma, QuotedJson(top.token), ":", top.logprob);
      top_comma = ",";
    }
    absl::StrAppend(&tops, "}");
    comma = ",";
  }
  return absl::StrCat("{\"tokens\":[", tokens, "],\"token_logprobs\":[", values,
                      "],\"top_logprobs\":[", tops, "],\"text_offset\":[", offsets, "]}");
}

// "null" unless the request asked for log-probabilities.
std::string LogprobsJson(const AnswerHead& head, const Script& script, int64_t from, int64_t to) {
  if (!head.top_logprobs) return "null";
  return head.endpoint == Endpoint::kChat
             ? ChatLogprobs(script, from, to, *head.top_logprobs)
             : CompletionLogprobs(script, from, to, *head.top_logprobs);
}

std::string AnswerStart(const AnswerHead& head, absl::string_view object) {
  return absl::StrCat("{\"id\":", QuotedJson(head.id), ",\"object\":\"", object,
                      "\",\"created\":", head.created, ",\"model\":", QuotedJson(head.model),
                      ",\"choices\":[");
}

}  // namespace

EventWriter::EventWriter(AnswerHead head) : head_(std::move(head)) {
  const bool is_chat = head_.endpoint == Endpoint::kChat;
  start_ = absl::StrCat("data: ",
                        AnswerStart(head_, is_chat ? "chat.completion.chunk" : "text_completion"));
}

std::string EventWriter::Take() { return std::exchange(bytes_, std::string()); }

void EventWriter::Begin(int choice) { absl::StrAppend(&bytes_, start_, "{\"index\":", choice); }

void EventWriter::End(const std::optional<Usage>& usage) {
  bytes_ += ']';
  if (usage) absl::StrAppend(&bytes_, ",\"usage\":", UsageJson(*usage));
  bytes_ += "}\n\n";
}

void EventWriter::AddRole(int choice) {
  if (head_.endpoint != Endpoint::kChat) return;
  Begin(choice);
  bytes_ +=
      ",\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,"
      "\"finish_reason\":null}";
  End(std::nullopt);
}

void EventWriter::AddDelta(const Script& script, const TextPieces& pieces) {
  if (head_.endpoint == Endpoint::kCompletions) {
    bytes_ += ",\"text\":\"";
    for (const TextPiece& piece : pieces) AppendEscapedJson(&bytes_, piece.text);
    bytes_ += '"';
    return;
  }
  bytes_ += ",\"delta\":{";
  // Neighbouring pieces of one field become one string: JSON keys may not repeat.
  const TextField* open = nullptr;
  for (const TextPiece& piece : pieces) {
    if (open == nullptr || *open != piece.field) {
      if (open != nullptr) bytes_ += "\",";
      const bool is_content = piece.field == TextField::kContent;
      absl::StrAppend(&bytes_, "\"", is_content ? "content" : ReasoningKey(script.thinking),
                      "\":\"");
      open = &piece.field;
    }
    AppendEscapedJson(&bytes_, piece.text);
  }
  bytes_ += open != nullptr ? "\"}" : "\"content\":\"\"}";
}

void EventWriter::AddTokens(int choice, const Script& script, int64_t from, int64_t to,
                            const std::optional<Usage>& usage) {
  Begin(choice);
  AddDelta(script, script.text.Slice(from, to));
  if (head_.top_logprobs) {
    absl::StrAppend(&bytes_, ",\"logprobs\":", LogprobsJson(head_, script, from, to),
                    ",\"finish_reason\":null}");
  } else {
    bytes_ += ",\"logprobs\":null,\"finish_reason\":null}";
  }
  End(usage);
}

void EventWriter::AddFinish(int choice, absl::string_view reason,
                            const std::optional<Usage>& usage) {
  Begin(choice);
  absl::StrAppend(&bytes_, head_.endpoint == Endpoint::kChat ? ",\"delta\":{}" : ",\"text\":\"\"",
                  ",\"logprobs\":null,\"finish_reason\":\"", reason, "\"}");
  End(usage);
}

void EventWriter::AddUsage(const Usage& usage) {
  bytes_ += start_;
  End(usage);
}

void EventWriter::AddDone() { bytes_ += "data: [DONE]\n\n"; }

void EventWriter::AddError(absl::string_view message) {
  absl::StrAppend(&bytes_, "data: ", ErrorBody(message, "server_error", 500), "\n\n");
}

void EventWriter::AddWrongType(int choice) {
  Begin(choice);
  bytes_ += head_.endpoint == Endpoint::kChat ? ",\"delta\":{\"content\":42}" : ",\"text\":42";
  bytes_ += ",\"logprobs\":null,\"finish_reason\":null}";
  End(std::nullopt);
}

void EventWriter::AddGarbage() { absl::StrAppend(&bytes_, kGarbage); }

std::string AnswerBody(const AnswerHead& head, const std::vector<Script>& scripts,
                       const std::optional<Usage>& usage) {
  const bool is_chat = head.endpoint == Endpoint::kChat;
  std::string body = AnswerStart(head, is_chat ? "chat.completion" : "text_completion");
  for (size_t i = 0; i < scripts.size(); ++i) {
    const Script& script = scripts[i];
    absl::StrAppend(&body, i > 0 ? "," : "", "{\"index\":", i, ",");
    if (is_chat) {
      absl::StrAppend(&body, "\"message\":{\"role\":\"assistant\",\"content\":",
                      QuotedJson(script.text.Join(TextField::kContent)));
      const std::string reasoning = script.text.Join(TextField::kReasoning);
      if (!reasoning.empty()) {
        absl::StrAppend(&body, ",\"", ReasoningKey(script.thinking), "\":", QuotedJson(reasoning));
      }
      absl::StrAppend(&body, "}");
    } else {
      absl::StrAppend(&body, "\"text\":", QuotedJson(script.text.Join()));
    }
    absl::StrAppend(&body, ",\"logprobs\":", LogprobsJson(head, script, 0, script.text.tokens()),
                    ",\"finish_reason\":\"", script.is_cut ? "length" : "stop", "\"}");
  }
  absl::StrAppend(&body, "]");
  if (usage) absl::StrAppend(&body, ",\"usage\":", UsageJson(*usage));
  absl::StrAppend(&body, "}");
  return body;
}

std::string AnswerBodyWithWrongType(const AnswerHead& head) {
  const bool is_chat = head.endpoint == Endpoint::kChat;
  return absl::StrCat(AnswerStart(head, is_chat ? "chat.completion" : "text_completion"),
                      is_chat ? "{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":42}"
                              : "{\"index\":0,\"text\":42",
                      ",\"logprobs\":null,\"finish_reason\":\"stop\"}]}");
}

std::string ErrorBody(absl::string_view message, absl::string_view type, int code) {
  return absl::StrCat("{\"error\":{\"message\":", QuotedJson(message), ",\"type\":\"", type,
                      "\",\"param\":null,\"code\":", code, "}}");
}

}  // namespace sextant
