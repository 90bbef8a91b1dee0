#include "server/answer/json_canonical.h"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace sextant {
namespace {

using absl::string_view;
using Type = JsonValue::Type;

void AppendQuoted(string_view string, std::string& out) {
  out += '"';
  for (const char c : string) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppend(&out, "\\u00", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    } else {
      out += c;
    }
  }
  out += '"';
}

// Of equal keys only the last counts, as in most parsers.
std::vector<const JsonMember*> SortedMembers(const JsonValue& object) {
  std::vector<const JsonMember*> sorted;
  for (const auto& member : object.members) sorted.push_back(&member);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto* a, const auto* b) { return a->key < b->key; });
  std::vector<const JsonMember*> last;
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (i + 1 == sorted.size() || sorted[i]->key != sorted[i + 1]->key) {
      last.push_back(sorted[i]);
    }
  }
  return last;
}

// A number of JSON without exponent and needless zeros: 1.50e1 is 15. nullopt beyond the limits.
std::optional<std::string> PlainDecimal(string_view number) {
  const bool negative = absl::ConsumePrefix(&number, "-");
  const size_t mark = std::min(number.find_first_of("eE"), number.size());
  int exponent = 0;
  if (mark < number.size() && !absl::SimpleAtoi(number.substr(mark + 1), &exponent)) {
    return std::nullopt;
  }
  const string_view decimal = number.substr(0, mark);
  const size_t point = std::min(decimal.find('.'), decimal.size());
  std::string digits(decimal.substr(0, point));
  if (point < decimal.size()) absl::StrAppend(&digits, decimal.substr(point + 1));
  if (digits.size() > kMaxJsonDigits || std::abs(exponent) > kMaxJsonDigits) return std::nullopt;
  // How many of the digits stand before the point; zeros are added where there are too few.
  int whole = static_cast<int>(point) + exponent;
  if (whole < 1) {
    digits.insert(0, static_cast<size_t>(1 - whole), '0');
    whole = 1;
  }
  if (digits.size() < static_cast<size_t>(whole)) digits.resize(static_cast<size_t>(whole), '0');
  std::string before = digits.substr(0, static_cast<size_t>(whole));
  std::string after = digits.substr(static_cast<size_t>(whole));
  before.erase(0, std::min(before.find_first_not_of('0'), before.size() - 1));
  after.erase(after.find_last_not_of('0') + 1);
  const bool zero = before == "0" && after.empty();
  return absl::StrCat(negative && !zero ? "-" : "", before, after.empty() ? "" : ".", after);
}

bool AppendCanonical(const JsonValue& value, std::string& out) {
  switch (value.type) {
    case Type::kNull:
    case Type::kBool:
      out += value.text;
      return true;
    case Type::kString:
      AppendQuoted(value.text, out);
      return true;
    case Type::kNumber: {
      const std::optional<std::string> number = PlainDecimal(value.text);
      out += number.value_or("");
      return number.has_value();
    }
    case Type::kArray:
      out += '[';
      for (const auto& member : value.members) {
        if (&member != &value.members.front()) out += ',';
        if (!AppendCanonical(member.value, out)) return false;
      }
      out += ']';
      return true;
    case Type::kObject:
      break;
  }
  out += '{';
  bool first = true;
  for (const auto* member : SortedMembers(value)) {
    if (!first) out += ',';
    first = false;
    AppendQuoted(member->key, out);
    out += ':';
    if (!AppendCanonical(member->value, out)) return false;
  }
  out += '}';
  return true;
}

}  // namespace

std::optional<std::string> CanonicalJson(const JsonValue& value) {
  std::string out;
  if (!AppendCanonical(value, out)) return std::nullopt;
  return out;
}

}  // namespace sextant
