// How a call of Solve and of SolveStream talks to gRPC. The only file that knows gRPC's reactors of
// solves.
#pragma once
#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"
#include "server/solve_call.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// Starts the call on its worker's loop and returns the reactor that gRPC is to be given; it deletes
// itself. Any thread. `response` lives as long as the call.
grpc::ServerUnaryReactor* StartSolve(SolveCall::Inputs inputs, v1::SolveResponse* response);
grpc::ServerWriteReactor<v1::SolveEvent>* StartSolveStream(SolveCall::Inputs inputs);

// A status that is not OK carries a google.rpc.Status in its details, with the bill where there is
// one: gRPC drops the response of a failed call.
grpc::Status ToGrpc(const absl::Status& status, const v1::Usage* usage = nullptr);

}  // namespace sextant
