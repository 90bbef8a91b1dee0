#include "server/answer/vote.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace sextant {
namespace {

using absl::string_view;

constexpr double kMostLengthRatio = 4;

// Mean of the confidences that there are, 0 where there is none. `votes` are in the order of their
// indices.
double MeanConfidence(const std::vector<const Vote*>& votes) {
  double sum = 0;
  int count = 0;
  for (const Vote* vote : votes) {
    if (!vote->confidence) continue;
    sum += *vote->confidence;
    ++count;
  }
  return count > 0 ? sum / count : 0;
}

double WeightOf(const Vote& vote, const VoteRule& rule, double mean_confidence) {
  switch (rule.weighting) {
    case Weighting::kUniform:
      return vote.share;
    case Weighting::kConfidence:
      if (mean_confidence <= 0) return vote.share;
      return vote.share * vote.confidence.value_or(mean_confidence) / mean_confidence;
    case Weighting::kLength:
      break;
  }
  const double ratio = static_cast<double>(vote.tokens) / rule.typical_tokens;
  // What runs has no length yet.
  if (vote.provisional) return vote.share;
  return vote.share *
         std::pow(std::clamp(ratio, 1 / kMostLengthRatio, kMostLengthRatio), -rule.length_exponent);
}

double MostWeight(const VoteRule& rule) {
  switch (rule.weighting) {
    case Weighting::kUniform:
      return 1;
    case Weighting::kLength:
      return std::pow(kMostLengthRatio, std::abs(rule.length_exponent));
    case Weighting::kConfidence:
      return std::numeric_limits<double>::infinity();
  }
  return 1;
}

// The votes for one answer.
struct AnswerClass {
  const Vote* representative = nullptr;
  int votes = 0;
  int finished = 0;  // Votes that are not provisional.
  double weight = 0;
  int64_t tokens = 0;  // Of all its traces.
  int lowest_index = 0;

  string_view key() const { return representative->answer.Key(); }
  string_view bare() const { return representative->answer.LooseKey(); }
  bool is_bare() const { return key() == bare(); }
};

bool StandsForBetter(const Vote& a, const Vote& b, TieRule ties) {
  if (a.provisional != b.provisional) return b.provisional;
  if (a.tokens != b.tokens)
    return ties == TieRule::kShorter ? a.tokens < b.tokens : a.tokens > b.tokens;
  return a.index < b.index;
}

// The order by which the winner is chosen. Total, as no two classes share an index.
bool IsBetter(const AnswerClass& a, const AnswerClass& b, TieRule ties) {
  if (a.weight != b.weight) return a.weight > b.weight;
  const double a_mean = static_cast<double>(a.tokens) / a.votes;
  const double b_mean = static_cast<double>(b.tokens) / b.votes;
  if (a_mean != b_mean) return ties == TieRule::kShorter ? a_mean < b_mean : a_mean > b_mean;
  return a.lowest_index < b.lowest_index;
}

void Join(AnswerClass& into, const AnswerClass& other, TieRule ties) {
  if (StandsForBetter(*other.representative, *into.representative, ties))
    into.representative = other.representative;
  into.votes += other.votes;
  into.finished += other.finished;
  into.weight += other.weight;
  into.tokens += other.tokens;
  into.lowest_index = std::min(into.lowest_index, other.lowest_index);
}

// By key alone. In the order of the votes' indices, so that sums of weights do not depend on the
// order of arrival.
std::vector<AnswerClass> StrictClasses(const std::vector<Vote>& cast, const VoteRule& rule) {
  std::vector<const Vote*> votes;
  for (const Vote& vote : cast) votes.push_back(&vote);
  std::sort(votes.begin(), votes.end(),
            [](const Vote* a, const Vote* b) { return a->index < b->index; });
  const double mean_confidence = MeanConfidence(votes);
  absl::flat_hash_map<string_view, size_t> known;
  std::vector<AnswerClass> classes;
  for (const Vote* vote : votes) {
    const AnswerClass one{
        vote,         1,          vote->provisional ? 0 : 1, WeightOf(*vote, rule, mean_confidence),
        vote->tokens, vote->index};
    const auto [entry, is_new] = known.try_emplace(vote->answer.Key(), classes.size());
    if (is_new) {
      classes.push_back(one);
    } else {
      Join(classes[entry->second], one, rule.ties);
    }
  }
  return classes;
}

// Bare classes join the only class that is loosely equal to them.
std::vector<AnswerClass> JoinBare(const std::vector<AnswerClass>& strict, TieRule ties) {
  constexpr size_t kSeveral = std::numeric_limits<size_t>::max();
  absl::flat_hash_map<string_view, size_t> dressed;  // By bare key: the class, or kSeveral.
  for (size_t i = 0; i < strict.size(); ++i) {
    if (strict[i].is_bare()) continue;
    const auto [entry, is_new] = dressed.try_emplace(strict[i].bare(), i);
    if (!is_new) entry->second = kSeveral;
  }
  if (dressed.empty()) return strict;
  const auto home = [&](size_t i) {
    const auto found = strict[i].is_bare() ? dressed.find(strict[i].key()) : dressed.end();
    return found == dressed.end() || found->second == kSeveral ? i : found->second;
  };
  std::vector<AnswerClass> classes;
  std::vector<size_t> place(strict.size());
  for (size_t i = 0; i < strict.size(); ++i) {
    if (home(i) != i) continue;
    place[i] = classes.size();
    classes.push_back(strict[i]);
  }
  for (size_t i = 0; i < strict.size(); ++i) {
    if (home(i) != i) Join(classes[place[home(i)]], strict[i], ties);
  }
  return classes;
}

// Classes that later votes may join or part: a bare answer and all that are loosely equal to it.
struct Family {
  double weight = 0;
  double strongest = 0;        // Of its strict classes.
  double strongest_dress = 0;  // Of its classes that are not bare: "5 cm", "5 m".
  double second_dress = 0;
};

absl::flat_hash_map<string_view, Family> Families(const std::vector<AnswerClass>& strict) {
  absl::flat_hash_map<string_view, Family> families;
  for (const AnswerClass& one : strict) {
    Family& family = families[one.bare()];
    family.weight += one.weight;
    family.strongest = std::max(family.strongest, one.weight);
    if (one.is_bare()) continue;
    family.second_dress =
        std::max(family.second_dress, std::min(family.strongest_dress, one.weight));
    family.strongest_dress = std::max(family.strongest_dress, one.weight);
  }
  return families;
}

}  // namespace

