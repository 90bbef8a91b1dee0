// JSON strings, written fast: the chunks of a stream are put together from prepared parts and
// escaped text, without building a document.
#pragma once
#include <string>

#include "absl/strings/string_view.h"

namespace sextant {

// `text` (UTF-8) as it stands between the quotes of a JSON string, appended to `*out`; a pointer,
// as in absl::StrAppend, because chunks are written by the hundred thousand a second.
void AppendEscapedJson(std::string* out, absl::string_view text);

// `text` as a JSON string with its quotes.
std::string QuotedJson(absl::string_view text);

}  // namespace sextant
