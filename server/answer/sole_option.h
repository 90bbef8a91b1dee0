// The option that a concluding paragraph is about.
#pragma once
#include <optional>

#include "absl/strings/string_view.h"

namespace sextant {

// The letter when the paragraph names exactly one option as such ("(B)", "**B**", "option B"), in a
// sentence that is complete: "Thus, **A** aligns with the experiment." nullopt when it names none
// or several, is cut off or in doubt, or turns the option down.
std::optional<char> SoleOption(absl::string_view paragraph);

}  // namespace sextant
