// The server's log: one line an event, on standard error. Never a prompt, an answer or a secret.
#pragma once
#include "absl/strings/string_view.h"

namespace sextant {

// Writes "<RFC 3339 time> <text>" as one line. Any thread.
void Log(absl::string_view text);

}  // namespace sextant
