#include "client/probe/generation_checks.h"

#include <cmath>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/probe/completion.h"

namespace sextant {
namespace {

using nlohmann::json;

constexpr int kTokens = 64;
constexpr int kFewTokens = 8;
constexpr int kSeeds = 4;
// The words of a prompt that is too long for a server which does not tell its context.
constexpr int64_t kManyWords = 200'000;
constexpr int64_t kMostWords = 800'000;  // 4 MB.

// Tokens a second after the first; 0 when there were too few to tell.
double Speed(const Completion& completion) {
  const double seconds = absl::ToDoubleSeconds(completion.last_token - completion.first_token);
  return completion.chunks() < 3 || seconds <= 0
             ? 0
             : static_cast<double>(completion.generated() - 1) / seconds;
}

std::string Escaped(absl::string_view text) {
  return json(std::string(text)).dump(-1, ' ', false, json::error_handler_t::replace);
}

// A piece of the text that does not occur at its beginning, as a stop string; empty: there is none.
std::string PieceOf(const Completion& completion) {
  for (size_t i = completion.chunk_end.size() / 3; i + 1 < completion.chunk_end.size(); ++i) {
    const size_t start = completion.chunk_end[i];
    const std::string piece = completion.text.substr(start, completion.chunk_end[i + 1] - start);
    const bool is_blank = piece.find_first_not_of(" \n\t") == std::string::npos;
    if (!is_blank && completion.text.find(piece) > 0) return piece;
  }
  return "";
}

}  // namespace

Check Failed(Check check, const absl::Status& error) {
  check.verdict = absl::IsInvalidArgument(error) ? Verdict::kNo : Verdict::kUnknown;
  check.seen = std::string(error.message());
  return check;
}

Task<Check> CheckStreaming(Subject& subject) {
  Check check{.name = "streaming", .needed = true};
  check.meaning = "A trace that cannot be read while it runs cannot be stopped early.";
  Task<absl::StatusOr<Completion>> run = Complete(subject, subject.Completion(kTokens));
  absl::StatusOr<Completion> completion = co_await std::move(run);
  const bool no_chat = absl::StartsWith(completion.status().message(), "HTTP 404");
  if (no_chat) {
    subject.api = BackendApi::kCompletions;
    Task<absl::StatusOr<Completion>> again = Complete(subject, subject.Completion(kTokens));
    absl::StatusOr<Completion> text = co_await std::move(again);
    if (text.ok()) completion = std::move(text);
  }
  if (!completion.ok()) {
    // Nothing works without: that it could not be found out is as bad.
    check.verdict = Verdict::kNo;
    check.seen = std::string(completion.status().message());
    if (no_chat) subject.api = BackendApi::kChat;
    co_return check;
  }
  if (completion->chunks() == 0) {
    check.verdict = Verdict::kUnknown;
    check.seen = "the model said nothing";
  } else if (completion->chunks() == 1 && completion->generated() > 1) {
    check.verdict = Verdict::kNo;
    check.seen = "the whole answer in one piece";
  } else {
    check.verdict = Verdict::kYes;
    check.seen = absl::StrCat(
        completion->generated(), " tokens in ", completion->chunks(), " chunks, the first after ",
        absl::StrFormat("%.3f s", absl::ToDoubleSeconds(completion->first_token)));
    if (const double speed = Speed(*completion); speed > 0)
      absl::StrAppend(&check.seen, absl::StrFormat(", then %.0f tokens a second", speed));
    check.meaning = "Traces are read as they are generated, so they can be stopped early.";
  }
  co_return check;
}

Task<std::vector<Check>> CheckUsage(Subject& subject) {
  Check at_end{.name = "usage", .needed = true};
  at_end.meaning = "Bills would be estimates: tokens counted from the stream's chunks.";
  Check everywhere{.name = "usage_in_every_chunk"};
  everywhere.meaning =
      "Tokens of cancelled traces are counted from their chunks and billed as estimated.";
  std::vector<Check> checks;

  json body = subject.Completion(kFewTokens);
  Task<absl::StatusOr<Completion>> run = Complete(subject, body);
  const absl::StatusOr<Completion> plain = co_await std::move(run);
  body["stream_options"]["continuous_usage_stats"] = true;
  Task<absl::StatusOr<Completion>> run_continuous = Complete(subject, body);
  const absl::StatusOr<Completion> continuous = co_await std::move(run_continuous);

  if (!plain.ok()) {
    at_end = Failed(std::move(at_end), plain.status());
  } else if (plain->usage) {
    at_end.verdict = Verdict::kYes;
    at_end.seen = absl::StrCat(plain->usage->prompt, " tokens of prompt (", plain->usage->cached,
                               " cached), ", plain->usage->completion, " of completion");
    at_end.meaning = "Finished traces are billed exactly.";
  } else {
    at_end.verdict = Verdict::kNo;
    at_end.seen = "no usage, though stream_options.include_usage asks for it";
  }
  if (!continuous.ok()) {
    everywhere = Failed(std::move(everywhere), continuous.status());
  } else if (continuous->chunks() > 1 &&
             continuous->chunks_with_usage >= continuous->chunks() - 1) {
    everywhere.verdict = Verdict::kYes;
    everywhere.seen =
        absl::StrCat("in ", continuous->chunks_with_usage, " of ", continuous->chunks(), " chunks");
    everywhere.meaning = "Cancelled traces are billed exactly, up to their last chunk.";
    subject.tells_usage_in_every_chunk = true;
  } else {
    everywhere.verdict = continuous->chunks() > 1 ? Verdict::kNo : Verdict::kUnknown;
    everywhere.seen = continuous->chunks() > 1 ? "stream_options.continuous_usage_stats is ignored"
                                               : "too few chunks to tell";
  }
  checks.push_back(std::move(at_end));
  checks.push_back(std::move(everywhere));
  co_return checks;
}

Task<Check> CheckMaxTokens(const Subject& subject) {
  Check check{.name = "max_tokens", .needed = true};
  check.meaning = "Budgets could not be kept.";
  Task<absl::StatusOr<Completion>> run = Complete(subject, subject.Completion(kFewTokens));
  const absl::StatusOr<Completion> completion = co_await std::move(run);
  if (!completion.ok()) co_return Failed(std::move(check), completion.status());
  check.seen = absl::StrCat(completion->generated(), " of ", kFewTokens, " tokens, finish_reason ",
                            Escaped(completion->finish_reason));
  check.verdict = Verdict::kYes;
  check.meaning = "Budgets in tokens are kept.";
  if (completion->generated() > kFewTokens) {
    check.verdict = Verdict::kNo;
    check.meaning = "Budgets in tokens are not kept.";
  } else if (completion->finish_reason != "length") {
    check.verdict = completion->generated() == kFewTokens ? Verdict::kPartly : Verdict::kUnknown;
    check.meaning = "A trace that max_tokens cut may look finished.";
  }
  co_return check;
}

Task<Check> CheckSeed(const Subject& subject) {
  Check check{.name = "seed", .needed = true};
  json body = subject.Completion(kTokens);
  body["temperature"] = 1;
  body["seed"] = 1;
  Task<absl::StatusOr<Completion>> run_first = Complete(subject, body);
  const absl::StatusOr<Completion> first = co_await std::move(run_first);
  if (!first.ok()) co_return Failed(std::move(check), first.status());
  Task<absl::StatusOr<Completion>> run_second = Complete(subject, body);
  const absl::StatusOr<Completion> second = co_await std::move(run_second);
  if (!second.ok()) co_return Failed(std::move(check), second.status());
  bool differs = second->text != first->text;
  // Reasoning models begin many texts with the same words.
  for (int seed = 2; seed <= kSeeds && !differs; ++seed) {
    body["seed"] = seed;
    Task<absl::StatusOr<Completion>> run = Complete(subject, body);
    const absl::StatusOr<Completion> other = co_await std::move(run);
    if (!other.ok()) co_return Failed(std::move(check), other.status());
    differs = other->text != first->text;
  }
  if (first->text != second->text) {
    check.verdict = Verdict::kPartly;
    check.seen = "equal seeds gave different texts";
    check.meaning = "Traces differ, as they have to, but a solve cannot be repeated exactly.";
  } else if (differs) {
    check.verdict = Verdict::kYes;
    check.seen = "equal seeds gave the same text, others another one";
    check.meaning = "Traces differ, and a solve with a seed can be repeated.";
  } else {
    check.verdict = Verdict::kNo;
    check.seen = absl::StrCat(kSeeds, " seeds at temperature 1 gave the same text");
    check.meaning = "All traces of a solve would be the same, and voting worth nothing.";
  }
  co_return check;
}

Task<Check> CheckSeveralChoices(const Subject& subject) {
  Check check{.name = "n"};
  check.meaning = "Votes that want every trace to its end cannot have them in one request.";
  json body = subject.Completion(kFewTokens);
  body["n"] = 2;
  Task<absl::StatusOr<Completion>> run = Complete(subject, body);
  const absl::StatusOr<Completion> completion = co_await std::move(run);
  if (!completion.ok()) co_return Failed(std::move(check), completion.status());
  const size_t choices = completion->choices.size();
  check.verdict = choices == 2 ? Verdict::kYes : Verdict::kNo;
  check.seen = absl::StrCat("n = 2 gave ", choices, choices == 1 ? " choice" : " choices");
  co_return check;
}

Task<Check> CheckLogprobs(const Subject& subject) {
  Check check{.name = "logprobs"};
  check.meaning = "No beam search step by step, and no weights=confidence.";
  const bool chat = subject.api == BackendApi::kChat;
  absl::Status refused;
  // 20 is the most that any of the servers allows by default; some allow 5, some none.
  for (const int top : {20, 5, 0}) {
    json body = subject.Completion(kFewTokens);
    body["logprobs"] = chat ? json(true) : json(std::max(top, 1));
    if (chat && top > 0) body["top_logprobs"] = top;
    Task<absl::StatusOr<Completion>> run = Complete(subject, body);
    const absl::StatusOr<Completion> completion = co_await std::move(run);
    if (!completion.ok()) {
      if (refused.ok()) refused = completion.status();
      continue;
    }
    check.verdict = completion->logprobs > 0 ? Verdict::kYes : Verdict::kNo;
    check.seen = absl::StrCat("of ", completion->logprobs, " of ", completion->generated(),
                              " tokens, with up to ", completion->top_logprobs, " alternatives (",
                              top, " asked for)");
    if (check.verdict == Verdict::kYes)
      check.meaning = "Enough for beam search step by step and for weights=confidence.";
    co_return check;
  }
  co_return Failed(std::move(check), refused);
}

Task<Check> CheckStop(const Subject& subject) {
  Check check{.name = "stop"};
  check.meaning = "sampling.stop of a request is of no use here.";
  json body = subject.Completion(kTokens);
  body["temperature"] = 0;
  body["seed"] = 1;
  Task<absl::StatusOr<Completion>> run = Complete(subject, body);
  const absl::StatusOr<Completion> whole = co_await std::move(run);
  if (!whole.ok()) co_return Failed(std::move(check), whole.status());
  const std::string stop = PieceOf(*whole);
  if (stop.empty()) {
    check.seen = "the text was too short or too uniform to stop in";
    co_return check;
  }
  body["stop"] = json::array({stop});
  Task<absl::StatusOr<Completion>> run_stopped = Complete(subject, body);
  const absl::StatusOr<Completion> stopped = co_await std::move(run_stopped);
  if (!stopped.ok()) co_return Failed(std::move(check), stopped.status());
  const std::string expected = whole->text.substr(0, whole->text.find(stop));
  const std::string asked = absl::StrCat("stop ", Escaped(stop));
  if (absl::StrContains(stopped->text, stop)) {
    check.verdict = Verdict::kNo;
    check.seen = absl::StrCat(asked, " is in the text");
  } else if (stopped->text == expected && stopped->finish_reason == "stop") {
    check.verdict = Verdict::kYes;
    check.seen = absl::StrCat(asked, " ended the text after ", stopped->generated(), " tokens");
    check.meaning = "sampling.stop of a request works.";
  } else {
    check.verdict = Verdict::kUnknown;
    check.seen = absl::StrCat(asked, ": the text differs from the one without, at temperature 0");
  }
  co_return check;
}

Task<Check> CheckContext(const Subject& subject) {
  Check check{.name = "context"};
  check.meaning = "Set sampling.max_trace_tokens of the model below the server's context yourself.";
  if (subject.kind == BackendKind::kOpenAi && !subject.context_tokens) {
    check.seen = "the server does not tell its context, and prompts may be paid for: not tried";
    co_return check;
  }
  Subject longer = subject;
  const int64_t words =
      subject.context_tokens ? *subject.context_tokens + *subject.context_tokens / 4 : kManyWords;
  if (words > kMostWords) {
    check.seen = absl::StrCat("a context of ", *subject.context_tokens, " tokens: not tried");
    co_return check;
  }
  for (int64_t i = 0; i < words; ++i) longer.prompt += " word";
  json body = longer.Completion(1);
  body["stream"] = false;
  body.erase("stream_options");
  const std::string url = absl::StrCat(
      subject.url, subject.api == BackendApi::kChat ? "/chat/completions" : "/completions");
  Task<absl::StatusOr<Fetched>> ask = Fetch(longer, url, body.dump());
  const absl::StatusOr<Fetched> fetched = co_await std::move(ask);
  if (!fetched.ok()) co_return Failed(std::move(check), fetched.status());
  OpenAiChunkReader reader;
  const std::string asked = absl::StrCat("a prompt of ", words, " words: ");
  if (fetched->status == 200) {
    const auto prompt = NumberMember(Member(fetched->Json(), "usage"), "prompt_tokens");
    const bool whole = prompt && *prompt >= words;
    check.verdict = whole ? Verdict::kUnknown : Verdict::kNo;
    check.seen =
        absl::StrCat(asked, "answered", prompt ? absl::StrCat(", as ", *prompt, " tokens") : "");
    check.meaning = whole ? "The context is longer than what was tried."
                          : "A prompt that is too long may be cut without a word.";
    co_return check;
  }
  const bool refused = fetched->status == 400 || fetched->status == 413 || fetched->status == 422;
  check.verdict = refused ? Verdict::kYes : Verdict::kPartly;
  check.seen =
      absl::StrCat(asked, "HTTP ", fetched->status, ": ", reader.ErrorMessage(fetched->body));
  check.meaning = refused ? "Callers get INVALID_ARGUMENT with the server's words."
                          : "Callers get another error than INVALID_ARGUMENT.";
  co_return check;
}

}  // namespace sextant
