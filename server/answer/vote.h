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

// What a vote counts for.
enum class Weighting {
  kUniform,  // 1.
  kLength,   // (tokens / typical)^-length_exponent, the ratio kept between 1/4 and 4.
  // The trace's confidence / the mean confidence of the votes that have one. A vote without one, as
  // where its server sends no log-probabilities, weighs 1.
  kConfidence,
};

struct VoteRule {
  TieRule ties = TieRule::kShorter;
  Weighting weighting = Weighting::kUniform;
  double typical_tokens = 4096;  // Mean length of the model's traces. Above 0.
  double length_exponent = 0;    // Above 0 shorter traces weigh more, below 0 longer ones.
};

// What one trace votes. A trace without an answer casts none.
struct Vote {
  Answer answer;
  int64_t tokens = 0;  // Length of the trace, in completion tokens.
  int index = 0;       // Launch index of the trace; unique in a ballot.
  std::optional<double> confidence = std::nullopt;  // 0 or more, in any unit.
  // A statement of a trace that runs, and what share of a vote it is. It stands for its class only
  // where no finished trace does.
  bool provisional = false;
  double share = 1;
};

// One class of equal answers.
struct Candidate {
  Answer answer;      // Of the class's representative.
  int votes = 0;      // Provisional ones included.
  double weight = 0;  // What the class counts for: the sum of its votes' weights.
  double mean_tokens = 0;
};

struct VoteResult {
  std::optional<Answer> answer;  // Of the representative; unset when nobody voted.
  double agreement = 0;          // The winner's share of the weight cast, 0 to 1.
  double margin = 0;  // By how much of the weight cast the winner leads the runner-up, 0 to 1.
  // Probability that more of the model's traces give the winner than the runner-up.
  // MajorityProbability().
  double majority_probability = 0;
  // Index of the trace that stands for the winner: its shortest (kShorter) or longest, of equals
  // the one with the lower index. -1 when nobody voted.
  int representative = -1;
  bool tie = false;                   // Several classes weighed the most and the tie rule decided.
  std::vector<Candidate> candidates;  // Best first, in the order by which the winner is chosen.
};

// Probability that an answer with `leader` votes is more frequent among the model's traces than one
// with `runner_up`, the frequencies of the two having been drawn from a uniform distribution:
// 1 - I_{1/2}(leader + 1, runner_up + 1), the stopping rule of arXiv 2305.11860. Both are 0 or
// more; (0, 0) gives 1/2.
double MajorityProbability(int leader, int runner_up);

// The votes of one solve. The result does not depend on the order in which they are added. Not
// thread-safe.
//
// Classes: answers with the same Key() are one class. The class of a bare answer ("5") joins a
// class that is loosely equal to it ("5 cm", "x = 5") where the ballot holds exactly one; where it
// holds several ("5 cm" and "5 m") the bare answer stands for itself.
class Ballot {
 public:
  Ballot() = default;
  explicit Ballot(VoteRule rule) : rule_(rule) {}

  void Add(Vote vote);
  int votes() const { return static_cast<int>(cast_.size()); }
  const std::vector<Vote>& cast() const { return cast_; }  // In the order of Add.

  // True when `open` further votes (0 or more), whatever they say and weigh, cannot change the
  // winner: the leader is ahead of every other class, and of one nobody has voted for yet, by more
  // than they can bring. Weights of confidence have no bound before they are cast.
  bool IsCertain(int open) const;

  VoteResult Decide() const;

 private:
  VoteRule rule_;
  std::vector<Vote> cast_;
};

}  // namespace sextant
