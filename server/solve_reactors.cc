#include "server/solve_reactors.h"

#include <deque>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/backend/backend.h"
#include "server/utf8.h"
#include "sextant/rpc/status.pb.h"

namespace sextant {
namespace {

// How often a stream says how far it is; a balancer in between needs at least one event in 10 s.
constexpr absl::Duration kProgressEvery = absl::Milliseconds(250);

// Clients take 8 KiB of metadata unless they say otherwise, and the details repeat the message.
constexpr size_t kLongestMessage = 2000;

std::string Shortened(absl::string_view message) {
  if (message.size() <= kLongestMessage) return std::string(message);
  return absl::StrCat(Utf8Prefix(message, kLongestMessage), "...");
}

google::protobuf::Any RetryInfoOf(absl::Duration delay) {
  rpc::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(absl::IDivDuration(delay, absl::Seconds(1), &delay));
  info.mutable_retry_delay()->set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(delay)));
  // Under the name that everybody's libraries know.
  google::protobuf::Any detail;
  detail.set_type_url("type.googleapis.com/google.rpc.RetryInfo");
  detail.set_value(info.SerializeAsString());
  return detail;
}

// Both reactors go by the desk to the loop of their worker, in order: gRPC calls OnDone last, so
// the work that deletes the reactor is the last that refers to it. After OnCancel, Finish is still
// due exactly once; whether it was called is known on that loop.

// Solve: one response.
class UnaryDoor final : public grpc::ServerUnaryReactor, private SolveCall::Door {
 public:
  UnaryDoor(FrontDesk& desk, FrontDesk::Arrival arrival, v1::SolveResponse* response)
      : desk_(desk), response_(response), visit_(*this) {
    desk_.Enter(std::move(arrival), visit_);
  }

  // gRPC threads.
  void OnCancel() override { desk_.Leave(visit_); }
  void OnDone() override {
    desk_.Close(visit_, [this] { delete this; });
  }

 private:
  void OnStarted(const v1::Plan&) override {}
  void OnTraceEnded(const v1::Trace&) override {}
  void OnOutcome(const absl::Status& status, v1::SolveResponse response) override {
    if (std::exchange(finished_, true)) return;
    const v1::Usage usage = response.usage();
    *response_ = std::move(response);
    Finish(ToGrpc(status, &usage));
  }

  FrontDesk& desk_;
  v1::SolveResponse* response_;
  FrontDesk::Visit visit_;
  bool finished_ = false;
};

// SolveStream: events as they happen. One write at a time; of a slow reader's events only progress
// is left out.
class StreamDoor final : public grpc::ServerWriteReactor<v1::SolveEvent>, private SolveCall::Door {
 public:
  StreamDoor(FrontDesk& desk, FrontDesk::Arrival arrival) : desk_(desk), visit_(*this) {
    desk_.Enter(std::move(arrival), visit_);
  }

  // gRPC threads.
  void OnWriteDone(bool) override {
    visit_.loop().Post([this] {
      writing_ = false;
      WriteNext();
    });
  }
  void OnCancel() override { desk_.Leave(visit_); }
  void OnDone() override {
    desk_.Close(visit_, [this] { delete this; });
  }

 private:
  void OnStarted(const v1::Plan& plan) override {
    v1::SolveEvent event;
    *event.mutable_plan() = plan;
    Send(std::move(event));
    progress_timer_.emplace(visit_.loop(), [this] { SendProgress(); });
    progress_timer_->Set(visit_.loop().Now() + kProgressEvery);
  }
  void OnTraceEnded(const v1::Trace& trace) override {
    v1::SolveEvent event;
    *event.mutable_trace() = trace;
    Send(std::move(event));
  }
  void OnOutcome(const absl::Status& status, v1::SolveResponse response) override {
    if (finished_ || last_sent_) return;
    if (!status.ok()) return End(ToGrpc(status, &response.usage()));
    v1::SolveEvent event;
    *event.mutable_response() = std::move(response);
    last_sent_ = true;
    Send(std::move(event));
  }

  void SendProgress() {
    if (finished_ || last_sent_) return;
    progress_timer_->Set(visit_.loop().Now() + kProgressEvery);
    const auto progress = visit_.Progress();
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
    progress_timer_.reset();
    if (!std::exchange(finished_, true)) Finish(status);
  }

  FrontDesk& desk_;
  FrontDesk::Visit visit_;
  std::optional<Loop::Timer> progress_timer_;
  std::deque<v1::SolveEvent> events_;
  v1::SolveEvent written_;  // Being written.
  bool writing_ = false;
  bool last_sent_ = false;
  bool finished_ = false;
};

}  // namespace

grpc::ServerUnaryReactor* StartSolve(FrontDesk& desk, FrontDesk::Arrival arrival,
                                     v1::SolveResponse* response) {
  return new UnaryDoor(desk, std::move(arrival), response);
}

grpc::ServerWriteReactor<v1::SolveEvent>* StartSolveStream(FrontDesk& desk,
                                                           FrontDesk::Arrival arrival) {
  return new StreamDoor(desk, std::move(arrival));
}

grpc::Status ToGrpc(const absl::Status& status, const v1::Usage* usage) {
  if (status.ok()) return grpc::Status::OK;
  const std::string message = Shortened(status.message());
  rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(message);
  if (usage != nullptr) details.add_details()->PackFrom(*usage);
  if (const auto delay = RetryAfter(status)) *details.add_details() = RetryInfoOf(*delay);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), message,
                      details.SerializeAsString());
}

}  // namespace sextant
