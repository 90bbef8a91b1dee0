// How a call of Solve and of SolveStream talks to gRPC. The only file that knows gRPC's reactors of
// solves.
#pragma once
#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"
#include "server/front_desk.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// Brings the call to the desk and returns the reactor that gRPC is to be given; it deletes itself.
// Any thread. `desk` outlives it; `response` lives as long as the call.
grpc::ServerUnaryReactor* StartSolve(FrontDesk& desk, FrontDesk::Arrival arrival,
                                     v1::SolveResponse* response);
grpc::ServerWriteReactor<v1::SolveEvent>* StartSolveStream(FrontDesk& desk,
                                                           FrontDesk::Arrival arrival);

// A status that is not OK carries a google.rpc.Status in its details, with the bill where there is
// one, as gRPC drops the response of a failed call, and a google.rpc.RetryInfo where it has a
// RetryAfter.
grpc::Status ToGrpc(const absl::Status& status, const v1::Usage* usage = nullptr);

}  // namespace sextant
