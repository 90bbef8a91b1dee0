// What the files of the client library share: the channel, and the way from gRPC's status to a
// result. Includes gRPC, so no other file should include it.
#pragma once
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>

#include "client/sextant_client.h"
#include "sextant/v1/sextant.grpc.pb.h"

namespace sextant {

struct Connection {
  std::string target;  // HOST:PORT, for messages.
  std::string token;   // Bearer token of every call; empty: none. Never in a message.
  std::unique_ptr<v1::Sextant::Stub> stub;
};

// Sets the deadline and the metadata that `options` and the connection ask for.
void ApplyOptions(const CallOptions& options, const Connection& connection,
                  grpc::ClientContext& context);

// The server's code and message. Without a message gRPC's own would be empty, so the server is
// named.
absl::Status ToStatus(const grpc::Status& status, const Connection& connection);

// The result of a solve that began at `start` and ended now with `status`.
SolveResult ToSolveResult(const grpc::Status& status, v1::SolveResponse response,
                          std::chrono::steady_clock::time_point start,
                          const Connection& connection);

}  // namespace sextant
