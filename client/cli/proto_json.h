// Protobuf messages as the JSON that `--json` prints: one line, field names as in the contract,
// fields with default values included. 64-bit integers are texts, as protobuf's JSON mapping has
// them.
#pragma once
#include <google/protobuf/message.h>

#include <string>

namespace sextant {

std::string ToJson(const google::protobuf::Message& message);

}  // namespace sextant
