#include "server/answer/json_value.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/answer/unicode.h"

namespace sextant {
namespace {

using absl::string_view;
using Type = JsonValue::Type;

class Parser {
 public:
  explicit Parser(string_view text) : text_(text) {}

  size_t at() const { return at_; }

  std::optional<JsonValue> Value(int depth) {
    Spaces();
    if (at_ >= text_.size() || ++nodes_ > kMaxJsonNodes) return std::nullopt;
    switch (text_[at_]) {
      case '{':
        return depth < kMaxJsonDepth ? Container('}', depth) : std::nullopt;
      case '[':
        return depth < kMaxJsonDepth ? Container(']', depth) : std::nullopt;
      case '"': {
        std::optional<std::string> string = String();
        if (!string.has_value()) return std::nullopt;
        return JsonValue{Type::kString, *std::move(string), {}};
      }
      case 't':
        return Word("true", Type::kBool);
      case 'f':
        return Word("false", Type::kBool);
      case 'n':
        return Word("null", Type::kNull);
      default:
        return Number();
    }
  }

  void Spaces() {
    while (at_ < text_.size() && absl::StrContains(" \t\r\n", text_.substr(at_, 1))) ++at_;
  }

 private:
  bool Consume(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::optional<JsonValue> Word(string_view word, Type type) {
    if (!absl::StartsWith(text_.substr(at_), word)) return std::nullopt;
    at_ += word.size();
    return JsonValue{type, std::string(word), {}};
  }

  // An object or an array, from its opening bracket to `close`.
  std::optional<JsonValue> Container(char close, int depth) {
    JsonValue value{close == '}' ? Type::kObject : Type::kArray, "", {}};
    ++at_;
    Spaces();
    if (Consume(close)) return value;
    while (true) {
      std::string key;
      if (value.type == Type::kObject) {
        Spaces();
        std::optional<std::string> name = String();
        Spaces();
        if (!name.has_value() || !Consume(':')) return std::nullopt;
        key = *std::move(name);
      }
      std::optional<JsonValue> member = Value(depth + 1);
      if (!member.has_value()) return std::nullopt;
      value.members.emplace_back(std::move(key), *std::move(member));
      Spaces();
      if (Consume(close)) return value;
      if (!Consume(',')) return std::nullopt;
    }
  }

  size_t SkipDigits() {
    const size_t begin = at_;
    while (at_ < text_.size() && absl::ascii_isdigit(text_[at_])) ++at_;
    return at_ - begin;
  }

  std::optional<JsonValue> Number() {
    const size_t begin = at_;
    Consume('-');
    const size_t whole = at_;
    const size_t digits = SkipDigits();
    if (digits == 0 || (digits > 1 && text_[whole] == '0')) return std::nullopt;
    if (Consume('.') && SkipDigits() == 0) return std::nullopt;
    if (Consume('e') || Consume('E')) {
      if (!Consume('-')) Consume('+');
      if (SkipDigits() == 0) return std::nullopt;
    }
    return JsonValue{Type::kNumber, std::string(text_.substr(begin, at_ - begin)), {}};
  }

  std::optional<std::string> String() {
    if (!Consume('"')) return std::nullopt;
    std::string string;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return string;
      if (static_cast<unsigned char>(c) < 0x20) return std::nullopt;
      if (c != '\\') {
        string += c;
      } else if (!Escape(string)) {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  // Appends to `string`, which is being built by String().
  bool Escape(std::string& string) {
    if (at_ >= text_.size()) return false;
    const char c = text_[at_++];
    constexpr string_view kFrom = "\"\\/bfnrt";
    constexpr string_view kTo = "\"\\/\b\f\n\r\t";
    const size_t simple = kFrom.find(c);
    if (simple != string_view::npos) {
      string += kTo[simple];
      return true;
    }
    if (c != 'u') return false;
    std::optional<uint32_t> code = Hex();
    if (code.has_value() && *code >= 0xD800 && *code < 0xDC00) {
      if (!absl::StartsWith(text_.substr(at_), "\\u")) return false;
      at_ += 2;
      const std::optional<uint32_t> low = Hex();
      if (!low.has_value() || *low < 0xDC00 || *low > 0xDFFF) return false;
      code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
    }
    // A lone half of a surrogate pair is no character.
    if (!code.has_value() || (*code >= 0xD800 && *code < 0xE000)) return false;
    AppendChar(*code, string);
    return true;
  }

  std::optional<uint32_t> Hex() {
    const string_view digits = text_.substr(at_, 4);
    if (digits.size() < 4 || !std::all_of(digits.begin(), digits.end(), absl::ascii_isxdigit)) {
      return std::nullopt;
    }
    at_ += 4;
    const std::string bytes = absl::HexStringToBytes(digits);
    return static_cast<uint32_t>(static_cast<unsigned char>(bytes[0])) << 8 |
           static_cast<unsigned char>(bytes[1]);
  }

  const string_view text_;
  size_t at_ = 0;
  int nodes_ = 0;
};

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
std::vector<const std::pair<std::string, JsonValue>*> SortedMembers(const JsonValue& object) {
  std::vector<const std::pair<std::string, JsonValue>*> sorted;
  for (const auto& member : object.members) sorted.push_back(&member);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto* a, const auto* b) { return a->first < b->first; });
  std::vector<const std::pair<std::string, JsonValue>*> last;
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (i + 1 == sorted.size() || sorted[i]->first != sorted[i + 1]->first) {
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
        if (!AppendCanonical(member.second, out)) return false;
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
    AppendQuoted(member->first, out);
    out += ':';
    if (!AppendCanonical(member->second, out)) return false;
  }
  out += '}';
  return true;
}

// "0", "12", but not "012": an index of an array.
std::optional<size_t> Index(string_view part) {
  size_t index = 0;
  const bool digits = !part.empty() && std::all_of(part.begin(), part.end(), absl::ascii_isdigit);
  if (!digits || (part.size() > 1 && part[0] == '0') || !absl::SimpleAtoi(part, &index)) {
    return std::nullopt;
  }
  return index;
}

}  // namespace

JsonParse ParseJsonPrefix(string_view text) {
  Parser parser(text);
  std::optional<JsonValue> value = parser.Value(0);
  return {std::move(value), parser.at()};
}

std::optional<JsonValue> ParseJson(string_view text) {
  text = absl::StripAsciiWhitespace(text);
  JsonParse parsed = ParseJsonPrefix(text);
  return parsed.bytes == text.size() ? std::move(parsed.value) : std::nullopt;
}

std::optional<std::string> CanonicalJson(const JsonValue& value) {
  std::string out;
  if (!AppendCanonical(value, out)) return std::nullopt;
  return out;
}

std::optional<std::vector<std::string>> ParsePointer(string_view pointer) {
  std::vector<std::string> parts;
  if (pointer.empty()) return parts;
  if (pointer[0] != '/') return std::nullopt;
  for (const string_view escaped : absl::StrSplit(pointer.substr(1), '/')) {
    std::string part;
    for (size_t i = 0; i < escaped.size(); ++i) {
      if (escaped[i] != '~') {
        part += escaped[i];
        continue;
      }
      ++i;
      if (i >= escaped.size() || (escaped[i] != '0' && escaped[i] != '1')) return std::nullopt;
      part += escaped[i] == '0' ? '~' : '/';
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

const JsonValue* ValueAt(const JsonValue& root, const std::vector<std::string>& pointer) {
  const JsonValue* at = &root;
  for (const std::string& part : pointer) {
    const JsonValue* next = nullptr;
    if (at->type == Type::kArray) {
      const std::optional<size_t> index = Index(part);
      if (index.has_value() && *index < at->members.size()) next = &at->members[*index].second;
    } else {
      for (const auto& [key, member] : at->members) {
        if (key == part) next = &member;
      }
    }
    if (next == nullptr) return nullptr;
    at = next;
  }
  return at;
}

}  // namespace sextant
