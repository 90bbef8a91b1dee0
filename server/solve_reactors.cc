#include "server/solve_reactors.h"

#include <deque>
#include <optional>
#include <utility>

#include "sextant/rpc/status.pb.h"

namespace sextant {
namespace {

// How often a stream says how far it is; a balancer in between needs at least one event in 10 s.
constexpr absl::Duration kProgressEvery = absl::Milliseconds(250);

// Both reactors post everything to the loop, in order: gRPC calls OnDone last, so the work that
// deletes the reactor is the last that refers to it.

// Solve: one response.
class UnaryDoor final : public grpc::ServerUnaryReactor, private SolveCall::Door {
 public:
  UnaryDoor(SolveCall::Inputs inputs, v1::SolveResponse* response)
      : loop_(inputs.worker.loop()), response_(response), call_(std::move(inputs), *this) {
    loop_.Post([this] { call_.Start(); });
  }

  // gRPC threads. After OnCancel, Finish is still due exactly once; whether it was called is known
  // on the loop.
  void OnCancel() override {
    loop_.Post([this] {
      call_.Abandon();
      End(grpc::Status::CANCELLED);
    });
  }
  void OnDone() override {
    loop_.Post([this] { delete this; });
  }

 private:
  void OnStarted(const v1::Plan&) override {}
  void OnTraceEnded(const v1::Trace&) override {}
  void OnOutcome(const absl::Status& status, v1::SolveResponse response) override {
    const v1::Usage usage = response.usage();
    *response_ = std::move(response);
    End(ToGrpc(status, &usage));
  }
  void End(const grpc::Status& status) {
    if (!std::exchange(finished_, true)) Finish(status);
  }

  Loop& loop_;
  v1::SolveResponse* response_;
  SolveCall call_;
  bool finished_ = false;
};

// SolveStream: events as they happen. One write at a time; of a slow reader's events only progress
// is left out.
class StreamDoor final : public grpc::ServerWriteReactor<v1::SolveEvent>, private SolveCall::Door {
 public:
  explicit StreamDoor(SolveCall::Inputs inputs)
      : loop_(inputs.worker.loop()), call_(std::move(inputs), *this) {
    loop_.Post([this] {
      progress_timer_.emplace(loop_, [this] { SendProgress(); });
      progress_timer_->Set(loop_.Now() + kProgressEvery);
      call_.Start();
    });
  }

  // gRPC threads.
  void OnWriteDone(bool) override {
    loop_.Post([this] {
      writing_ = false;
      WriteNext();
    });
  }
  void OnCancel() override {
    loop_.Post([this] {
      call_.Abandon();
      End(grpc::Status::CANCELLED);
    });
  }
  void OnDone() override {
    loop_.Post([this] { delete this; });
  }

 private:
  void OnStarted(const v1::Plan& plan) override {
    v1::SolveEvent event;
    *event.mutable_plan() = plan;
    Send(std::move(event));
  }
  void OnTraceEnded(const v1::Trace& trace) override {
    v1::SolveEvent event;
    *event.mutable_trace() = trace;
    Send(std::move(event));
  }
  void OnOutcome(const absl::Status& status, v1::SolveResponse response) override {
    if (!status.ok()) return End(ToGrpc(status, &response.usage()));
    v1::SolveEvent event;
    *event.mutable_response() = std::move(response);
    last_sent_ = true;
    Send(std::move(event));
  }

  void SendProgress() {
    if (finished_ || last_sent_) return;
    progress_timer_->Set(loop_.Now() + kProgressEvery);
    const auto progress = call_.Progress();
    if (!progress || writing_) return;  // A slow reader gets the next one.
    v1::SolveEvent event;
    *event.mutable_progress() = *progress;
    Send(std::move(event));
  }
  void Send(v1::SolveEvent event) {
    events_.push_back(std::move(event));
    WriteNext();
  }
  void WriteNext() {
    if (writing_ || finished_) return;
    if (events_.empty()) {
      if (last_sent_) End(grpc::Status::OK);
      return;
    }
    writing_ = true;
    written_ = std::move(events_.front());
    events_.pop_front();
    StartWrite(&written_);
  }
  void End(const grpc::Status& status) {
    progress_timer_->Clear();
    if (!std::exchange(finished_, true)) Finish(status);
  }

  Loop& loop_;
  SolveCall call_;
  std::optional<Loop::Timer> progress_timer_;
  std::deque<v1::SolveEvent> events_;
  v1::SolveEvent written_;  // Being written.
  bool writing_ = false;
  bool last_sent_ = false;
  bool finished_ = false;
};

}  // namespace

grpc::ServerUnaryReactor* StartSolve(SolveCall::Inputs inputs, v1::SolveResponse* response) {
  return new UnaryDoor(std::move(inputs), response);
}

grpc::ServerWriteReactor<v1::SolveEvent>* StartSolveStream(SolveCall::Inputs inputs) {
  return new StreamDoor(std::move(inputs));
}

grpc::Status ToGrpc(const absl::Status& status, const v1::Usage* usage) {
  if (status.ok()) return grpc::Status::OK;
  rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(std::string(status.message()));
  if (usage != nullptr) details.add_details()->PackFrom(*usage);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      details.SerializeAsString());
}

}  // namespace sextant
