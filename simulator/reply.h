// One answer as it unfolds over time: which bytes are due when. Knows nothing of sockets or clocks;
// time comes in as what has passed since the request was read.
//
// Token i of every choice (from 1) is due first_token_delay + i / tokens_per_second after the
// start, whatever happened to the tokens before it. A chunk is due with its last token.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "simulator/answer_json.h"
#include "simulator/catalog.h"
#include "simulator/faults.h"

namespace sextant {

struct ReplySpec {
  AnswerHead head;
  std::string request_id;
  std::vector<Script> scripts;  // One a choice; at least one.
  Fault fault;
  double tokens_per_second = 0;  // 0: everything is due at once.
  int chunk_tokens = 1;
  int64_t prompt_tokens = 0;
  bool stream = false;
  bool include_usage = false;
  bool continuous_usage = false;
};

// What is sent next.
struct ReplyPart {
  enum class Then {
    kContinue,  // More follows.
    kEnd,       // The answer is complete.
    kFail,      // The answer is complete and holds an error.
    kBreak      // The connection is to be closed in the middle of it.
  };

  std::string bytes;
  int64_t tokens = 0;  // Generated for these bytes.
  Then then = Then::kContinue;
  // Of an answer that is not streamed, which comes in one part.
  int status = 200;
  size_t body_bytes = 0;  // The length to declare; `bytes` is shorter when it breaks off.
};

struct ChoiceProgress {
  int64_t tokens = 0;  // Generated.
  bool finished = false;
};

// Not thread-safe.
class Reply {
 public:
  explicit Reply(ReplySpec spec);
  virtual ~Reply() = default;

  // When Take() has something, counted from the start; nullopt: never.
  virtual std::optional<absl::Duration> NextDue() const = 0;
  // What is due by `elapsed`, about 32 KiB of it at most.
  virtual ReplyPart Take(absl::Duration elapsed) = 0;
  // The client left at `elapsed`. Counts what was generated for it and never sent; returns that.
  virtual int64_t Abandon(absl::Duration elapsed) = 0;

  const ReplySpec& spec() const { return spec_; }
  const std::vector<ChoiceProgress>& progress() const { return progress_; }

 protected:
  // When the first `tokens` tokens of a choice are there.
  absl::Duration DueAt(int64_t tokens) const;

  ReplySpec spec_;
  std::vector<ChoiceProgress> progress_;
};

// A StreamedReply or a WholeReply, as the spec asks.
std::unique_ptr<Reply> MakeReply(ReplySpec spec);

}  // namespace sextant
