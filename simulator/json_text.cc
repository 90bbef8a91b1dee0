#include "simulator/json_text.h"

#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

bool NeedsEscape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

}  // namespace

void AppendEscapedJson(std::string* out, absl::string_view text) {
  size_t plain_from = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!NeedsEscape(c)) continue;
    out->append(text.data() + plain_from, i - plain_from);
    plain_from = i + 1;
    switch (c) {
      case '"':
        out->append("\\\"");
        break;
      case '\\':
        out->append("\\\\");
        break;
      case '\n':
        out->append("\\n");
        break;
      case '\t':
        out->append("\\t");
        break;
      case '\r':
        out->append("\\r");
        break;
      default:
        absl::StrAppend(out, "\\u", absl::Hex(static_cast<int>(c), absl::kZeroPad4));
    }
  }
  out->append(text.data() + plain_from, text.size() - plain_from);
}

std::string QuotedJson(absl::string_view text) {
  std::string quoted = "\"";
  AppendEscapedJson(&quoted, text);
  quoted += '"';
  return quoted;
}

}  // namespace sextant
