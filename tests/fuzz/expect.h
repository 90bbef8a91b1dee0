// What a fuzz target has to find true.
#pragma once
#include <cstdlib>

namespace sextant {

inline void Expect(bool holds) {
  if (!holds) std::abort();  // So that libFuzzer keeps the input.
}

}  // namespace sextant
