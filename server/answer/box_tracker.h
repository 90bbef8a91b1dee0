// Finds the boxes of a text that arrives piece by piece, each when its closing brace arrives.
#pragma once
#include <cstddef>
#include <vector>

#include "absl/strings/string_view.h"

namespace sextant {

constexpr size_t kMaxOpenBoxes = 64;

// A box by its places in the whole text.
struct ClosedBox {
  size_t begin = 0;  // Of the backslash.
  size_t inner = 0;  // After the opening brace.
  size_t close = 0;  // Of the closing brace.
};

// Finds what BoxScanner finds; of boxes that are open at once, the first of more than kMaxOpenBoxes
// is given up. Each byte is looked at once.
class BoxTracker {
 public:
  // The boxes that the text from where the last call ended completes, in the order of their closing
  // braces. `tail` is the text from `offset` on; it has to reach back to first_needed().
  std::vector<ClosedBox> Scan(absl::string_view tail, size_t offset);

  // What stands before this place in the text is not needed any more.
  size_t first_needed() const;

  // Forgets open boxes and goes on at this place of the text.
  void SkipTo(size_t place);

 private:
  struct OpenBox {
    size_t begin = 0;
    size_t inner = 0;
    int depth = 0;  // Of the braces around it.
  };

  enum class Step { kDone, kWait };
  Step LookForBox(absl::string_view tail, size_t offset);
  void Brace(char c, std::vector<ClosedBox>& closed);

  std::vector<OpenBox> open_;
  size_t at_ = 0;        // The next byte to look at.
  size_t next_box_ = 0;  // Where the brace of a box stands that is reached soon; 0 when none.
  size_t next_begin_ = 0;
  int depth_ = 0;
};

}  // namespace sextant
