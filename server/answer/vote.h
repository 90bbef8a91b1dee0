// Majority voting over the answers of traces.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/answer/answer.h"

namespace sextant {

// Which class a tie goes to: the one with the shorter or the longer traces on average, then the one
// that holds the lowest index. Short-horizon and non-reasoning models tend to be right in short
// traces, long-horizon models in long ones.
enum class TieRule { kShorter, kLonger };

// What one trace votes. A trace without an answer casts none.
struct Vote {
  Answer answer;
  int64_t tokens = 0;  // Length of the trace, in completion tokens.
  int index = 0;       // Launch index of the trace; unique in a ballot.
};

// One class of equal answers.
struct Candidate {
  std::string canonical;
  std::string shown;  // As the class's representative wrote it.
  int votes = 0;
  double weight = 0;  // What the class counts for; votes weigh the same, so it equals `votes`.
  double mean_tokens = 0;
};

struct VoteResult {
  std::optional<Answer> answer;  // Of the representative; unset when nobody voted.
  double agreement = 0;          // The winner's share of the votes cast, 0 to 1.
  // Index of the trace that stands for the winner: its shortest (kShorter) or longest, of equals
  // the one with the lower index. -1 when nobody voted.
  int representative = -1;
  bool tie = false;  // Several classes had the most votes and the tie rule decided.
  std::vector<Candidate> candidates;  // Best first, in the order by which the winner is chosen.
};

// The votes of one solve. The result does not depend on the order in which they are added. Not
// thread-safe.
class Ballot {
 public:
  void Add(Vote vote);
  int votes() const { return static_cast<int>(cast_.size()); }
  const std::vector<Vote>& cast() const { return cast_; }  // In the order of Add.

  // True when `open` further votes (0 or more), whatever they say, cannot change the winner: the
  // leader is ahead of every other class, and of one nobody has voted for yet, by more than `open`.
  bool IsCertain(int open) const;

  VoteResult Decide(TieRule rule) const;

 private:
  std::vector<Vote> cast_;
};

}  // namespace sextant
