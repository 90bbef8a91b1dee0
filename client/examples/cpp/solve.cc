// Solves one problem with the C++ client library: answer, bill, and what to do when it fails.
//
//   sextant-example [--stream] MODEL PROMPT [SECONDS]
//
// The environment says where and who: SEXTANT_SERVER (HOST:PORT), SEXTANT_CA, SEXTANT_CERT and
// SEXTANT_KEY (PEM files; any of them means TLS), SEXTANT_TOKEN.
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "client/sextant_client.h"

namespace {

std::string Environment(const char* name, const char* otherwise = "") {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

void PrintEvent(const sextant::v1::SolveEvent& event) {
  if (event.has_plan()) std::cout << "plan " << event.plan().strategy_text() << "\n";
  if (event.has_trace()) std::cout << "trace answered " << event.trace().answer() << "\n";
}

// Tokens are spent by failed solves too, so the bill is there either way.
void PrintBill(const sextant::v1::Usage& usage) {
  std::cout << "bill " << usage.billed_tokens() << " tokens = " << usage.finished_tokens()
            << " finished + " << usage.cancelled_tokens() << " cancelled\n";
}

int Solve(const sextant::v1::SolveRequest& request, const sextant::CallOptions& options,
          bool stream) {
  const auto client =
      sextant::SextantClient::Connect(Environment("SEXTANT_SERVER", "127.0.0.1:50051"),
                                      {.ca_file = Environment("SEXTANT_CA"),
                                       .certificate_file = Environment("SEXTANT_CERT"),
                                       .key_file = Environment("SEXTANT_KEY"),
                                       .token = Environment("SEXTANT_TOKEN")});
  if (!client.ok()) {
    std::cerr << client.status() << "\n";
    return 2;
  }
  const sextant::SolveResult result =
      stream ? client->SolveStream(request, options, PrintEvent) : client->Solve(request, options);
  if (result.usage) PrintBill(*result.usage);
  if (result.status.ok()) {
    std::cout << "answer " << result.response.answer() << "\n";
    return 0;
  }
  std::cerr << result.status << "\n";
  if (result.retry_delay) std::cerr << "try again in " << *result.retry_delay << "\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool stream = !arguments.empty() && arguments[0] == "--stream";
  if (stream) arguments.erase(arguments.begin());
  if (arguments.size() < 2 || arguments.size() > 3) {
    std::cerr << "usage: sextant-example [--stream] MODEL PROMPT [SECONDS]\n";
    return 2;
  }
  sextant::v1::SolveRequest request;
  request.set_model(arguments[0]);
  request.set_prompt(arguments[1]);
  const double seconds = arguments.size() == 3 ? std::atof(arguments[2].c_str()) : 60;
  return Solve(request, {.timeout = absl::Seconds(seconds)}, stream);
}
