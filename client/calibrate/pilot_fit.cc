#include "client/calibrate/pilot_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "server/answer/vote.h"

namespace sextant {
namespace {

constexpr size_t kCoefficients = 3;
// Held-out likelihood on half of the problems of eight models is about the same from 1 to 3, and
// falls on both sides.
constexpr double kRidge = 2;
constexpr std::array<size_t, 3> kWaves = {2, 4, 8};
constexpr int kMostSteps = 50;
constexpr double kSmallestStep = 1e-7;

using Vector = std::array<double, kCoefficients>;
using Matrix = std::array<Vector, kCoefficients>;

struct Row {
  Vector features;
  double hard = 0;  // 0 or 1.
  double weight = 0;
};

VoteResult VoteOver(const std::vector<CalibrationTrace>& traces) {
  Ballot ballot;
  for (size_t i = 0; i < traces.size(); ++i) {
    if (!traces[i].answer.has_value()) continue;
    ballot.Add(
        {.answer = *traces[i].answer, .tokens = traces[i].tokens, .index = static_cast<int>(i)});
  }
  return ballot.Decide();
}

bool IsHard(const CalibrationProblem& problem) {
  const VoteResult vote = VoteOver(problem.traces);
  return !vote.answer || !problem.traces[static_cast<size_t>(vote.representative)].right;
}

// `wave` is sorted by length; its first `ended` traces have ended, the others run.
PilotTraces StateOf(const std::vector<CalibrationTrace>& wave, size_t ended) {
  const std::vector<CalibrationTrace> ended_traces(
      wave.begin(), wave.begin() + static_cast<std::ptrdiff_t>(ended));
  const VoteResult vote = VoteOver(ended_traces);
  PilotTraces state;
  if (vote.answer) state.leading = vote.candidates.front().votes;
  for (const Candidate& candidate : vote.candidates) state.votes += candidate.votes;
  for (const CalibrationTrace& trace : ended_traces) {
    state.ended_tokens.push_back(static_cast<double>(trace.tokens));
  }
  state.running_tokens.assign(wave.size() - ended, state.ended_tokens.back());
  return state;
}

void AddRows(const CalibrationProblem& problem, double mean_tokens, std::vector<Row>& rows) {
  const std::vector<CalibrationTrace>& traces = problem.traces;
  const size_t before = rows.size();
  const double hard = IsHard(problem) ? 1 : 0;
  std::set<size_t> sizes;
  for (const size_t size : kWaves) sizes.insert(std::min(size, traces.size()));
  for (const size_t size : sizes) {
    for (size_t start = 0; start < traces.size(); ++start) {
      std::vector<CalibrationTrace> wave;
      for (size_t i = 0; i < size; ++i) wave.push_back(traces[(start + i) % traces.size()]);
      std::stable_sort(wave.begin(), wave.end(),
                       [](const auto& a, const auto& b) { return a.tokens < b.tokens; });
      for (size_t ended = kFewestPilots; ended <= size; ++ended) {
        const PilotFeatures features = FeaturesOf(StateOf(wave, ended), mean_tokens);
        rows.push_back({{1, features.support, features.length}, hard, 0});
      }
    }
  }
  for (size_t i = before; i < rows.size(); ++i) {
    rows[i].weight = 1 / static_cast<double>(rows.size() - before);
  }
}

// Solves a * x = b for a symmetric positive definite matrix.
Vector Solved(Matrix a, Vector b) {
  for (size_t i = 0; i < kCoefficients; ++i) {
    for (size_t row = 0; row < kCoefficients; ++row) {
      if (row == i) continue;
      const double factor = a[row][i] / a[i][i];
      for (size_t column = 0; column < kCoefficients; ++column) {
        a[row][column] -= factor * a[i][column];
      }
      b[row] -= factor * b[i];
    }
  }
  for (size_t i = 0; i < kCoefficients; ++i) b[i] /= a[i][i];
  return b;
}

// One step of Newton's method from `at` towards the least loss; the ridge pulls to `prior`.
Vector NewtonStep(const std::vector<Row>& rows, const Vector& at, const Vector& prior) {
  Vector gradient{};
  Matrix hessian{};
  for (size_t i = 0; i < kCoefficients; ++i) {
    gradient[i] = kRidge * (at[i] - prior[i]);
    hessian[i][i] = kRidge;
  }
  for (const Row& row : rows) {
    double log_odds = 0;
    for (size_t i = 0; i < kCoefficients; ++i) log_odds += at[i] * row.features[i];
    const double probability = 1 / (1 + std::exp(-log_odds));
    const double curvature = row.weight * probability * (1 - probability);
    for (size_t i = 0; i < kCoefficients; ++i) {
      gradient[i] += row.weight * (probability - row.hard) * row.features[i];
      for (size_t j = 0; j < kCoefficients; ++j) {
        hessian[i][j] += curvature * row.features[i] * row.features[j];
      }
    }
  }
  return Solved(hessian, gradient);
}

}  // namespace

PilotModel FitPilot(const std::vector<CalibrationProblem>& problems, double mean_tokens) {
  std::vector<Row> rows;
  for (const CalibrationProblem& problem : problems) {
    if (problem.traces.size() >= kFewestPilots) AddRows(problem, mean_tokens, rows);
  }
  const PilotModel defaults;
  const Vector prior = {defaults.intercept, defaults.support, defaults.length};
  Vector fitted = prior;
  for (int i = 0; i < kMostSteps; ++i) {
    const Vector step = NewtonStep(rows, fitted, prior);
    double longest = 0;
    for (size_t j = 0; j < kCoefficients; ++j) {
      fitted[j] -= step[j];
      longest = std::max(longest, std::abs(step[j]));
    }
    if (longest < kSmallestStep) break;
  }
  return {.intercept = fitted[0], .support = fitted[1], .length = fitted[2]};
}

}  // namespace sextant
