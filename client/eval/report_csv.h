// The figures of an evaluation as CSV (RFC 4180), for spreadsheets and scripts.
#pragma once
#include <string>

#include "client/eval/measures.h"

namespace sextant {

// A header, then for each strategy a line over all data sets ("all") and one per data set. Shares
// are 0 to 1; what there is no value for is empty.
std::string ReportCsv(const std::string& model, const EvalMeasures& measures);

}  // namespace sextant
