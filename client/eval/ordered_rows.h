// Writes rows that come in any order in the order of their index, as soon as that is possible.
#pragma once
#include <cstdint>
#include <map>
#include <ostream>
#include <string>

namespace sextant {

// `out` must outlive it. Write errors show in the stream's state.
class OrderedRows {
 public:
  explicit OrderedRows(std::ostream& out) : out_(out) {}

  // Adds row `index` (from 0, each once) and writes the rows that no earlier one holds back.
  void Add(int64_t index, std::string row);

  // Writes what is still held back, in order: rows are missing when a run was interrupted.
  void Finish();

 private:
  std::ostream& out_;
  std::map<int64_t, std::string> held_back_;
  int64_t next_ = 0;
};

}  // namespace sextant
