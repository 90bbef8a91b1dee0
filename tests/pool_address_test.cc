// A name that stands for several servers, whose addresses change while traces run.
#include <gtest/gtest.h>

#include "tests/fakes/cluster.h"

namespace sextant {
namespace {

class PoolAddressTest : public testing::Test {
 protected:
  // The name "a" leads to servers at these addresses from now on.
  void Lead(const std::vector<std::string>& addresses) {
    cluster_.pool->SetAddresses("a", addresses, [this](const std::string& address) {
      auto backend =
          std::make_unique<FakeBackend>(cluster_.time.loop(), std::vector<FakeTrace>{Endless(99)});
      servers_[address] = backend.get();
      return PoolMember{
          .name = "a", .address = address, .max_traces = 16, .backend = std::move(backend)};
    });
  }
  int requests(const std::string& address) const {
    return static_cast<int>(servers_.at(address)->requests().size());
  }

  Cluster cluster_{{{"a", {Endless(99)}}}};
  std::map<std::string, FakeBackend*> servers_;  // Those that have not gone.
};

TEST_F(PoolAddressTest, SpreadsTracesOverTheServersOfAName) {
  Lead({"10.0.0.1", "10.0.0.2"});

  for (int i = 0; i < 8; ++i) cluster_.Start();

  EXPECT_EQ(requests("10.0.0.1"), 4);
  EXPECT_EQ(requests("10.0.0.2"), 4);
}

TEST_F(PoolAddressTest, ShowsThemAsOneBackend) {
  Lead({"10.0.0.1", "10.0.0.2"});

  for (int i = 0; i < 8; ++i) cluster_.Start();

  ASSERT_EQ(cluster_.pool->States().size(), 1u);
  EXPECT_EQ(cluster_.pool->States()[0].in_flight, 8);
  EXPECT_EQ(cluster_.pool->States()[0].max_traces, 32);
  EXPECT_EQ(cluster_.seen.in_flight["a"], 8);
}

TEST_F(PoolAddressTest, AServerThatStaysKeepsItsTraces) {
  Lead({"10.0.0.1"});
  for (int i = 0; i < 4; ++i) cluster_.Start();

  Lead({"10.0.0.1", "10.0.0.2"});
  for (int i = 0; i < 2; ++i) cluster_.Start();

  EXPECT_EQ(requests("10.0.0.1"), 4);
  EXPECT_EQ(requests("10.0.0.2"), 2) << "the newcomer has less to do";
}

TEST_F(PoolAddressTest, AServerThatLeavesEndsItsTracesAndGetsNoMore) {
  Lead({"10.0.0.1", "10.0.0.2"});
  std::vector<Cluster::Run*> runs;
  for (int i = 0; i < 2; ++i) runs.push_back(&cluster_.Start());

  Lead({"10.0.0.2"});
  for (int i = 0; i < 3; ++i) cluster_.Start();
  cluster_.time.Advance(absl::Seconds(2));

  EXPECT_EQ(requests("10.0.0.1"), 1);
  EXPECT_EQ(requests("10.0.0.2"), 4);
  EXPECT_EQ(runs[0]->sink.tokens, 2);
  EXPECT_EQ(runs[1]->sink.tokens, 2);
}

TEST_F(PoolAddressTest, AServerThatLeftGoesWithItsLastTrace) {
  Lead({"10.0.0.1"});
  Cluster::Run& run = cluster_.Start();
  Lead({"10.0.0.2"});
  EXPECT_EQ((cluster_.seen.states[{"a", ReplicaState::kServing}]), 2);

  run.task->Cancel();
  Lead({"10.0.0.2"});

  EXPECT_EQ((cluster_.seen.states[{"a", ReplicaState::kServing}]), 1);
}

TEST_F(PoolAddressTest, AServerThatComesBackWhileItsTracesRunIsTheSame) {
  Lead({"10.0.0.1"});
  cluster_.Start();
  Lead({"10.0.0.2"});

  Lead({"10.0.0.1"});
  cluster_.Start();

  EXPECT_EQ(requests("10.0.0.1"), 2);
}

TEST_F(PoolAddressTest, TheHomeOfASolveMayLeave) {
  const Prompt solve;
  Lead({"10.0.0.1"});
  Cluster::Run& first = cluster_.StartOf(&solve);
  Lead({"10.0.0.2"});
  cluster_.StartOf(&solve);

  first.task->Cancel();
  Lead({"10.0.0.2"});
  cluster_.StartOf(&solve);

  EXPECT_EQ(requests("10.0.0.2"), 2);
}

}  // namespace
}  // namespace sextant