double MajorityProbability(int leader, int runner_up) {
  // 2^-n * sum of C(n, j) for j up to `leader`, n = leader + runner_up + 1; terms by logarithms, as
  // they overflow otherwise.
  const int n = leader + runner_up + 1;
  double probability = 0;
  for (int j = 0; j <= leader; ++j) {
    probability +=
        std::exp(std::lgamma(n + 1) - std::lgamma(j + 1) - std::lgamma(n - j + 1) - n * M_LN2);
  }
  return std::min(1.0, probability);
}

void Ballot::Add(Vote vote) { cast_.push_back(std::move(vote)); }

bool Ballot::IsCertain(int open) const {
  const std::vector<AnswerClass> strict = StrictClasses(cast_, rule_);
  const double may_come = open == 0 ? 0 : open * MostWeight(rule_);
  const auto families = Families(strict);
  for (const auto& [bare, family] : families) {
    // What stays together whatever comes, against all that may gather elsewhere. "5" may part from
    // "5 cm" when "5 m" comes, and loosely they remain the same answer.
    double rival = family.second_dress;
    for (const auto& [other_bare, other] : families) {
      if (other_bare != bare) rival = std::max(rival, other.weight);
    }
    // A dress that is not the strongest class can be overtaken by the bare answer no more than by
    // others.
    const bool split = family.second_dress > 0 && family.strongest > family.strongest_dress;
    if (split) rival = std::max(rival, family.strongest_dress);
    if (family.strongest - rival > may_come) return true;
  }
  return false;
}

VoteResult Ballot::Decide() const {
  std::vector<AnswerClass> classes = JoinBare(StrictClasses(cast_, rule_), rule_.ties);
  std::sort(classes.begin(), classes.end(), [this](const AnswerClass& a, const AnswerClass& b) {
    return IsBetter(a, b, rule_.ties);
  });
  VoteResult result;
  if (classes.empty()) return result;
  double weight = 0;
  for (const AnswerClass& one : classes) weight += one.weight;
  const AnswerClass& winner = classes.front();
  const AnswerClass none;
  const AnswerClass& runner_up = classes.size() > 1 ? classes[1] : none;
  result.answer = winner.representative->answer;
  result.agreement = winner.weight / weight;
  result.margin = (winner.weight - runner_up.weight) / weight;
  result.majority_probability = MajorityProbability(winner.finished, runner_up.finished);
  result.representative = winner.representative->index;
  result.tie = classes.size() > 1 && runner_up.weight == winner.weight;
  for (const AnswerClass& one : classes) {
    result.candidates.push_back({one.representative->answer, one.votes, one.weight,
                                 static_cast<double>(one.tokens) / one.votes});
  }
  return result;
}

}  // namespace sextant
