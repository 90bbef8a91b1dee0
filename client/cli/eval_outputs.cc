#include "client/cli/eval_outputs.h"

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/eval/measures.h"
#include "client/eval/report_csv.h"

namespace sextant {
namespace {

bool IsSameFile(const std::string& path, const std::string& other) {
  std::error_code ignored;
  return !other.empty() && std::filesystem::equivalent(path, other, ignored);
}

struct Named {
  const char* flag;
  const std::string& path;
};

// `others` are opened by then: the same file would otherwise be written by two.
absl::Status Open(const Named& file, const std::vector<Named>& others, std::ofstream& stream) {
  if (file.path.empty()) return absl::OkStatus();
  for (const Named& other : others) {
    if (!IsSameFile(file.path, other.path)) continue;
    return absl::InvalidArgumentError(absl::StrCat(file.flag, " ", file.path, " is the file of ",
                                                   other.flag, ", expected another"));
  }
  stream.open(file.path, std::ios::binary | std::ios::trunc);
  if (stream) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(file.flag, " ", file.path, ": cannot be written"));
}

absl::Status Close(const Named& file, std::ofstream& stream) {
  if (file.path.empty()) return absl::OkStatus();
  stream.close();
  if (stream) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(file.flag, " ", file.path, ": writing failed"));
}

}  // namespace

absl::StatusOr<EvalOutputs> OpenOutputs(const EvalPaths& paths) {
  EvalOutputs outputs;
  outputs.paths = paths;
  const Named problems = {"--problems", paths.problems};
  const Named rows = {"--out", paths.rows};
  const Named report = {"--report", paths.report};
  const Named csv = {"--csv", paths.csv};
  if (absl::Status status = Open(rows, {problems}, outputs.rows); !status.ok()) return status;
  if (absl::Status status = Open(report, {problems, rows}, outputs.report); !status.ok()) {
    return status;
  }
  if (absl::Status status = Open(csv, {problems, rows, report}, outputs.csv); !status.ok()) {
    return status;
  }
  return outputs;
}

absl::Status WriteOutputs(const ReportContext& context,
                          const std::vector<Observation>& observations, EvalOutputs& outputs) {
  const EvalPaths& paths = outputs.paths;
  // Intervals take a while when there are many problems.
  if (!paths.report.empty()) outputs.report << ReportHtml(context, observations);
  if (!paths.csv.empty()) outputs.csv << ReportCsv(context.model, MeasureAll(observations));
  absl::Status status = Close({"--out", paths.rows}, outputs.rows);
  status.Update(Close({"--report", paths.report}, outputs.report));
  status.Update(Close({"--csv", paths.csv}, outputs.csv));
  return status;
}

}  // namespace sextant
