#include "client/probe/continuation_check.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/probe/completion.h"
#include "client/probe/generation_checks.h"

namespace sextant {
namespace {

using nlohmann::json;

constexpr int kTokens = 48;
constexpr size_t kFewestChunks = 4;
// A text goes on the same for that long, or for half of what there is, before it may differ:
// batches of another size round differently.
constexpr size_t kSameBytes = 16;

// Where to cut the text: a chunk's end near its middle, not after a space, which chat templates
// strip. 0: nowhere.
size_t CutOf(const Completion& completion) {
  const std::vector<size_t>& ends = completion.chunk_end;
  if (ends.size() < kFewestChunks) return 0;
  for (size_t i = ends.size() / 2; i > 0; --i) {
    const char last = completion.text[ends[i - 1] - 1];
    if (last != ' ' && last != '\n' && last != '\t') return ends[i - 1];
  }
  return 0;
}

size_t CommonPrefix(absl::string_view a, absl::string_view b) {
  const size_t shorter = std::min(a.size(), b.size());
  return std::mismatch(a.begin(), a.begin() + shorter, b.begin()).first - a.begin();
}

json Continuing(const Subject& subject, json body, const std::string& beginning) {
  if (subject.api == BackendApi::kCompletions) {
    body["prompt"] = absl::StrCat(subject.prompt, beginning);
    return body;
  }
  body["messages"].push_back({{"role", "assistant"}, {"content", beginning}});
  body["continue_final_message"] = true;
  body["add_generation_prompt"] = false;
  return body;
}

}  // namespace

Task<Check> CheckContinuation(const Subject& subject) {
  Check check{.name = "continuation"};
  check.meaning = "Beam search step by step would start a new turn at each step.";
  json body = subject.Completion(kTokens);
  body["temperature"] = 0;
  body["seed"] = 1;
  Task<absl::StatusOr<Completion>> run = Complete(subject, body);
  const absl::StatusOr<Completion> whole = co_await std::move(run);
  if (!whole.ok()) co_return Failed(std::move(check), whole.status());
  const size_t cut = CutOf(*whole);
  if (cut == 0) {
    check.seen = "the text was too short to be cut in two";
    co_return check;
  }
  const std::string beginning = whole->text.substr(0, cut);
  const absl::string_view rest = absl::string_view(whole->text).substr(cut);
  Task<absl::StatusOr<Completion>> go_on =
      Complete(subject, Continuing(subject, std::move(body), beginning));
  const absl::StatusOr<Completion> reply = co_await std::move(go_on);
  if (!reply.ok()) co_return Failed(std::move(check), reply.status());

  const size_t same = CommonPrefix(reply->text, rest);
  const size_t comparable = std::min(reply->text.size(), rest.size());
  if (comparable > 0 && same >= std::min(kSameBytes, (comparable + 1) / 2)) {
    check.verdict = Verdict::kYes;
    check.seen = absl::StrCat("went on with its own text: ", same, " of ", comparable,
                              " bytes are the same");
    check.meaning = "Beam search step by step continues its beams.";
  } else if (absl::StartsWith(reply->text, beginning)) {
    check.verdict = Verdict::kPartly;
    check.seen = "the reply repeats the beginning";
    check.meaning = "Beam search step by step would have every beginning twice.";
  } else {
    check.verdict = Verdict::kPartly;
    check.seen = "accepted, but the text goes on otherwise, at temperature 0";
    check.meaning =
        "Beam search step by step may start a new turn at each step: look at its texts.";
  }
  co_return check;
}

Task<Check> CheckNativeBeamSearch(const Subject& subject) {
  Check check{.name = "native_beam_search"};
  check.meaning = "beam_search: native is of no use here.";
  if (subject.kind != BackendKind::kVllm) {
    check.verdict = Verdict::kNo;
    check.seen = "a feature of vLLM; other servers ignore use_beam_search";
    co_return check;
  }
  json body = subject.Completion(kTokens / 4);
  body["use_beam_search"] = true;
  body["best_of"] = body["n"] = 2;
  body["temperature"] = 0;
  Task<absl::StatusOr<Completion>> run = Complete(subject, std::move(body));
  const absl::StatusOr<Completion> completion = co_await std::move(run);
  if (!completion.ok()) co_return Failed(std::move(check), completion.status());
  check.verdict = completion->chunks() > 0 ? Verdict::kYes : Verdict::kNo;
  check.seen = absl::StrCat(completion->choices.size(), " beams of up to ", kTokens / 4, " tokens");
  if (check.verdict == Verdict::kYes) check.meaning = "beam_search: native works.";
  co_return check;
}

}  // namespace sextant
