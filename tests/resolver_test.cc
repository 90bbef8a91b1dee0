#include "server/async/resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/async/http.h"
#include "tests/fakes/manual_loop.h"
#include "tests/fakes/scripted_server.h"
#include "tests/fakes/started.h"

namespace sextant {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Result = absl::StatusOr<Resolver::Addresses>;

// A resolver whose look-ups answer only when they are told to, or when it is destroyed.
class SlowResolver {
 public:
  SlowResolver(Loop& loop, Result result)
      : result_(std::move(result)), resolver_(loop, [this](const std::string&) {
          ++calls_;
          answer_.wait();
          return result_;
        }) {}
  ~SlowResolver() { Answer(); }
  SlowResolver(const SlowResolver&) = delete;
  SlowResolver& operator=(const SlowResolver&) = delete;

  Resolver& resolver() { return resolver_; }
  void Answer() {
    if (!std::exchange(answered_, true)) answer_.count_down();
  }
  int calls() const { return calls_; }

 private:
  const Result result_;
  std::latch answer_{1};
  bool answered_ = false;
  std::atomic<int> calls_ = 0;
  Resolver resolver_;  // Last member: its threads use the others.
};

// Answers at once with `result`, and counts.
Resolver::LookUp Counting(std::atomic<int>& calls, Result result) {
  return [&calls, result](const std::string&) {
    ++calls;
    return result;
  };
}

const Resolver::Addresses kTwo = {"192.0.2.1", "2001:db8::1"};

Task<std::string> ReadAll(HttpClient& http, HttpRequest request) {
  HttpStream stream(http, request);
  std::string body;
  while (true) {
    const absl::string_view bytes = co_await stream.Read();
    if (bytes.empty()) break;
    body.append(bytes.data(), bytes.size());
  }
  co_return stream.status().ok() ? body : stream.status().ToString();
}

TEST(ResolverTest, HandsOutTheAddressesOfAName) {
  Loop loop;
  std::atomic<int> calls = 0;
  Resolver resolver(loop, Counting(calls, kTwo));
  std::optional<Result> result;

  Resolver::Query query(resolver, "model.test", [&](Result r) { result = std::move(r); });
  RunUntil(loop, [&] { return result.has_value(); });

  EXPECT_EQ(**result, kTwo);
}

TEST(ResolverTest, TakesNumericAddressesWithoutLookingThemUp) {
  Loop loop;
  std::atomic<int> calls = 0;
  Resolver resolver(loop, Counting(calls, kTwo));
  std::vector<std::string> seen;
  const auto note = [&](Result r) { seen.push_back(r->front()); };

  Resolver::Query v4(resolver, "127.0.0.1", note);
  Resolver::Query v6(resolver, "::1", note);

  EXPECT_THAT(seen, ElementsAre("127.0.0.1", "::1"));
  EXPECT_EQ(calls, 0);
}

TEST(ResolverTest, RunsOneLookUpForAllWhoWaitForTheSameName) {
  Loop loop;
  SlowResolver slow(loop, kTwo);
  int answered = 0;
  const auto count = [&](Result) { ++answered; };
  Resolver::Query a(slow.resolver(), "model.test", count);
  Resolver::Query b(slow.resolver(), "model.test", count);

  slow.Answer();
  RunUntil(loop, [&] { return answered == 2; });

  EXPECT_EQ(slow.calls(), 1);
}

TEST(ResolverTest, KeepsAResultForThirtySeconds) {
  ManualLoop time;
  std::atomic<int> calls = 0;
  Resolver resolver(time.loop(), Counting(calls, kTwo));
  int answered = 0;
  const auto count = [&](Result) { ++answered; };
  Resolver::Query first(resolver, "model.test", count);
  RunUntil(time.loop(), [&] { return answered == 1; });

  time.Advance(absl::Seconds(29));
  Resolver::Query cached(resolver, "model.test", count);
  EXPECT_EQ(answered, 2);
  time.Advance(absl::Seconds(1));
  Resolver::Query stale(resolver, "model.test", count);
  RunUntil(time.loop(), [&] { return answered == 3; });

  EXPECT_EQ(calls, 2);
}

TEST(ResolverTest, KeepsAFailureForOneSecond) {
  ManualLoop time;
  std::atomic<int> calls = 0;
  Resolver resolver(time.loop(), Counting(calls, absl::UnavailableError("no such host")));
  std::vector<std::string> errors;
  const auto note = [&](Result r) { errors.emplace_back(r.status().message()); };
  Resolver::Query first(resolver, "model.test", note);
  RunUntil(time.loop(), [&] { return errors.size() == 1; });

  Resolver::Query cached(resolver, "model.test", note);
  EXPECT_EQ(errors.size(), 2u);
  time.Advance(absl::Seconds(1));
  Resolver::Query again(resolver, "model.test", note);
  RunUntil(time.loop(), [&] { return errors.size() == 3; });

  EXPECT_EQ(calls, 2);
  EXPECT_THAT(errors, testing::Each("no such host"));
}

TEST(ResolverTest, ForgetsAQueryThatWasDestroyed) {
  Loop loop;
  SlowResolver slow(loop, kTwo);
  int abandoned = 0, answered = 0;
  std::optional<Resolver::Query> query;
  query.emplace(slow.resolver(), "model.test", [&](Result) { ++abandoned; });
  Resolver::Query other(slow.resolver(), "model.test", [&](Result) { ++answered; });

  query.reset();
  slow.Answer();
  RunUntil(loop, [&] { return answered == 1; });

  EXPECT_EQ(abandoned, 0);
}

TEST(ResolverTest, AQueryMayDestroyItselfAndOthersFromItsCallback) {
  Loop loop;
  SlowResolver slow(loop, kTwo);
  int answered = 0;
  std::optional<Resolver::Query> a, b;
  a.emplace(slow.resolver(), "model.test", [&](Result) {
    ++answered;
    b.reset();
    a.reset();
  });
  b.emplace(slow.resolver(), "model.test", [&](Result) { ++answered; });

  slow.Answer();
  RunUntil(loop, [&] { return answered > 0; });
  loop.RunUntilIdle();

  EXPECT_EQ(answered, 1);
}

TEST(ResolverTest, MayBeDestroyedWhileALookUpRuns) {
  Loop loop;
  int answered = 0;
  std::atomic<int> calls = 0;
  {
    Resolver resolver(loop, Counting(calls, kTwo));
    Resolver::Query query(resolver, "model.test", [&](Result) { ++answered; });
  }

  loop.RunUntilIdle();  // The result that the look-up posted finds nobody.

  EXPECT_EQ(calls, 1);
  EXPECT_EQ(answered, 0);
}

TEST(SystemLookUpTest, FindsLocalhost) {
  const Result result = Resolver::SystemLookUp("localhost");

  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(*result, testing::AnyOf(testing::Contains("127.0.0.1"), testing::Contains("::1")));
}

TEST(SystemLookUpTest, NamesTheHostThatHasNoAddress) {
  const Result result = Resolver::SystemLookUp("no such host.invalid");

  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("no such host.invalid"));
}

