// A strategy's text taken apart: name(key=value,...), and its parameters by name and range. Part of
// spec.h.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

inline constexpr size_t kMaxDelimiterBytes = 64;

inline constexpr std::pair<absl::string_view, v1::Weights> kWeightWords[] = {
    {"uniform", v1::WEIGHTS_UNIFORM},
    {"length", v1::WEIGHTS_LENGTH},
    {"confidence", v1::WEIGHTS_CONFIDENCE}};

struct Parameter {
  std::string name;
  std::string value;
};
struct Call {
  std::string name;
  std::vector<Parameter> parameters;  // Their names differ.
};

// Reads the form without knowing any name. INVALID_ARGUMENT quotes the text and says what is wrong.
absl::StatusOr<Call> ParseCall(absl::string_view text);

enum class Sizes { kNumbers, kNumbersOrLarge };

// Hands out the parameters of a call by name and range. Parameters that are absent read as 0 or
// unset, and so do wrong ones; Finish() tells the first error. `call` outlives it.
class ParameterReader {
 public:
  ParameterReader(const Call& call, Sizes sizes) : call_(call), sizes_(sizes) {}

  int32_t Integer(absl::string_view name, int32_t min, int32_t max) {
    return OptionalInteger(name, min, max).value_or(0);
  }
  std::optional<int32_t> OptionalInteger(absl::string_view name, int32_t min, int32_t max);
  std::optional<double> Number(absl::string_view name, double min, double max);
  // A number of traces; nullopt for `large`.
  std::optional<int32_t> Size(absl::string_view name);
  double Penalty(absl::string_view name);
  v1::Stop StopRule();
  v1::Weights VoteWeights();
  std::string Delimiter(absl::string_view name);

  // Parameters that nobody has asked for are unknown.
  absl::Status Finish();

 private:
  const std::string* Find(absl::string_view name);
  void Fail(absl::string_view name, absl::string_view value, absl::string_view expected);
  void Remember(absl::string_view message);

  const Call& call_;
  Sizes sizes_;
  std::vector<absl::string_view> known_;
  absl::Status status_;
};

}  // namespace sextant
