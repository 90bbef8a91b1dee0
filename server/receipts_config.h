// What signs receipts, as configured: the key `receipts`.
//
//   receipts:
//     key_file: receipts.key             # or key_env: NAME, an environment variable
//     previous_key_file: old.key         # or previous_key_env: accepted too, while keys change
//     valid_for: 168h
#pragma once
#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sextant {

class YamlMap;

struct ReceiptsConfig {
  // Signs, and is accepted. 32 to 4,096 bytes; white space at the end of a file is not part of it.
  // Empty: a random one of the process. Never in a log or an error, as the next one.
  std::string key;
  std::string previous_key;                     // Accepted too. Empty: none.
  absl::Duration valid_for = absl::Hours(168);  // From the answer on. 1 min to 8,784 h, a year.
};

// The path of the file that a key of a mapping names; empty where it names none, or after an error.
using FindFile = std::function<std::string(YamlMap&, absl::string_view)>;

// Reads the mapping under `receipts`, and the files and variables that it names.
ReceiptsConfig ReadReceiptsConfig(YamlMap& map, const FindFile& find_file);

}  // namespace sextant
