#include "server/answer/math/clock.h"

#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

namespace sextant::math {
namespace {

using absl::string_view;

constexpr std::array<string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                 "May",       "June",     "July",     "August",
                                                 "September", "October",  "November", "December"};

class ClockParser {
 public:
  explicit ClockParser(const TokenRange& range) : range_(range) {}

  std::optional<ClockReading> Whole() const {
    const int count = range_.end - range_.begin;
    if (count < 2 || count > 8) return std::nullopt;
    if (std::optional<ClockReading> time = Time()) return time;
    return Date();
  }

 private:
  const Token& At(int i) const {
    static const Token& nothing = *new Token();
    const int index = range_.begin + i;
    return index < range_.end ? (*range_.list)[static_cast<size_t>(index)] : nothing;
  }
  int size() const { return range_.end - range_.begin; }

  // A number of `least` to `most` digits and no blank before it.
  std::optional<int> Digits(int i, size_t least, size_t most) const {
    const Token& token = At(i);
    int value = 0;
    if (token.kind != Tok::kNumber || token.text.size() < least || token.text.size() > most)
      return std::nullopt;
    if (token.text.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
    if (!absl::SimpleAtoi(token.text, &value)) return std::nullopt;
    return value;
  }

  bool IsJoined(int i, Tok kind) const {
    return At(i).kind == kind && !At(i).space && !At(i + 1).space;
  }

  std::optional<ClockReading> Time() const {
    const std::optional<int> written = Digits(0, 1, 2);
    if (!written.has_value()) return std::nullopt;
    int at = 1;
    int minutes = 0;
    std::optional<int> seconds;
    const bool colon = IsJoined(1, Tok::kColon);
    if (colon) {
      const std::optional<int> part = Digits(2, 2, 2);
      if (!part.has_value() || *part > 59) return std::nullopt;
      minutes = *part;
      at = 3;
      if (IsJoined(3, Tok::kColon)) {
        seconds = Digits(4, 2, 2);
        if (!seconds.has_value() || *seconds > 59) return std::nullopt;
        at = 5;
      }
    }
    int hours = *written;
    const std::string half = absl::AsciiStrToLower(At(at).text);
    const bool named = (At(at).kind == Tok::kLetters || At(at).kind == Tok::kWord) &&
                       (half == "am" || half == "pm");
    if (named) {
      if (hours < 1 || hours > 12) return std::nullopt;
      hours = hours % 12 + (half == "pm" ? 12 : 0);
      ++at;
    }
    if ((!colon && !named) || at != size() || hours > 23) return std::nullopt;
    return ClockReading{Print(hours, minutes, seconds)};
  }

  static std::string Print(int hours, int minutes, std::optional<int> seconds) {
    std::string text = absl::StrFormat("%d:%02d", hours, minutes);
    if (seconds.has_value()) absl::StrAppendFormat(&text, ":%02d", *seconds);
    return text;
  }

  std::optional<int> Month(int i) const {
    if (At(i).kind != Tok::kLetters && At(i).kind != Tok::kWord) return std::nullopt;
    const string_view text = At(i).text;
    for (size_t month = 0; month < kMonths.size(); ++month) {
      const bool whole = absl::EqualsIgnoreCase(text, kMonths[month]);
      const bool brief = text.size() >= 3 && text.size() <= 4 && absl::ascii_isupper(text[0]) &&
                         absl::StartsWithIgnoreCase(kMonths[month], text);
      if (whole || brief) return static_cast<int>(month) + 1;
    }
    return std::nullopt;
  }

  bool IsWord(int i, std::initializer_list<string_view> words) const {
    if (At(i).kind != Tok::kLetters && At(i).kind != Tok::kWord) return false;
    for (const string_view word : words) {
      if (At(i).text == word) return true;
    }
    return false;
  }

  std::optional<ClockReading> Date() const {
    if (std::optional<ClockReading> date = Numeric()) return date;
    int at = 0;
    std::optional<int> month = Month(0);
    if (month.has_value()) ++at;
    const std::optional<int> day = Digits(at, 1, 2);
    if (!day.has_value() || *day < 1 || *day > 31) return std::nullopt;
    ++at;
    if (IsWord(at, {"st", "nd", "rd", "th"})) ++at;
    if (!month.has_value()) {
      if (IsWord(at, {"of"})) ++at;
      month = Month(at++);
    }
    if (!month.has_value()) return std::nullopt;
    if (at == size()) {
      return ClockReading{absl::StrFormat("%s %d", kMonths[static_cast<size_t>(*month) - 1], *day)};
    }
    if (At(at).kind == Tok::kComma) ++at;
    const std::optional<int> year = Digits(at, 4, 4);
    if (!year.has_value() || at + 1 != size()) return std::nullopt;
    return ClockReading{absl::StrFormat("%04d-%02d-%02d", *year, *month, *day)};
  }

  std::optional<ClockReading> Numeric() const {
    if (size() != 5) return std::nullopt;
    if (IsJoined(1, Tok::kMinus) && IsJoined(3, Tok::kMinus)) {
      const std::optional<int> year = Digits(0, 4, 4);
      const std::optional<int> month = Digits(2, 2, 2);
      const std::optional<int> day = Digits(4, 2, 2);
      if (!year.has_value() || !month.has_value() || !day.has_value()) return std::nullopt;
      if (*month < 1 || *month > 12 || *day < 1 || *day > 31) return std::nullopt;
      return ClockReading{absl::StrFormat("%04d-%02d-%02d", *year, *month, *day)};
    }
    // Whether the day or the month is first depends on the country: it stays as written.
    if (!IsJoined(1, Tok::kSlash) || !IsJoined(3, Tok::kSlash)) return std::nullopt;
    const std::optional<int> first = Digits(0, 1, 2);
    const std::optional<int> second = Digits(2, 1, 2);
    const std::optional<int> year = Digits(4, 4, 4);
    if (!first.has_value() || !second.has_value() || !year.has_value()) return std::nullopt;
    return ClockReading{absl::StrFormat("%d/%d/%04d", *first, *second, *year)};
  }

  TokenRange range_;
};

}  // namespace

std::optional<ClockReading> ReadClock(const TokenRange& range) {
  return ClockParser(range).Whole();
}

}  // namespace sextant::math
