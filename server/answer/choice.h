// Letters of options in the forms that models write them in.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/answer/math/math_answer.h"

namespace sextant {

// How many options a question may have when the caller does not list them: A to J.
constexpr int kUnlistedOptions = 10;
constexpr int kMaxOptions = 26;

// Reads letters of a question's options. Immutable.
class ChoiceReader {
 public:
  // `options` are the texts of A, B, ..., with or without their letters; empty means that they are
  // not known.
  explicit ChoiceReader(const std::vector<std::string>& options);

  // A statement that is a choice as a whole (see PlainText): "B", "b", "(B)", "B) 42 m", "option
  // B", "(B) 42 m", or the text of an option. nullopt for words that only start with a letter, for
  // chemistry such as "(S)-2-butanol" or "C_s", and for several letters.
  std::optional<char> Whole(absl::string_view plain) const;

  // A choice at the start of a sentence that goes on: "(B), because ...", "B. 42 m", "B since ...".
  // A bare letter counts when what follows cannot make it a word of the sentence.
  std::optional<char> Leading(absl::string_view plain) const;

  // The same after the word option or choice, where a bare letter is not a word: "A contains ...".
  std::optional<char> AfterLabel(absl::string_view plain) const;

  // The option whose text a sentence begins with ("Paris, the capital"), else the only one whose
  // text it holds ("the city of Paris"). nullopt where the sentence denies something.
  std::optional<char> InSentence(absl::string_view plain) const;

  // The only option that is the same mathematics as the statement (LaTeX or plain).
  std::optional<char> ByMath(absl::string_view statement) const;

 private:
  enum class Context { kWhole, kSentence, kLabelled };
  std::optional<char> Read(absl::string_view plain, Context context) const;
  std::optional<char> Listed(char letter) const;
  std::optional<char> ByText(absl::string_view plain) const;

  int count_;
  std::vector<std::string> folded_options_;
  std::vector<std::optional<MathForm>> math_options_;
  bool has_math_ = false;      // Of one option at least.
  size_t longest_option_ = 0;  // Bytes.
};

}  // namespace sextant
