// Traces that are the choices of one request: one stream tells of them all, which costs a fraction
// of as many streams where the server writes their tokens together, and their prompt once. None of
// them can be stopped alone.
#pragma once
#include <coroutine>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "server/async/fan.h"
#include "server/async/loop.h"
#include "server/async/task.h"
#include "server/backend/backend.h"

namespace sextant {

// Loop only. Shared by the traces' tasks and tails: the stream is closed once none of them waits
// for it any more.
class ChoiceGroup : public std::enable_shared_from_this<ChoiceGroup> {
 public:
  // Sends `request` for as many choices as there are `sinks`. All outlive the group.
  static std::shared_ptr<ChoiceGroup> Send(Loop& loop, Backend& backend, TraceRequest request,
                                           std::vector<TraceSink*> sinks);
  ~ChoiceGroup();

  // Awaits the end of one choice, as Backend::Generate() does. The tail, which speaks for all, goes
  // to one of those that end last; the others get null. A sink that says stop ends all choices,
  // those of others with UNAVAILABLE.
  Task<absl::StatusOr<std::unique_ptr<TraceTail>>> Generate(int choice);

 private:
  class Sink;
  class Tail;
  struct Choice {
    TraceSink* sink;
    int64_t tokens = 0;     // Passed on so far.
    bool finished = false;  // Its finish_reason has come.
    bool stopped = false;   // Its sink said stop.
    std::optional<absl::Status> end;
    std::coroutine_handle<> waiter = nullptr;
  };

  ChoiceGroup(Loop& loop, TraceRequest request, std::vector<TraceSink*> sinks);
  TraceSink::Flow OnChunk(const TraceChunk& chunk);
  void PassOnTotal(const TokenUsage& total);
  Task<int> Run(Backend& backend);
  void End(Choice& choice, absl::Status status);
  void ResumeEnded();

  Loop& loop_;
  const TraceRequest request_;
  std::vector<Choice> choices_;
  int unfinished_;
  std::unique_ptr<Sink> sink_;
  std::unique_ptr<TraceTail> tail_;
  Fan<int> stream_;  // Last member: its task refers to the others.
};

}  // namespace sextant
