// HTML as text: escaping, tables, and figures as a page shows them.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/eval/bootstrap.h"

namespace sextant {

// Safe between tags and in quoted attributes. Control characters, which HTML does not allow, become
// the replacement character.
std::string EscapeHtml(absl::string_view text);

// The same for a strategy, which may break after its opening bracket where a column is narrow.
std::string StrategyHtml(absl::string_view strategy);

struct HtmlColumn {
  enum class Kind { kNumber, kText };
  std::string title;  // Text.
  Kind kind = Kind::kNumber;
};

struct HtmlRow {
  std::vector<std::string> cells;  // HTML.
  std::string note;                // HTML, under the row and as wide as the page; may be empty.
  bool emphasised = false;
};

struct HtmlTable {
  std::string caption;  // Text.
  std::vector<HtmlColumn> columns;
  size_t header_column = 0;  // Whose cells name their rows.
  std::vector<HtmlRow> rows;
};

// A table that scrolls sideways where the page is narrow.
std::string ToHtml(const HtmlTable& table);

// A value with its interval in a second line.
std::string EstimateCell(const std::string& value, const std::string& interval);
std::string PercentCell(const Estimate& share);      // 83.3 %, 70.8 to 91.7
std::string TokensCell(const Estimate& tokens);      // 1,234, 1,100 to 1,400
std::string RatioCell(const Estimate& ratio);        // 0.52, 0.45 to 0.60
std::string PointsCell(const Estimate& difference);  // +4.2, -1.0 to +9.4

std::string TokensText(double mean);        // 1,234
std::string PointsText(double difference);  // +4.2 for 0.042

}  // namespace sextant
