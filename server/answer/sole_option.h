// The option that a concluding paragraph or list is about.
#pragma once
#include <optional>

#include "absl/strings/string_view.h"

namespace sextant {

// The letter when the paragraph names exactly one option as such ("(B)", "**B**", "option B"), in a
// sentence that is complete: "Thus, **A** aligns with the experiment." nullopt when it names none
// or several, is cut off or in doubt, or turns the option down.
std::optional<char> SoleOption(absl::string_view paragraph);

// The only option that a list at the end of the text calls correct ("**(C)** Correct."), where the
// list has two others at least. nullopt for any other text.
std::optional<char> OnlyCorrectOption(absl::string_view text);

}  // namespace sextant
