// How sure a model is of a trace: DeepConf's group confidence (arXiv 2508.15260).
//
// A token's confidence is -(1/k) * sum of log p_j over the k likeliest tokens at its place: high
// where one token takes all of the probability, low where many share it. The group confidence is
// its mean over a sliding window of the newest tokens, and the lowest one is the trace's: one long
// stretch of doubt tells more than an average over everything.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace sextant {

// Keeps numbers, no text: 4 bytes for each token of the window, allocated with the first token. Not
// thread-safe.
class ConfidenceWindow {
 public:
  // `tokens`: length of the window, 1 or more.
  explicit ConfidenceWindow(int tokens) : size_(static_cast<size_t>(tokens)) {}

  // The confidence of the next token: finite, 0 or more.
  void Add(float confidence);

  int64_t tokens() const { return tokens_; }  // Added so far.
  bool is_full() const { return tokens_ >= static_cast<int64_t>(size_); }
  // Mean of the newest tokens, as many as the window holds; 0 before the first.
  double mean() const;
  // The least mean of a full window so far; of a trace shorter than that, its mean. Unset before
  // the first token.
  std::optional<double> lowest() const;

 private:
  const size_t size_;
  std::vector<float> ring_;
  size_t next_ = 0;  // Where the next token goes; the oldest one is there once the window is full.
  double sum_ = 0;
  int64_t tokens_ = 0;
  std::optional<double> lowest_;  // Of full windows.
};

}  // namespace sextant
