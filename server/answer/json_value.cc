#include "server/answer/json_value.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
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
      value.members.push_back({std::move(key), *std::move(member)});
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

}  // namespace sextant
