// A call of a method that has no stub here, as it is on the wire.
#pragma once
#include <grpcpp/grpcpp.h>

#include <map>
#include <string>

namespace sextant {

struct RawAnswer {
  grpc::Status status;
  std::string response;  // Empty where the call failed.
};

// Blocks until the method at `address` has answered. Comes with the metadata alone.
RawAnswer RawCall(const std::string& address, const std::string& method,
                  const std::string& request = "",
                  const std::multimap<std::string, std::string>& metadata = {});

}  // namespace sextant
