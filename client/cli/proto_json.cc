#include "client/cli/proto_json.h"

#include <google/protobuf/util/json_util.h>

#include <cstdlib>

namespace sextant {

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  // It only fails for an Any of unknown type, and no message of the contract holds an Any.
  if (!status.ok()) std::abort();
  return json;
}

}  // namespace sextant
