#include "client/eval/ordered_rows.h"

#include <utility>

namespace sextant {

void OrderedRows::Add(int64_t index, std::string row) {
  held_back_.emplace(index, std::move(row));
  while (!held_back_.empty() && held_back_.begin()->first == next_) {
    out_ << held_back_.begin()->second << '\n';
    held_back_.erase(held_back_.begin());
    ++next_;
  }
  // A run takes long: what is decided should be on disk when it is cut short.
  out_.flush();
}

void OrderedRows::Finish() {
  for (const auto& [index, row] : held_back_) out_ << row << '\n';
  held_back_.clear();
  out_.flush();
}

}  // namespace sextant
