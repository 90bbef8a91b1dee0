#include "server/answer/vote.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace sextant {
namespace {

// The votes for one answer.
struct AnswerClass {
  const Vote* representative = nullptr;
  int votes = 0;
  int64_t tokens = 0;  // Of all its traces.
  int lowest_index = 0;
};

bool StandsForBetter(const Vote& a, const Vote& b, TieRule rule) {
  if (a.tokens != b.tokens)
    return rule == TieRule::kShorter ? a.tokens < b.tokens : a.tokens > b.tokens;
  return a.index < b.index;
}

// The order by which the winner is chosen. Total, as no two classes share an index.
bool IsBetter(const AnswerClass& a, const AnswerClass& b, TieRule rule) {
  if (a.votes != b.votes) return a.votes > b.votes;
  // With equal votes the sums compare like the means, and exactly.
  if (a.tokens != b.tokens)
    return rule == TieRule::kShorter ? a.tokens < b.tokens : a.tokens > b.tokens;
  return a.lowest_index < b.lowest_index;
}

std::vector<AnswerClass> Classes(const std::vector<Vote>& cast, TieRule rule) {
  absl::flat_hash_map<absl::string_view, size_t> known;
  std::vector<AnswerClass> classes;
  for (const Vote& vote : cast) {
    const auto [entry, is_new] = known.try_emplace(vote.answer.canonical, classes.size());
    if (is_new) classes.push_back({&vote, 0, 0, vote.index});
    AnswerClass& of = classes[entry->second];
    ++of.votes;
    of.tokens += vote.tokens;
    of.lowest_index = std::min(of.lowest_index, vote.index);
    if (StandsForBetter(vote, *of.representative, rule)) of.representative = &vote;
  }
  return classes;
}

}  // namespace

void Ballot::Add(Vote vote) { cast_.push_back(std::move(vote)); }

bool Ballot::IsCertain(int open) const {
  int leader = 0;
  int runner_up = 0;
  for (const AnswerClass& one : Classes(cast_, TieRule::kShorter)) {
    runner_up = std::max(runner_up, std::min(leader, one.votes));
    leader = std::max(leader, one.votes);
  }
  return leader > 0 && leader - runner_up > open;
}

VoteResult Ballot::Decide(TieRule rule) const {
  std::vector<AnswerClass> classes = Classes(cast_, rule);
  std::sort(classes.begin(), classes.end(),
            [rule](const AnswerClass& a, const AnswerClass& b) { return IsBetter(a, b, rule); });
  VoteResult result;
  if (classes.empty()) return result;
  const AnswerClass& winner = classes.front();
  result.answer = winner.representative->answer;
  result.agreement = static_cast<double>(winner.votes) / static_cast<double>(cast_.size());
  result.representative = winner.representative->index;
  result.tie = classes.size() > 1 && classes[1].votes == winner.votes;
  for (const AnswerClass& one : classes) {
    const Answer& answer = one.representative->answer;
    result.candidates.push_back({answer.canonical, answer.shown, one.votes,
                                 static_cast<double>(one.votes),
                                 static_cast<double>(one.tokens) / one.votes});
  }
  return result;
}

}  // namespace sextant
