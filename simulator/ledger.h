// The simulator's own account of what it generated, to check a client's bill against.
#pragma once
#include <cstdint>
#include <cstdio>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sextant {

// How a stream ended: by itself, because the client left, or by a fault or a shutdown. Or that it
// has not.
enum class StreamOutcome { kFinished, kCut, kFailed, kRunning };
// "finished", "cut", "failed", "running".
absl::string_view OutcomeName(StreamOutcome outcome);

// One choice of one answer.
struct LedgerEntry {
  std::string request_id;  // X-Request-Id, else the id of the answer.
  std::string model;
  std::string dataset;
  std::string problem_id;  // As JSON.
  int choice = 0;
  int64_t sample = 0;             // sample_id of a recorded trace, seed of a simulated one.
  std::optional<int> beam_width;  // Set for a beam, which has no sample.
  int64_t tokens = 0;             // Generated; of a stream that was cut, what was sent.
  int64_t prompt_tokens = 0;
  StreamOutcome outcome = StreamOutcome::kFinished;
};

std::string LedgerLine(const LedgerEntry& entry);  // JSON with its line end.

// Appends to a file and keeps the latest entries in memory. Not thread-safe.
class Ledger {
 public:
  // `path` empty: memory alone. An existing file is written anew.
  static absl::StatusOr<Ledger> Open(const std::string& path);

  // Writes a line that the same stream's next one makes obsolete. It is not among the entries.
  void AddProgress(const LedgerEntry& entry) { Write(entry); }

  // The line is in the file when this returns. A write that fails is logged once.
  void Add(LedgerEntry entry);

  // The latest 65,536 entries, oldest first.
  const std::deque<LedgerEntry>& entries() const { return entries_; }

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  void Write(const LedgerEntry& entry);

  std::string path_;
  std::unique_ptr<std::FILE, Closer> file_;
  std::deque<LedgerEntry> entries_;
};

}  // namespace sextant