// The reason for the resolver: libcurl's own look-up would hold up the loop when it is cancelled.
TEST(SlowNameTest, DelaysNeitherOtherRequestsNorItsOwnCancel) {
  Loop loop;
  SlowResolver slow(loop, kTwo);
  HttpClient http(loop, slow.resolver());
  ScriptedServer server({Ok("here")});
  HttpRequest to_slow{.url = "http://model.test:1/"};
  HttpRequest to_server{.url = server.url()};
  std::optional<Started<std::string>> waiting;
  waiting.emplace(ReadAll(http, to_slow));
  RunUntil(loop, [&] { return slow.calls() == 1; });

  EXPECT_EQ(RunToEnd(loop, ReadAll(http, to_server)), "here");
  EXPECT_FALSE(waiting->ended());
  waiting.reset();  // Would hang here if it waited for the look-up.
}

TEST(SlowNameTest, CountsTowardsTheConnectTimeout) {
  ManualLoop time;
  SlowResolver slow(time.loop(), kTwo);
  HttpClient http(time.loop(), slow.resolver());
  HttpRequest request{.url = "http://model.test:1/", .connect_timeout = absl::Seconds(5)};
  Started<std::string> waiting(ReadAll(http, request));

  time.Advance(absl::Seconds(5));

  EXPECT_EQ(waiting.Take(),
            "UNAVAILABLE: looking up the host of http://model.test:1/ took longer than 5s");
}

TEST(SlowNameTest, DoesNotPutOffTheStreamsDeadline) {
  ManualLoop time;
  SlowResolver slow(time.loop(), kTwo);
  HttpClient http(time.loop(), slow.resolver());
  HttpRequest request{.url = "http://model.test:1/", .connect_timeout = absl::Seconds(5)};
  HttpStream stream(http, request);
  stream.SetDeadline(time.Now() + absl::Seconds(2), "no token");

  time.Advance(absl::Seconds(2));

  EXPECT_EQ(stream.status(), absl::DeadlineExceededError("no token"));
}

TEST(ResolvedNameTest, ConnectsToItsAddressesInTurn) {
  Loop loop;
  std::atomic<int> calls = 0;
  ScriptedServer server({Ok("here")});
  // Nothing listens on the server's port at the first address.
  Resolver resolver(loop, Counting(calls, Resolver::Addresses{"127.0.0.9", "127.0.0.1"}));
  HttpClient http(loop, resolver);
  HttpRequest request{.url = absl::StrCat("http://model.test:", server.port(), "/")};

  EXPECT_EQ(RunToEnd(loop, ReadAll(http, request)), "here");

  EXPECT_THAT(server.requests()[0].head,
              HasSubstr(absl::StrCat("Host: model.test:", server.port())));
}

TEST(ResolvedNameTest, FailsWithTheLookUpsWords) {
  Loop loop;
  std::atomic<int> calls = 0;
  Resolver resolver(loop, Counting(calls, absl::UnavailableError("cannot resolve host x")));
  HttpClient http(loop, resolver);
  HttpRequest request{.url = "http://model.test/"};

  EXPECT_EQ(RunToEnd(loop, ReadAll(http, request)), "UNAVAILABLE: cannot resolve host x");
}

}  // namespace
}  // namespace sextant
