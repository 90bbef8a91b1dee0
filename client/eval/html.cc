#include "client/eval/html.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "client/cli/text.h"

namespace sextant {
namespace {

const char* ClassOf(HtmlColumn::Kind kind) {
  return kind == HtmlColumn::Kind::kNumber ? "number" : "text";
}

std::string RowHtml(const HtmlTable& table, const HtmlRow& row) {
  std::string html = row.emphasised ? "<tr class=\"emphasised\">" : "<tr>";
  for (size_t i = 0; i < row.cells.size(); ++i) {
    const char* kind = ClassOf(table.columns[i].kind);
    if (i == table.header_column) {
      absl::StrAppend(&html, "<th scope=\"row\" class=\"", kind, "\">", row.cells[i], "</th>");
    } else {
      absl::StrAppend(&html, "<td class=\"", kind, "\">", row.cells[i], "</td>");
    }
  }
  html += "</tr>\n";
  if (row.note.empty()) return html;
  return absl::StrCat(html, "<tr class=\"note\"><td colspan=\"", table.columns.size(), "\"><div>",
                      row.note, "</div></td></tr>\n");
}

template <typename Format>
std::string Cell(const Estimate& estimate, Format format) {
  if (!std::isfinite(estimate.value)) return "-";
  if (!estimate.interval.has_value()) return EstimateCell(format(estimate.value), "");
  return EstimateCell(format(estimate.value), absl::StrCat(format(estimate.interval->low), " to ",
                                                           format(estimate.interval->high)));
}

}  // namespace

std::string EscapeHtml(absl::string_view text) {
  std::string html;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') {
      html += "&amp;";
    } else if (c == '<') {
      html += "&lt;";
    } else if (c == '>') {
      html += "&gt;";
    } else if (c == '"') {
      html += "&quot;";
    } else if (c == '\'') {
      html += "&#39;";
    } else if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f) {
      html += "\xef\xbf\xbd";
    } else {
      html += c;
    }
  }
  return html;
}

std::string StrategyHtml(absl::string_view strategy) {
  return absl::StrReplaceAll(EscapeHtml(strategy), {{"(", "(<wbr>"}});
}

std::string ToHtml(const HtmlTable& table) {
  // With tabindex it can be scrolled by keyboard, and what takes the focus needs a name.
  const std::string caption = EscapeHtml(table.caption);
  std::string html =
      absl::StrCat("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"", caption,
                   "\">\n<table>\n<caption>", caption, "</caption>\n<thead><tr>");
  for (const HtmlColumn& column : table.columns) {
    absl::StrAppend(&html, "<th scope=\"col\" class=\"", ClassOf(column.kind), "\">",
                    EscapeHtml(column.title), "</th>");
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const HtmlRow& row : table.rows) html += RowHtml(table, row);
  return html + "</tbody>\n</table>\n</div>\n";
}

std::string EstimateCell(const std::string& value, const std::string& interval) {
  if (interval.empty()) return EscapeHtml(value);
  return absl::StrCat(EscapeHtml(value), "<span class=\"interval\">", EscapeHtml(interval),
                      "</span>");
}

std::string PercentCell(const Estimate& share) {
  if (!share.interval.has_value()) return EstimateCell(Percent(share.value), "");
  return EstimateCell(
      Percent(share.value),
      absl::StrFormat("%.1f to %.1f", share.interval->low * 100, share.interval->high * 100));
}

std::string TokensCell(const Estimate& tokens) { return Cell(tokens, TokensText); }

std::string RatioCell(const Estimate& ratio) {
  return Cell(ratio, [](double value) { return absl::StrFormat("%.2f", value); });
}

std::string PointsCell(const Estimate& difference) { return Cell(difference, PointsText); }

std::string TokensText(double mean) { return Grouped(std::llround(mean)); }

std::string PointsText(double difference) {
  // Rounded first: a tiny negative difference is not "-0.0".
  const double points = std::round(difference * 1000) / 10;
  return points == 0 ? "0.0" : absl::StrFormat("%+.1f", points);
}

}  // namespace sextant
