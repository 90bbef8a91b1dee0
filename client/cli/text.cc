#include "client/cli/text.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sextant {
namespace {

// C0 controls and DEL are one byte; the C1 controls (which hold an escape of their own) are C2 80
// to C2 9F.
std::string Escape(absl::string_view text, absl::string_view kept) {
  std::string safe;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if ((byte < 0x20 || byte == 0x7f) && kept.find(text[i]) == absl::string_view::npos) {
      absl::StrAppendFormat(&safe, "\\x%02x", byte);
    } else if (byte == 0xc2 && next >= 0x80 && next <= 0x9f) {
      absl::StrAppendFormat(&safe, "\\x%02x", next);
      ++i;
    } else {
      safe.push_back(text[i]);
    }
  }
  return safe;
}

bool StartsCodePoint(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }

}  // namespace

std::string Printable(absl::string_view text) { return Escape(text, ""); }

std::string PrintableLines(absl::string_view text) { return Escape(text, "\n\t"); }

std::string Grouped(int64_t number) {
  std::string digits = std::to_string(number);
  const int first = digits[0] == '-' ? 1 : 0;
  for (int i = static_cast<int>(digits.size()) - 3; i > first; i -= 3) {
    digits.insert(static_cast<size_t>(i), ",");
  }
  return digits;
}

std::string Percent(double share) { return absl::StrFormat("%.1f %%", share * 100); }

std::string Seconds(double seconds) {
  return seconds < 1 ? absl::StrFormat("%.3f s", seconds) : absl::StrFormat("%.1f s", seconds);
}

std::string Dollars(double usd) {
  return usd < 1 ? absl::StrFormat("$%.6f", usd) : absl::StrFormat("$%.2f", usd);
}

std::string Count(int64_t number, absl::string_view noun) {
  return absl::StrCat(Grouped(number), " ", noun, number == 1 ? "" : "s");
}

int Columns(absl::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), StartsCodePoint));
}

std::string Fit(absl::string_view text, int columns) {
  if (Columns(text) <= columns) return std::string(text);
  size_t end = 0;
  for (int taken = 0; end < text.size(); ++end) {
    if (StartsCodePoint(text[end]) && taken++ == columns - 3) break;
  }
  return absl::StrCat(text.substr(0, end), "...");
}

std::string Table(const std::vector<Align>& columns,
                  const std::vector<std::vector<std::string>>& rows) {
  std::vector<int> widths(columns.size(), 0);
  for (const std::vector<std::string>& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Columns(row[i]));
  }
  std::string text;
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string space(static_cast<size_t>(widths[i] - Columns(row[i])), ' ');
      absl::StrAppend(&line, i == 0 ? "" : "  ", columns[i] == Align::kRight ? space : "", row[i],
                      columns[i] == Align::kLeft ? space : "");
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

}  // namespace sextant
