// One solve on its worker's loop, where the order of events is the test's to choose.
#include "server/solve_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "tests/end_to_end/log_capture.h"
#include "tests/end_to_end/metrics_page.h"
#include "tests/fakes/openai_fixture.h"

namespace sextant {
namespace {

// Lets a test wait until a trace has ended. Its functions run on the worker's loop.
class WaitingDoor : public SolveCall::Door {
 public:
  void OnStarted(const v1::Plan&) override {}
  void OnTraceEnded(const v1::Trace&) override { trace_ended.count_down(); }
  void OnOutcome(const absl::Status&, v1::SolveResponse) override { ++outcomes; }

  std::latch trace_ended{1};
  int outcomes = 0;
};

class SolveCallTest : public testing::Test {
 protected:
  // The text of a trace and its end; its usage only when the test says so.
  SolveCallTest()
      : model_server_({ScriptedReply{
            .parts = {EventStreamHead() + Event(Says("\\\\boxed{4}")) + Event(Finishes()),
                      Event(Uses(9, 17)) + Event("[DONE]")},
            .then = ScriptedReply::Then::kHold}}) {
    BackendConfig backend{.url = model_server_.url("/v1"), .name = "b", .model = "m"};
    backend.kind = BackendKind::kOpenAi;
    backend.health_interval = absl::ZeroDuration();
    config_.models = {{.name = "m", .backends = {backend}}};
    config_.server.usage_grace = absl::Seconds(10);
    settings_ = std::make_shared<const Settings>(MakeSettings(config_, BuiltInPolicy()));
    metrics_ = std::make_unique<Metrics>(config_);
    EXPECT_TRUE(metrics_->Serve(page_.address()).ok());
    worker_ = std::make_unique<Worker>(config_, *metrics_, [](bool) {});
  }

  std::unique_ptr<SolveCall> NewCall() {
    v1::SolveRequest request;
    request.set_model("m");
    request.set_prompt("What is two and two?");
    request.mutable_strategy()->mutable_simple();
    return std::make_unique<SolveCall>(
        SolveCall::Inputs{.settings = settings_,
                          .model = settings_->config.models[0],
                          .metrics = *metrics_,
                          .worker = *worker_,
                          .request = request,
                          .solve_id = "00c0ffee00c0ffee",
                          .arrived = Clock::Monotonic().Now(),
                          .time_left = absl::InfiniteDuration(),
                          .on_ended = [this](const v1::Usage&) { ++ended_; }});
  }
  void RunOnLoop(absl::AnyInvocable<void()> work) {
    std::latch done(1);
    worker_->loop().Post([&] {
      work();
      done.count_down();
    });
    done.wait();
  }

  const LogCapture log_;
  const MetricsPage page_;
  ScriptedServer model_server_;
  Config config_;
  std::shared_ptr<const Settings> settings_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<Worker> worker_;
  int ended_ = 0;  // Loop only.
};

TEST_F(SolveCallTest, OneThatIsLeftWhileItAwaitsAUsageEndsOnce) {
  WaitingDoor door;
  std::unique_ptr<SolveCall> call;
  RunOnLoop([&] {
    call = NewCall();
    call->Join(door);
    call->Start({});
  });
  door.trace_ended.wait();  // The answer is decided, and the usage is still to come.

  RunOnLoop([&] { call->Leave(door); });
  model_server_.Release();
  while (model_server_.closed_by_peer() == 0) std::this_thread::yield();

  RunOnLoop([&] {
    EXPECT_EQ(ended_, 1);
    EXPECT_EQ(door.outcomes, 0) << "it has left";
    call.reset();
  });
  EXPECT_EQ(log_.Lines("solve").size(), 1u);
  EXPECT_EQ(log_.Lines("solve abandoned by its caller").size(), 1u);
  EXPECT_EQ(page_.Sum({"sextant_solves_total"}), 1);
  EXPECT_EQ(page_.Sum({"sextant_solves_running"}), 0);
}

}  // namespace
}  // namespace sextant
