#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/strategies/strategies.h"

namespace sextant {
namespace {

// The beginning of a model's turn, grown step by step.
struct Beam {
  std::string text;
  int64_t tokens = 0;
  int64_t clock = 0;
  double sum_logprob = 0;
  int64_t logprobs = 0;
  int trace = -1;  // Its last step.
  bool complete = false;

  // Length-normalised log-probability, arXiv 1609.08144 without its constants. A server that sends
  // no log-probabilities leaves every beam with the same score, so that the order of launch
  // decides.
  double Score(double length_penalty) const {
    return logprobs == 0 ? 0
                         : sum_logprob / std::pow(static_cast<double>(logprobs), length_penalty);
  }
};

Beam Extended(const Beam& from, const Trace& step, int64_t max_tokens) {
  Beam beam = from;
  absl::StrAppend(&beam.text, step.reasoning(), step.content());
  beam.tokens += step.tokens();
  beam.clock = step.clock();
  beam.sum_logprob += step.sum_logprob();
  beam.logprobs += step.logprobs();
  beam.trace = step.index();
  const bool step_ended = step.finish_reason() == "length" || step.finish_reason() == Trace::kUntil;
  beam.complete = !step_ended || beam.tokens >= max_tokens || step.tokens() == 0;
  return beam;
}

// The answer of the best beam; candidates and agreement are over all of them.
Verdict Judge(const std::vector<Beam>& best_first, const Traces& traces) {
  Verdict verdict;
  Ballot ballot(traces.vote_rule());
  for (const Beam& beam : best_first) {
    auto answer = beam.complete ? traces.reader().Read("", beam.text)
                                : traces.reader().ReadProvisional("", beam.text);
    if (!answer) continue;
    if (ballot.votes() == 0) {
      verdict.vote.answer = answer;
      verdict.vote.representative = beam.trace;
      verdict.text = beam.text;
      verdict.provisional = !beam.complete;
    }
    ballot.Add({.answer = *std::move(answer), .tokens = beam.tokens, .index = beam.trace});
  }
  VoteResult all = ballot.Decide();
  for (const Candidate& c : all.candidates) {
    if (verdict.vote.answer && SameAnswer(c.answer, *verdict.vote.answer)) {
      verdict.vote.agreement = static_cast<double>(c.votes) / ballot.votes();
    }
  }
  verdict.vote.candidates = std::move(all.candidates);
  return verdict;
}

class Search {
 public:
  Search(Traces& traces, const v1::BeamSearch& params) : traces_(traces), params_(params) {}

  bool Done() const {
    return live_.empty() || complete_.size() >= static_cast<size_t>(params_.width());
  }

  // Launches every continuation of the live beams; the first step fans out from the bare prompt.
  void LaunchStep() {
    const int each = first_ ? params_.width() * params_.expansion() : params_.expansion();
    first_ = false;
    from_ = std::move(live_);
    live_.clear();
    origin_.resize(traces_.all().size());
    for (size_t b = 0; b < from_.size(); ++b) {
      for (int i = 0; i < each; ++i) {
        TraceLaunch launch{.clock = from_[b].clock,
                           .prefix = from_[b].text,
                           .max_tokens = std::min<int64_t>(
                               params_.step_tokens(), traces_.max_trace_tokens() - from_[b].tokens),
                           .until = params_.step_delimiter(),
                           .logprobs = true};
        if (traces_.Launch(std::move(launch))) origin_.push_back(b);
      }
    }
  }

  void Add(const Trace& step) {
    // A step that the sequential budget cut still counts for what its beam has stated.
    if (step.state != Trace::State::kFinished && !step.cut_by_budget) return;
    Beam beam = Extended(from_[origin_[step.place]], step, traces_.max_trace_tokens());
    (beam.complete ? complete_ : live_).push_back(std::move(beam));
  }

  void KeepBest() {
    Sort(live_);
    if (live_.size() > static_cast<size_t>(params_.width())) live_.resize(params_.width());
  }

  Verdict Decide() {
    Sort(complete_);
    Verdict verdict = Judge(complete_, traces_);
    if (verdict.vote.answer) return verdict;
    // A budget ended the search, or no complete beam has an answer: what the others have stated so
    // far.
    if (live_.empty()) live_ = std::move(from_);
    Sort(live_);
    return Judge(live_, traces_);
  }

 private:
  void Sort(std::vector<Beam>& beams) const {
    std::stable_sort(beams.begin(), beams.end(), [&](const Beam& a, const Beam& b) {
      return a.Score(params_.length_penalty()) > b.Score(params_.length_penalty());
    });
  }

  Traces& traces_;
  const v1::BeamSearch& params_;
  bool first_ = true;
  std::vector<Beam> live_ = {Beam{}};
  std::vector<Beam> from_;  // What the running step continues.
  std::vector<Beam> complete_;
  std::vector<size_t> origin_;  // By place of trace: the beam of from_ that it continues.
};

}  // namespace

// Keep `width` beginnings; each step continues every one of them `expansion` times by at most
// `step_tokens`, or up to the delimiter, and keeps the `width` best by length-normalised
// log-probability, until `width` of them are complete.
Task<Verdict> BeamSearch(Traces& traces, const v1::BeamSearch& params) {
  Search search(traces, params);
  while (!search.Done()) {
    search.LaunchStep();
    while (traces.open() > 0) {
      Task<const Trace*> next = traces.Next();
      const Trace* trace = co_await std::move(next);
      if (trace == nullptr) break;
      search.Add(*trace);
    }
    search.KeepBest();
    if (traces.stop_reason()) break;
  }
  Task<bool> close = traces.Close();
  co_await std::move(close);
  co_return search.Decide();
}

Task<Verdict> NativeBeamSearch(Traces& traces, const v1::BeamSearch& params) {
  traces.Launch(TraceLaunch{.native_beam_width = params.width()});
  Ballot ballot(traces.vote_rule());
  Task<const Trace*> next = traces.Next();
  const Trace* trace = co_await std::move(next);
  if (trace != nullptr && trace->answer) ballot.Add(VoteOf(*trace));
  Task<bool> close = traces.Close();
  co_await std::move(close);
  Verdict verdict{.vote = ballot.Decide()};
  co_return verdict;
}

}  // namespace sextant
