#include "client/solve_fan.h"

#include <map>
#include <utility>

#include "absl/time/clock.h"
#include "client/connection.h"

namespace sextant {

// Calls are kept by id, and an id travels through the completion queue as the pointer to its call.
struct SolveFan::Calls {
  struct Call {
    int64_t id = 0;
    std::chrono::steady_clock::time_point start;
    grpc::ClientContext context;
    v1::SolveResponse response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<v1::SolveResponse>> reader;
  };

  explicit Calls(const Connection& the_connection) : connection(the_connection) {}

  const Connection& connection;
  grpc::CompletionQueue queue;
  std::map<int64_t, std::unique_ptr<Call>> running;
};

SolveFan::SolveFan(const SextantClient& client)
    : calls_(std::make_unique<Calls>(client.connection())) {}

SolveFan::~SolveFan() {
  CancelAll();
  calls_->queue.Shutdown();
  // gRPC requires the queue to be drained; the calls must live until it is.
  void* tag = nullptr;
  bool ok = false;
  while (calls_->queue.Next(&tag, &ok)) {
  }
}

void SolveFan::Start(int64_t id, const v1::SolveRequest& request, const CallOptions& options) {
  auto call = std::make_unique<Calls::Call>();
  call->id = id;
  call->start = std::chrono::steady_clock::now();
  ApplyOptions(options, calls_->connection, call->context);
  call->reader = calls_->connection.stub->AsyncSolve(&call->context, request, &calls_->queue);
  call->reader->Finish(&call->response, &call->status, call.get());
  calls_->running[id] = std::move(call);
}

std::optional<EndedSolve> SolveFan::Next(absl::Duration wait) {
  if (calls_->running.empty()) return std::nullopt;
  void* tag = nullptr;
  bool ok = false;  // Always true for the Finish of a unary call: the status says how it ended.
  const auto until = absl::ToChronoTime(absl::Now() + wait);
  if (calls_->queue.AsyncNext(&tag, &ok, until) != grpc::CompletionQueue::GOT_EVENT) {
    return std::nullopt;
  }
  auto& call = *static_cast<Calls::Call*>(tag);
  EndedSolve ended;
  ended.id = call.id;
  ended.result =
      ToSolveResult(call.status, std::move(call.response), call.start, calls_->connection);
  calls_->running.erase(ended.id);
  return ended;
}

void SolveFan::CancelAll() {
  for (auto& [id, call] : calls_->running) call->context.TryCancel();
}

int SolveFan::running() const { return static_cast<int>(calls_->running.size()); }

}  // namespace sextant
