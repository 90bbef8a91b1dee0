// Checks of numbers on the command line. Unlike CLI::Range they say what was expected in words and
// leave the help page free of limits such as 9223372036854775807.
#pragma once
#include <CLI/CLI.hpp>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"

namespace sextant {

// Accepts `least` to `most`; else the error is "is X, expected `expected`".
template <typename Number>
CLI::Validator Within(Number least, Number most, const std::string& expected) {
  const auto check = [=](const std::string& text) {
    Number number{};
    const bool is_number = CLI::detail::lexical_cast(text, number);
    // Not written as "outside", so that NaN is refused.
    if (is_number && number >= least && number <= most) return std::string();
    return absl::StrCat("is ", text, ", expected ", expected);
  };
  return CLI::Validator(check, "");
}

// Where the upper limit is the server's to say. What is not positive would read as "unset" there.
template <typename Number>
CLI::Validator Positive(const std::string& expected) {
  const Number least =
      std::numeric_limits<Number>::is_integer ? 1 : std::numeric_limits<Number>::min();
  return Within<Number>(least, std::numeric_limits<Number>::max(), expected);
}

}  // namespace sextant
