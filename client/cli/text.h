// Text for people: safe to print, numbers that can be read, widths in columns.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sextant {

// `text` on one line with control characters written as \xNN: models and servers write what is
// printed, and an escape sequence must not reach the terminal.
std::string Printable(absl::string_view text);

// The same, but line breaks and tabs stay.
std::string PrintableLines(absl::string_view text);

std::string Grouped(int64_t number);  // 1234567 -> 1,234,567
std::string Percent(double share);    // 0.6667 -> 66.7 %
std::string Seconds(double seconds);  // 12.34 -> 12.3 s; three decimals below 1 s.
std::string Dollars(double usd);      // $0.0123
std::string Count(int64_t number, absl::string_view noun);  // 1 trace, 2 traces

// Columns that `text` takes: its code points. Wide characters count as one.
int Columns(absl::string_view text);

// `text` cut to `columns`, with "..." where something was left out. `columns` is at least 3.
std::string Fit(absl::string_view text, int columns);

// Columns of text with two spaces between them. A row may be shorter than `columns`, not longer.
enum class Align { kLeft, kRight };
std::string Table(const std::vector<Align>& columns,
                  const std::vector<std::vector<std::string>>& rows);

}  // namespace sextant
