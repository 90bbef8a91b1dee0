#include "simulator/ledger.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "simulator/json_text.h"

namespace sextant {
namespace {

constexpr size_t kMaxKept = 65'536;

}  // namespace

absl::string_view OutcomeName(StreamOutcome outcome) {
  switch (outcome) {
    case StreamOutcome::kFinished:
      return "finished";
    case StreamOutcome::kCut:
      return "cut";
    case StreamOutcome::kFailed:
      return "failed";
    case StreamOutcome::kRunning:
      return "running";
  }
  return "unknown";
}

std::string LedgerLine(const LedgerEntry& entry) {
  const std::string sample = entry.beam_width ? absl::StrCat("\"beam_width\":", *entry.beam_width)
                                              : absl::StrCat("\"sample\":", entry.sample);
  return absl::StrCat(
      "{\"request_id\":", QuotedJson(entry.request_id), ",\"model\":", QuotedJson(entry.model),
      ",\"dataset\":", QuotedJson(entry.dataset), ",\"problem_id\":", entry.problem_id,
      ",\"choice\":", entry.choice, ",", sample, ",\"tokens\":", entry.tokens,
      ",\"prompt_tokens\":", entry.prompt_tokens, ",\"outcome\":\"", OutcomeName(entry.outcome),
      "\"}\n");
}

absl::StatusOr<Ledger> Ledger::Open(const std::string& path) {
  Ledger ledger;
  ledger.path_ = path;
  if (path.empty()) return ledger;
  ledger.file_.reset(std::fopen(path.c_str(), "we"));
  if (ledger.file_ == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("write the ledger ", path));
  }
  return ledger;
}

void Ledger::Write(const LedgerEntry& entry) {
  if (file_ == nullptr) return;
  const std::string line = LedgerLine(entry);
  const bool written = std::fwrite(line.data(), 1, line.size(), file_.get()) == line.size() &&
                       std::fflush(file_.get()) == 0;
  if (written) return;
  std::fprintf(stderr, "sextant-simulator: ledger %s: %s; no more lines are written\n",
               path_.c_str(), std::strerror(errno));
  file_.reset();
}

void Ledger::Add(LedgerEntry entry) {
  Write(entry);
  entries_.push_back(std::move(entry));
  if (entries_.size() > kMaxKept) entries_.pop_front();
}

}  // namespace sextant
