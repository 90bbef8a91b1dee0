// Reads arbitrary bytes as a SolveRequest and takes it as far as a call's first model server:
// checks it, reads its answer's format, plans it. What is accepted has to lead to a plan within the
// limits of the contract, and what is refused to an error that fits into a trailer.
#include <google/protobuf/stubs/logging.h>

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/answer/reader.h"
#include "server/answer_format.h"
#include "server/planner.h"
#include "server/prompt_tokens.h"
#include "server/request_check.h"
#include "server/request_sharing.h"
#include "server/strategies/spec.h"
#include "tests/fuzz/expect.h"

namespace sextant {
namespace {

// gRPC's clients take 8 KiB of metadata by default.
constexpr size_t kMaxErrorBytes = 4096;

ModelConfig Named(const std::string& name) {
  ModelConfig model{.name = name};
  model.backends.push_back({.url = "http://127.0.0.1:8000/v1", .name = "only"});
  return model;
}

// One that knows everything about itself, one that knows nothing.
const ModelConfig& ModelFor(uint8_t choice) {
  static const ModelConfig& known = *[] {
    auto* model = new ModelConfig(Named("known"));
    model->horizon = Horizon::kLong;
    model->price = PriceConfig{.prompt_per_million = 0.1, .completion_per_million = 0.4};
    model->context_tokens = 32'768;
    model->tokens_per_second = 50;
    model->backends[0].choices = 16;
    return model;
  }();
  static const ModelConfig& unknown = *new ModelConfig(Named("unknown"));
  return choice % 2 == 0 ? known : unknown;
}

void CheckPlan(const v1::Plan& plan, const v1::SolveRequest& request, const ModelConfig& model) {
  Expect(CheckStrategy(plan.strategy()).ok());
  Expect(plan.strategy().kind_case() != v1::Strategy::KIND_NOT_SET);
  const int traces = TraceCount(plan.strategy());
  Expect(traces >= 0 && traces <= kMaxTraces);
  const int limit = request.budget().max_traces();
  Expect(limit == 0 || traces <= limit);
  const int choices = ChoicesPerRequest(request, model, plan.strategy());
  Expect(choices >= 0 && choices <= kMaxTraces);
  Expect(plan.reasons_size() > 0);
  // What the command line prints can be typed in again.
  const auto again = ParseStrategy(StrategyText(plan.strategy()));
  Expect(again.ok() && StrategyText(*again) == StrategyText(plan.strategy()));
}

absl::Status Take(const v1::SolveRequest& request, uint8_t choice) {
  const ModelConfig& model = ModelFor(choice);
  if (absl::Status status = CheckRequest(request, model); !status.ok()) return status;
  if (absl::Status status = CheckContext(request, model); !status.ok()) return status;
  const auto reader = AnswerReader::Create(FormatOf(request.answer()));
  if (!reader.ok()) return reader.status();
  reader->Canonicalise(request.reference_answer());
  static const Policy& policy = *new Policy(BuiltInPolicy());
  const auto plan = MakePlan({.request = request,
                              .model = model,
                              .policy = policy,
                              .time_left = absl::Seconds(choice / 2),
                              .load = choice % 3 * 0.5});
  Expect(plan.ok());
  CheckPlan(*plan, request, model);
  return absl::OkStatus();
}

}  // namespace
}  // namespace sextant

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool quiet = [] {
    google::protobuf::SetLogHandler(nullptr);  // It would tell of every text that is not UTF-8.
    return true;
  }();
  sextant::v1::SolveRequest request;
  if (!quiet || size < 1 || !request.ParseFromArray(data + 1, static_cast<int>(size - 1))) return 0;
  const absl::Status status = sextant::Take(request, data[0]);
  sextant::Expect(status.message().size() <= sextant::kMaxErrorBytes);
  return 0;
}
