#include "tests/bench/bench_server.h"

#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/log.h"
#include "server/policy.h"
#include "sextant/v1/sextant.grpc.pb.h"

namespace sextant {
namespace {

class Echo : public v1::Sextant::CallbackService {
 public:
  grpc::ServerUnaryReactor* Solve(grpc::CallbackServerContext* context,
                                  const v1::SolveRequest* request,
                                  v1::SolveResponse* response) override {
    response->set_answer(request->prompt());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

[[noreturn]] void Announce(int port) {
  std::printf("%d\n", port);
  std::fflush(stdout);
  while (true) pause();
}

}  // namespace

Config BenchConfig(int model_port, int loops) {
  Config config;
  config.server.listen = "127.0.0.1:0";
  config.server.loops = loops;
  ModelConfig model{.name = kBenchModel, .horizon = Horizon::kShort};
  model.max_solves = 100'000;
  model.backends = {{.url = absl::StrCat("http://127.0.0.1:", model_port, "/v1"),
                     .name = "bench",
                     .model = "paced-model",
                     .kind = BackendKind::kOpenAi,
                     .health_interval = absl::ZeroDuration()}};
  config.models = {std::move(model)};
  return config;
}

void ServeSextant(int model_port, int loops) {
  static const Config config = BenchConfig(model_port, loops);
  SetLog(config.log, std::fopen("/dev/null", "w"));  // Lines are made, as everywhere.
  const auto server = Server::Start(MakeSettings(config, BuiltInPolicy()));
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.status().ToString().c_str());
    std::exit(1);
  }
  absl::string_view address = (*server)->address();
  Announce(std::atoi(address.substr(address.rfind(':') + 1).data()));
}

void ServeEcho() {
  Echo echo;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&echo);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  Announce(port);
}

v1::SolveRequest BenchRequest(int n) {
  v1::SolveRequest request;
  request.set_model(kBenchModel);
  request.set_prompt("What is two and two?");
  request.mutable_answer()->set_kind(v1::ANSWER_KIND_INTEGER);
  if (n == 1) {
    request.mutable_strategy()->mutable_simple();
  } else {
    v1::MajorityVote& vote = *request.mutable_strategy()->mutable_majority_vote();
    vote.set_n(n);
    vote.set_stop(v1::STOP_ALL);
  }
  return request;
}

}  // namespace sextant
